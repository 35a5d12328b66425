"""Finds the metre of music whose file does not state it, from its repetitions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.units import OCTAVE

_LAGS_OF_THREE = (12, 24, 36)
_LAGS_OF_FOUR = (16, 32, 64)
_FEWEST_STEPS = 96
_MARGIN = 1.1
"""How much more must repeat after bars of three beats for 3/4 to be chosen."""


def find_metre(notes: NDArray[np.int64]) -> tuple[int, int]:
    """Return (4, 4), (3, 4) or (6, 8) for notes [n, 3] on the 16th grid.

    Music repeats after whole bars, so the pitch classes that start in each step are compared with
    those some bars later, for bars of 12 and of 16 steps; 4/4 if neither is clear.
    """
    steps = int(notes[:, 0].max()) + 1
    onsets = np.zeros((steps, 13), np.float32)
    onsets[notes[:, 0], notes[:, 2] % OCTAVE] = 1
    onsets[notes[:, 0], OCTAVE] = 1
    if steps < _FEWEST_STEPS:
        return 4, 4
    three = _mean_return(onsets, _LAGS_OF_THREE)
    if three <= _MARGIN * _mean_return(onsets, _LAGS_OF_FOUR):
        return 4, 4
    return (6, 8) if _returns(onsets, 6) > _returns(onsets, 4) else (3, 4)


def _mean_return(onsets: NDArray[np.float32], lags: tuple[int, ...]) -> float:
    """Return the mean share of repetitions at the lags that fit twice into the piece; 0 if none."""
    told = [_returns(onsets, lag) for lag in lags if 2 * lag <= len(onsets)]
    return sum(told) / len(told) if told else 0.0


def _returns(onsets: NDArray[np.float32], lag: int) -> float:
    """Return the share of onsets that occur again `lag` steps later."""
    there = onsets[:-lag]
    return float((there * onsets[lag:]).sum() / max(there.sum(), 1.0))
