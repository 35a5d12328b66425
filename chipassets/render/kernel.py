"""The band-limited impulse: the contribution of one output step to the samples around it.

A step at a fraction of a sample becomes 32 taps of a Kaiser-windowed sinc (beta 9, cutoff at 0.92
of half the sample rate: its alias images are below -80 dB up to 16 kHz). If the CPU clock and the
sample rate have a small ratio (the NES: 77 samples in 3125 clocks), there is one row for every
fraction that occurs, so that no phase is rounded. Taps are integers with the same sum in every row:
sums of steps return exactly to where they began.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TAPS = 32
TAP_BITS = 18
"""Every row adds up to 1 << TAP_BITS: quantisation noise below -100 dB."""

DELAY_SAMPLES = TAPS // 2
"""The delay of the impulse's middle after its step, in samples."""

MAX_PHASES = 16_384
_BLOCK = 1_024
"""Steps processed at a time, so that the arrays fit a core's cache."""

_KAISER_BETA = 9.0
_CUT = 0.92


@lru_cache(maxsize=4)
def impulse_table(phases: int) -> NDArray[np.float64]:
    """Return whole numbers, float64 [phases, 32]: the taps of a step i/phases after a sample."""
    offset = np.arange(phases)[:, None] / phases
    x = np.arange(TAPS)[None, :] - DELAY_SAMPLES + 1 - offset
    inside = np.clip(1.0 - (x / DELAY_SAMPLES) ** 2, 0.0, 1.0)
    taps = np.sinc(_CUT * x) * np.i0(_KAISER_BETA * np.sqrt(inside))
    scaled = taps * ((1 << TAP_BITS) / taps.sum(axis=1, keepdims=True))
    table: NDArray[np.float64] = np.rint(scaled)
    rows = np.arange(phases)
    table[rows, table.argmax(axis=1)] += (1 << TAP_BITS) - table.sum(axis=1)
    return table


def add_impulses(
    trains: Sequence[NDArray[np.int64]],
    positions: NDArray[np.int64],
    phases: NDArray[np.int64],
    deltas: NDArray[np.int64],
    table: NDArray[np.float64],
) -> None:
    """Add the impulses of the steps to each train: height `deltas`, at sample `positions` + phase.

    Sums are in float64 and exact: every product and sum is an integer below 2**53.
    """
    heights = deltas.astype(np.float64)
    for start in range(0, len(positions), _BLOCK):
        block = slice(start, start + _BLOCK)
        first = int(positions[block].min())
        offsets = (positions[block] - first)[:, None] + np.arange(TAPS)
        weights = table.take(phases[block], axis=0)
        weights *= heights[block][:, None]
        sums = np.bincount(offsets.ravel(), weights=weights.ravel()).astype(np.int64)
        for train in trains:
            train[first : first + len(sums)] += sums
