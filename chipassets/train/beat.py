"""Find the beat of music whose file does not know it, from when its notes start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

_SLOWEST_BPM, _FASTEST_BPM = 75.0, 190.0
_LIKELY_BPM = 130.0
"""Of beats that fit alike, the one nearest this; slower and faster ones are its half and double."""
_WRITTEN_GRIDS = (4, 12, 24)
"""Notes a quarter of 16ths, 8th triplets, and both with 32nds."""
_FITS = 0.6
_FITS_ALIKE = 0.95
_MOST_NOTES = 4000
_LONGEST_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A 16th grid: steps of `step_quarters` of the file's own quarters, one at `first_quarter`."""

    step_quarters: float
    first_quarter: float
    tempo_bpm: float


def find_beat(starts: Times, nominal_bpm: float) -> Beat | None:
    """Return the beat that notes, starting at these quarters, stand on.

    None where the nominal grid of 16ths, triplets or 32nds fits them, or where no beat does. The
    fit of a grid is the length of the mean of the onsets as points on a circle once round a step
    (the resultant length of circular statistics: 1 all on the grid, near 0 anywhere).
    """
    times = np.unique(starts)[:_MOST_NOTES] * 60 / nominal_bpm
    times = times[times <= times[0] + _LONGEST_SECONDS]
    if len(times) < 8:
        return None
    nominal = np.array([grid * nominal_bpm / 60 for grid in _WRITTEN_GRIDS])
    if np.abs(_resultants(times, nominal)).max() >= _FITS:
        return None
    rate = _best_rate(times)
    if rate is None:
        return None
    phase = float(np.angle(_resultants(times, np.array([rate]))[0])) / (2 * np.pi)
    seconds_per_quarter = 60 / nominal_bpm
    first = phase / rate
    first += np.ceil((times[0] - first) * rate - 0.5) / rate
    return Beat(1 / rate / seconds_per_quarter, float(first / seconds_per_quarter), rate * 15)


def _resultants(times: Times, rates: Times) -> NDArray[np.complex128]:
    """Return, for each rate in steps a second, the mean of the onsets on the circle of a step."""
    blocks = np.array_split(rates, max(1, len(rates) * len(times) // 1_000_000))
    return np.concatenate(
        [np.exp(2j * np.pi * block[:, None] * times[None, :]).mean(axis=1) for block in blocks]
    )


def _best_rate(times: Times) -> float | None:
    """Return the rate of 16ths, in steps a second, that fits best; None when none fits."""
    low, high = _SLOWEST_BPM / 15, _FASTEST_BPM / 15
    spacing = 1 / (6 * max(times[-1] - times[0], 1.0))
    rates = np.arange(low, high, spacing)
    fits = np.abs(_resultants(times, rates))
    if fits.max() < _FITS:
        return None
    alike = rates[fits >= _FITS_ALIKE * fits.max()]
    chosen = alike[np.argmin(np.abs(np.log(alike * 15 / _LIKELY_BPM)))]
    around = np.arange(chosen - 3 * spacing, chosen + 3 * spacing, spacing / 20)
    return float(around[np.argmax(np.abs(_resultants(times, around)))])
