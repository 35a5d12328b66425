"""A user's recording as a clip of the NES's sample channel: resampled, lifted above 0, packed."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from chipassets.chips import dmcbank
from chipassets.chips.chipsong import Instrument
from chipassets.chips.clip_fit import clip_rate, clip_steps, heard_length
from chipassets.chips.dmcbank import Clip
from chipassets.chips.recorded_source import Floats, resampled
from chipassets.chips.recording import Recording

_HEIGHT = 62
"""The highest level of a recording without gain: that of the loudest of the bank's drums."""

_LIFT_SECONDS = 0.008
"""How far from its time a low value lifts the curve: slow enough to be no sound of its own."""


@lru_cache(maxsize=32)
def clip_of(name: str, recording: Recording) -> Clip:
    """Return the recording as a clip without an address; ValueError if it is too long for one.

    The channel rests at 0, so the curve is lifted by as much as it falls below 0 nearby. The gain
    reduces its highest level.
    """
    rate = clip_rate(recording)
    if rate is None:
        raise ValueError(f"{recording.name} is too long for the sample channel")
    ratio = dmcbank.rate_hz(rate) / recording.rate_hz
    values = np.frombuffer(recording.data, dtype="<i2").astype(np.float64)
    values = values[: heard_length(recording)]
    lifted = _lifted(resampled(values - values.mean(), ratio, clip_steps(recording, rate)), rate)
    height = _HEIGHT * math.pow(10.0, recording.gain_db / 20)
    levels = np.rint(lifted * (height / max(lifted.max(), 1e-9))).astype(int)
    return Clip(name, 0, dmcbank.encode_delta(levels.tolist()), rate)


def _lifted(values: Floats, rate: int) -> Floats:
    """Return the values plus a slow curve above which they stay."""
    reach = round(_LIFT_SECONDS * dmcbank.rate_hz(rate))
    below = np.concatenate((np.zeros(2 * reach), np.maximum(-values, 0.0), np.zeros(2 * reach)))
    windows = np.lib.stride_tricks.sliding_window_view(below, 2 * reach + 1)
    weights = np.hanning(2 * reach + 3)[1:-1]
    slow = np.convolve(windows.max(axis=1), weights / weights.sum(), mode="valid")
    lifted: Floats = np.maximum(values + slow, 0.0)
    return lifted


def clip_sound(instrument: Instrument) -> Clip:
    """Return the clip that a drum with a sample plays: its recording, or one of the bank's."""
    if instrument.sample is None:
        raise ValueError(f"{instrument.name} has no sample")
    if instrument.recording is not None:
        return clip_of(instrument.sample, instrument.recording)
    return dmcbank.clips()[instrument.sample]
