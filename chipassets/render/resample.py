"""From the S-DSP's 32 kHz to the file's rate, in integers, a whole passage at a time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TAPS = 32
BITS = 15
_PHASES = 8_192
_CUT = 0.95
_KAISER_BETA = 8.0
_BLOCK = 8_192


@lru_cache(maxsize=1)
def _table() -> NDArray[np.float64]:
    """Whole numbers, float64 [phases, taps]: a Kaiser-windowed sinc; every row adds up to one."""
    x = np.arange(TAPS)[None, :] - TAPS // 2 + 1 - np.arange(_PHASES)[:, None] / _PHASES
    inside = np.clip(1.0 - (x / (TAPS // 2)) ** 2, 0.0, 1.0)
    taps = np.sinc(_CUT * x) * np.i0(_KAISER_BETA * np.sqrt(inside))
    table: NDArray[np.float64] = np.rint(taps * ((1 << BITS) / taps.sum(axis=1, keepdims=True)))
    table[np.arange(_PHASES), table.argmax(axis=1)] += (1 << BITS) - table.sum(axis=1)
    return table


def resample(signal: NDArray[np.int64], samples_in: int, samples_out: int) -> NDArray[np.int64]:
    """Return one channel at `samples_out` for every `samples_in`, times 1 << BITS, and a tail.

    Output i stands at input i * samples_in / samples_out, to a 16384th of a sample, and comes
    half of the taps later. Sums are exact: float64 holds every whole number that occurs.
    """
    padded = np.concatenate((np.zeros(TAPS), signal.astype(np.float64), np.zeros(TAPS + 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, TAPS)
    count = (len(signal) + TAPS) * samples_out // samples_in
    pieces = []
    for start in range(0, count, _BLOCK):
        at = np.arange(start, min(start + _BLOCK, count)) * samples_in
        first, rest = np.divmod(at, samples_out)
        rows = _table()[rest * _PHASES // samples_out]
        pieces.append(np.einsum("ij,ij->i", windows[first + 1], rows).astype(np.int64))
    return np.concatenate(pieces)
