"""Samples for a module, made from the chip's own waves: one cycle of a tone, or a drum."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips import CHIPS, NOISE_PERIODS
from chipassets.chipsong import Instrument

PAL_CLOCK_HZ = 3_546_895
"""A sample plays at this over its period (Amiga, PAL)."""

PERIODS = (
    856, 808, 762, 720, 678, 640, 604, 570, 538, 508, 480, 453,
    428, 404, 381, 360, 339, 320, 302, 285, 269, 254, 240, 226,
    214, 202, 190, 180, 170, 160, 151, 143, 135, 127, 120, 113,
)  # fmt: skip
"""ProTracker's table from C-1 to B-3."""

DRUM_PERIOD = PERIODS[-1]
TONE_FINETUNE = 1
"""C-1 of 32 samples a cycle is 17.6 cents below C3; an eighth of a semitone brings it to 5.1."""

# Samples a cycle by the lowest pitch that they are used from, and the pitch of their C-1.
_SIZES = ((72, 8, 72), (48, 32, 48), (36, 64, 36), (24, 128, 24))
# Full volume of each kind of voice in the chip's mixer (linear form), as a sample's peak.
_PULSE_PEAK, _TRIANGLE_PEAK, _NOISE_PEAK = 100, 113, 66
_HIGH_EIGHTHS = (1, 2, 4, 6)
_MOST_DRUM_FRAMES = 120


def tone_size(pitch: int) -> tuple[int, int] | None:
    """Return samples a cycle and period for a MIDI pitch; None outside 24..107."""
    for lowest, size, base in _SIZES:
        if lowest <= pitch < base + len(PERIODS):
            return size, PERIODS[pitch - base]
    return None


def pulse_cycle(duty: int, size: int) -> bytes:
    """Return one cycle of a pulse: 12.5, 25, 50 or 75 % of it high, without a mean."""
    high = size * _HIGH_EIGHTHS[duty % 4] // 8
    mean = high / size
    wave = np.where(np.arange(size) < high, 1 - mean, -mean)
    return _to_bytes(wave * _PULSE_PEAK)


def triangle_cycle(size: int) -> bytes:
    """Return one cycle of the chip's triangle of 16 levels."""
    step = np.arange(size) * 32 // size
    level = np.where(step < 16, 15 - step, step - 16)
    return _to_bytes((level / 7.5 - 1) * _TRIANGLE_PEAK / 2)


def saw_cycle(size: int) -> bytes:
    """Return one cycle of a rising saw."""
    return _to_bytes(((np.arange(size) + 0.5) / size * 2 - 1) * _PULSE_PEAK / 2)


def drum(instrument: Instrument, period_index: int) -> bytes:
    """Return the instrument on noise as it sounds once, at most two seconds, ending in silence."""
    chip = CHIPS["nes"]
    frames = _drum_frames(instrument)
    rate_hz = PAL_CLOCK_HZ / DRUM_PERIOD
    count = int(frames / float(chip.frame_rate_hz) * rate_hz)
    frame = (np.arange(count) * float(chip.frame_rate_hz) / rate_hz).astype(np.int64)
    ages = range(frames)
    volume = np.array([instrument.volume.at(age) for age in ages])[frame] / 15
    index = [min(max(period_index + instrument.arpeggio.at(age), 0), 15) for age in ages]
    clocks = np.array([NOISE_PERIODS[n] for n in index])[frame]
    steps = np.cumsum(float(chip.clock_hz) / rate_hz / clocks)
    wave = _noise_means(np.concatenate(([0.0], steps)), instrument.duty.at(0) & 1)
    data = _to_bytes(2 * (wave - 0.5) * volume * _NOISE_PEAK)
    return bytes(2) + data[: len(data) // 2 * 2] + bytes(2)


def _drum_frames(instrument: Instrument) -> int:
    """How long the drum sounds before its volume stays at 0, or the most that is kept."""
    sounding = [age for age in range(_MOST_DRUM_FRAMES) if instrument.volume.at(age)]
    return max(sounding, default=0) + 1


def _noise_means(steps: NDArray[np.float64], mode: int) -> NDArray[np.float64]:
    """The noise register's output between each two places, counted in its steps, on average."""
    sums = _noise_sums(mode)
    period = len(sums) - 1
    whole, part = np.divmod(steps, period)
    area = whole * sums[-1] + np.interp(part, np.arange(period + 1), sums)
    means: NDArray[np.float64] = np.diff(area) / np.diff(steps)
    return means


@cache
def _noise_sums(mode: int) -> NDArray[np.float64]:
    """Running sums of the noise register's output over its period, with 0 in front."""
    state = 1
    bits: list[int] = []
    tap = 6 if mode else 1
    while not bits or state != 1:
        bits.append(1 - (state & 1))
        state = state >> 1 | ((state ^ state >> tap) & 1) << 14
    return np.concatenate(([0.0], np.cumsum(bits)))


def _to_bytes(wave: NDArray[np.float64]) -> bytes:
    return np.clip(np.rint(wave), -128, 127).astype(np.int8).tobytes()
