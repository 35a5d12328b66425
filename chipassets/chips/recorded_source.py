"""A user's recording as a source of the `snes` profile: resampled, aligned and packed."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.brr import encode_brr
from chipassets.chips.recording import (
    Recording,
    loop_length,
    padding_of,
    ratio_of,
    resampled_length,
    source_rate_hz,
)
from chipassets.chips.soundbank import Source
from chipassets.units import pitch_hz

_HIGHEST = 28_000
"""The highest value of a packed recording: above it the chip's interpolation overflows."""

_LOBES, _KAISER_BETA, _CUT = 16, 8.0, 0.95
_AT_A_TIME = 8_192

Floats = NDArray[np.float64]


@lru_cache(maxsize=32)
def source_of(recording: Recording) -> Source:
    """Return the recording as blocks at 32 kHz or its own lower rate.

    A loop is stretched by less than half a block, so that it fills whole blocks; the root's cycle
    changes with it, so that the pitch stays. Silence before the start aligns the loop's start.
    """
    values = np.frombuffer(recording.data, dtype="<i2").astype(np.float64)
    highest = np.abs(values).max() * math.pow(10.0, recording.gain_db / 20)
    values *= math.pow(10.0, recording.gain_db / 20) * min(1.0, _HIGHEST / max(highest, 1.0))
    heard = _at_own_rate(values, recording)
    padding = padding_of(recording)
    whole = [0] * padding + np.clip(np.rint(heard), -_HIGHEST, _HIGHEST).astype(int).tolist()
    start = recording.loop_start
    loop_start = 0 if start is None else len(whole) - loop_length(recording, start)
    packed, again = encode_brr(whole, loops=start is not None, loop_start=loop_start)
    cycle = source_rate_hz(recording)
    return Source(
        recording.name,
        packed,
        again,
        cycle / pitch_hz(recording.root_pitch),
    )


def _at_own_rate(values: Floats, recording: Recording) -> Floats:
    """Return the values at the source's rate, over the loop's end."""
    ratio, start = ratio_of(recording), recording.loop_start
    count = resampled_length(recording)
    if start is None:
        return resampled(values, ratio, count)
    # The loop's start is a whole sample on both sides, so that the loop closes.
    first = start - round(start * ratio) / ratio
    return resampled(values, ratio, count, first, values[start:])


def resampled(
    values: Floats, ratio: float, count: int, first: float = 0.0, after: Floats | None = None
) -> Floats:
    """Return `count` values at `ratio` times the rate: a Kaiser-windowed sinc.

    first: the place of the first one among the values. after: what follows the values again and
    again; None is silence.
    """
    cut = _CUT * min(1.0, ratio)
    reach = math.ceil(_LOBES / min(1.0, ratio))
    beyond = np.zeros(reach + 1) if after is None else np.resize(after, reach + 1)
    padded = np.concatenate((np.zeros(reach), values, beyond))
    found = np.empty(count)
    for begin in range(0, count, _AT_A_TIME):
        at = first + np.arange(begin, min(begin + _AT_A_TIME, count)) / ratio
        near = np.floor(at).astype(np.int64)[:, None] + np.arange(1 - reach, reach + 1)
        distance = at[:, None] - near
        window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / reach) ** 2, 0, 1)))
        weights = np.sinc(cut * distance) * window
        weights /= weights.sum(axis=1, keepdims=True)
        found[begin : begin + len(at)] = (padded[near + reach] * weights).sum(axis=1)
    return found
