"""Finds the beat of music whose file does not state it, from the onsets of its notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
Voices = NDArray[np.int64]

_SLOWEST_BPM, _FASTEST_BPM = 75.0, 240.0
_LIKELY_BPM = 130.0
"""Of equally fitting beats, the one nearest this tempo is taken; others are its half or double."""
_WRITTEN_GRIDS = (4, 12, 24)
"""Grid points per quarter note: 16ths, 8th triplets, and both with 32nds."""
_FITS = 0.6
_FITS_ALIKE = 0.95
_MOST_NOTES = 1500
_LONGEST_SECONDS = 150.0
_FEWEST_NOTES = 8
_TERNARY, _SAME = 0.5, 0.9
_BIN_SECONDS = 0.004
_BINS = 1 << 18
"""The spacing of tested rates, in steps per second: finer than 150 seconds of music can resolve."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A 16th grid: steps of `step_quarters` of the file's quarters, one of them at `first_quarter`.

    late_quarters: the delay of voices that are late (or early) but have a grid, such as an echo.
    """

    step_quarters: float
    first_quarter: float
    tempo_bpm: float
    late_quarters: dict[int, float]


def find_beat(starts: Times, nominal_bpm: float, voices: Voices | None = None) -> Beat | None:
    """Return the beat on which the notes, given by their starts in quarters, lie.

    voices: int64 [notes], the voice of each note. None if the nominal grid of 16ths, triplets or
    32nds fits, or if no beat does. The fit of a grid is the length of the mean of a voice's onsets
    as points on a circle of one step (the resultant length of circular statistics: 1 if all are on
    the grid, near 0 if they are anywhere), averaged over the notes of all voices.
    """
    times, lanes, names = _onsets(starts * 60 / nominal_bpm, voices)
    if len(times) < _FEWEST_NOTES:
        return None
    nominal = np.array([grid * nominal_bpm / 60 for grid in _WRITTEN_GRIDS])
    if np.abs(_sums(times, np.zeros(1, np.int64), nominal)).max() >= _FITS * len(times):
        return None
    rate = _best_rate(times, lanes)
    if rate is None:
        return None
    sums = _sums(times, lanes, np.array([rate]))[0]
    phases = np.angle(sums) / (2 * np.pi * rate)
    first = float(phases[np.argmax(np.abs(sums))])
    seconds = 60 / nominal_bpm
    late = _lateness(np.abs(sums), lanes, len(times), phases - first, rate)
    first += np.ceil((times.min() - first) * rate - 0.5) / rate
    return Beat(
        1 / rate / seconds,
        float(first / seconds),
        rate * 15,
        {name: value / seconds for name, value in zip(names, late, strict=True) if value},
    )


def _onsets(seconds: Times, voices: Voices | None) -> tuple[Times, Voices, list[int]]:
    """Return the first onsets, voice after voice; where each begins among them; their names.

    Voices with few notes are joined under the name -1.
    """
    if not len(seconds):
        return seconds, np.zeros(0, np.int64), []
    names = np.zeros(len(seconds), np.int64) if voices is None else voices.copy()
    latest = np.sort(seconds)[:_MOST_NOTES][-1]
    soon = min(seconds.min() + _LONGEST_SECONDS, latest)
    pairs = np.unique(np.column_stack((names, seconds))[seconds <= soon], axis=0)
    found, counts = np.unique(pairs[:, 0], return_counts=True)
    few = np.isin(pairs[:, 0], found[counts < _FEWEST_NOTES])
    pairs[few, 0] = -1
    pairs = np.unique(pairs, axis=0)
    lanes = np.flatnonzero(np.diff(pairs[:, 0], prepend=-np.inf))
    return pairs[:, 1], lanes, pairs[lanes, 0].astype(int).tolist()


def _sums(times: Times, lanes: Voices, rates: Times) -> NDArray[np.complex128]:
    """Return [rates, voices], the sum of each voice's onsets on the circle of a step."""
    blocks = np.array_split(rates, max(1, len(rates) * len(times) // 1_000_000))
    return np.concatenate(
        [
            np.add.reduceat(np.exp(2j * np.pi * block[:, None] * times[None, :]), lanes, axis=1)
            for block in blocks
        ]
    )


def _fits(times: Times, lanes: Voices, rates: Times) -> Times:
    """Return how well each rate of steps per second fits, every voice with its own phase."""
    fits: Times = np.abs(_sums(times, lanes, rates)).sum(axis=1) / len(times)
    return fits


def _best_rate(times: Times, lanes: Voices) -> float | None:
    """Return the rate of 16ths, in steps per second, that fits best; None if none fits."""
    rates, fits = _spectrum(times, lanes)
    within = (rates >= _SLOWEST_BPM / 15) & (rates <= _FASTEST_BPM / 15)
    best = float(fits[within].max())
    if best < _FITS:
        return None
    alike = rates[within & (fits >= _FITS_ALIKE * best)]
    distance = np.abs(np.log(alike * 15 / _LIKELY_BPM))
    # If all notes are on multiples of three steps but not of two, the step is three times as long.
    thirds, halves = (np.interp(alike / part, rates, fits) for part in (3, 2))
    distance += _TERNARY * ((thirds >= _SAME * best) & (halves < _SAME * best))
    chosen = alike[np.argmin(distance)]
    spacing = rates[1] - rates[0]
    around = np.arange(chosen - 4 * spacing, chosen + 4 * spacing, spacing / 20)
    return float(around[np.argmax(_fits(times, lanes, around))])


def _spectrum(times: Times, lanes: Voices) -> tuple[Times, Times]:
    """Return rates in steps per second and the fit of each, by a Fourier transform of onsets."""
    places = np.round((times - times.min()) / _BIN_SECONDS).astype(np.int64)
    lengths = np.zeros(_BINS // 2 + 1)
    for first, end in zip(lanes, np.append(lanes[1:], len(times)), strict=True):
        lengths += np.abs(np.fft.rfft(np.bincount(places[first:end]), _BINS))
    rates: Times = np.fft.rfftfreq(_BINS, _BIN_SECONDS).astype(np.float64)
    return rates, lengths / len(times)


def _lateness(lengths: Times, lanes: Voices, count: int, behind: Times, rate: float) -> list[float]:
    """Return by how many seconds each voice is late, 0 for one without a grid."""
    counts = np.diff(lanes, append=count)
    own = (lengths >= _FITS * counts) & (counts >= _FEWEST_NOTES)
    wrapped = behind - np.round(behind * rate) / rate
    return [float(value) if has_own else 0.0 for value, has_own in zip(wrapped, own, strict=True)]
