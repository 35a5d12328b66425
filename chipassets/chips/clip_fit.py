"""How a user's recording fits the clips of the NES's sample channel, counted without its sound."""

from __future__ import annotations

from array import array

from chipassets.chips import dmcbank
from chipassets.chips.recording import Recording

_LOWEST_RATE = 0x0C
"""16.9 kHz: at lower values the steps of the converter are heard as noise."""

_SILENCE = 1 / 128
"""The share of the peak below which the end of a recording is silent: a level of the converter."""


def heard_length(recording: Recording) -> int:
    """Return the number of samples without the silence at the end; 0 for nothing but silence."""
    samples = array("h", recording.data)
    peak = max(max(samples, default=0), -min(samples, default=0))
    least = max(peak * _SILENCE, 1)
    for place in range(len(samples) - 1, -1, -1):
        if abs(samples[place]) >= least:
            return place + 1
    return 0


def clip_steps(recording: Recording, rate: int) -> int:
    """Return the number of levels of the recording at a value of the rate register."""
    return max(round(heard_length(recording) * dmcbank.rate_hz(rate) / recording.rate_hz), 1)


def clip_rate(recording: Recording) -> int | None:
    """Return the highest rate at which the recording is a clip; None if it is too long for any."""
    for rate in range(dmcbank.RATE, _LOWEST_RATE - 1, -1):
        if clip_bytes(recording, rate) <= dmcbank.MOST_BYTES:
            return rate
    return None


def clip_bytes(recording: Recording, rate: int) -> int:
    """Return the size of the recording as a clip."""
    return dmcbank.packed_bytes(clip_steps(recording, rate))


def most_seconds() -> float:
    """Return the length of the longest recording that is a clip at the lowest rate."""
    steps = 8 * dmcbank.MOST_BYTES - dmcbank.FALL_BITS
    return steps / dmcbank.rate_hz(_LOWEST_RATE)
