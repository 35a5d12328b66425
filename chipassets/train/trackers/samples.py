"""What a module's sample sounds like: its pitch, or the drum that it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.train.trackers.percussion import CLOSED_HAT, KICK, SNARE, TOM, drum_by_name

PAL_CLOCK_HZ = 3_546_895
"""A sample plays at this rate divided by its period (Amiga, PAL)."""
MIDDLE_PERIOD = 428
"""The period of C-2 in ProTracker's table, 8,287 Hz."""
_UNTUNED_PITCH = 60
"""The pitch of C-2 with a sample that has none: trackers call it middle C."""
_A4_PITCH, _A4_HZ = 69, 440.0
_FINETUNES_A_SEMITONE = 8
_MOST_BYTES = 8192
_FEWEST_BYTES = 64
_LONGEST_LAG = 512
"""16 Hz at C-2: what repeats more slowly is no tone."""
_LONG_LOOP_BYTES = 256
_PERIODIC, _FIRST_PEAK = 0.6, 0.85
_LOW_HZ, _SHORT_SECONDS, _FEW_PITCHES, _ENOUGH_NOTES = 150.0, 0.5, 2, 4
_DARK_HZ, _BRIGHT_HZ = 700.0, 2_600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of a module: signed 8-bit data; `loop` is (start, length), None without one.

    volume: 0..1. finetune: in eighths of a semitone.
    """

    name: str
    data: bytes
    volume: float
    finetune: int
    loop: tuple[int, int] | None

    def seconds(self, period: int) -> float | None:
        """Return how long the sample sounds at a period; None if it is held."""
        return None if self.loop else len(self.data) * period / PAL_CLOCK_HZ


@dataclass(frozen=True, slots=True)
class Voice:
    """What a sample plays: a drum by its key, or (key 0) the pitch at period 428."""

    stroke: int
    pitch: int


def voice_of(sample: Sample, notes: Counter[int]) -> Voice:
    """Return what a sample plays, from its name, its wave and the semitones at which it is used.

    Noise is a drum: a sample of that name, one whose wave does not repeat, or a long loop in which
    nothing does. Without a loop it is also one if its name says so, or if it is short, deep and
    always of the same pitch.
    """
    wave = _wave(sample)
    hz, periodic = _tone(wave, _rate(sample))
    pitch = _UNTUNED_PITCH
    if periodic >= _PERIODIC and hz:
        pitch = round(_A4_PITCH + 12 * float(np.log2(hz / _A4_HZ)))
    named = 0 if sample.loop else drum_by_name(sample.name)
    if named:
        return Voice(named, pitch)
    usual = notes.most_common(1)[0][0] if notes else 0
    speed = 2 ** (usual / 12)
    is_long = sample.loop is None or sample.loop[1] >= _LONG_LOOP_BYTES
    if "noise" in sample.name.lower() or (is_long and periodic < _PERIODIC):
        bright = _centre_hz(wave, _rate(sample)) * speed
        return Voice(KICK if bright < _DARK_HZ else SNARE if bright < _BRIGHT_HZ else CLOSED_HAT, 0)
    if sample.loop:
        return Voice(0, pitch)
    seconds = len(sample.data) / _rate(sample) / speed
    is_same = len(notes) <= _FEW_PITCHES and notes.total() >= _ENOUGH_NOTES
    if is_same and seconds < _SHORT_SECONDS and hz * speed < _LOW_HZ:
        return Voice(KICK if hz * speed < _LOW_HZ / 2 else TOM, 0)
    return Voice(0, pitch)


def _rate(sample: Sample) -> float:
    """Return the rate of the sample at C-2, in hertz."""
    return PAL_CLOCK_HZ / MIDDLE_PERIOD * float(2 ** (sample.finetune / _FINETUNES_A_SEMITONE / 12))


def _wave(sample: Sample) -> NDArray[np.float64]:
    """Return the part of a sample by which it is known: its loop, or what follows the attack."""
    data = np.frombuffer(sample.data, np.int8).astype(np.float64)
    if sample.loop:
        start, length = sample.loop
        inside = data[start : start + length]
        if len(inside):
            data = np.tile(inside, min(64, -(-4 * _FEWEST_BYTES // len(inside)) + 3))
    elif len(data) > 4 * _FEWEST_BYTES:
        data = data[len(data) // 10 :]
    data = data[:_MOST_BYTES]
    return data - data.mean() if len(data) else data


def _tone(wave: NDArray[np.float64], rate_hz: float) -> tuple[float, float]:
    """Return the frequency of a wave and how well it repeats, 0..1.

    By autocorrelation, each lag divided by the energy that it compares; the first peak that is
    nearly as high as the highest is the period.
    """
    longest = min(_LONGEST_LAG, len(wave) // 2)
    if longest < 8 or not wave.any():
        return 0.0, 0.0
    size = 2 * len(wave)
    power = np.abs(np.fft.rfft(wave, size)) ** 2
    sums = np.fft.irfft(power, size)[:longest]
    squares = np.concatenate(([0.0], np.cumsum(wave**2)))
    lags = np.arange(longest)
    energy = np.sqrt(squares[len(wave) - lags] * (squares[-1] - squares[lags]))
    like = sums / np.maximum(energy, 1e-9)
    falls = np.flatnonzero(like < 0)
    first = int(falls[0]) if len(falls) else 2
    peaks = np.flatnonzero((like[1:-1] >= like[:-2]) & (like[1:-1] >= like[2:])) + 1
    peaks = peaks[peaks >= first]
    best = float(like[peaks].max()) if len(peaks) else 0.0
    if best <= 0:
        return 0.0, 0.0
    lag = int(peaks[like[peaks] >= _FIRST_PEAK * best][0])
    left, middle, right = like[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    exact = lag + (0.5 * (left - right) / bend if bend else 0.0)
    return rate_hz / exact, best


def _centre_hz(wave: NDArray[np.float64], rate_hz: float) -> float:
    """Return the mean frequency of a wave's power."""
    if not len(wave):
        return 0.0
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    return float((power * np.fft.rfftfreq(len(wave), 1 / rate_hz)).sum() / max(power.sum(), 1e-9))
