"""The 2A03's non-linear mixer as integer tables, and the steps that voices make through it.

Formulas: NESdev, APU mixer. The two pulses share one converter, triangle, noise and samples the
other; within a group a voice's step is smaller when the others are loud.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.render.voices import Events

LEVEL_BITS = 16
"""1 << LEVEL_BITS is the mixer's full scale, 1.0."""

_LEVELS = 16


def pulse_output(level_sum: int) -> float:
    """Return the output, 0..1, of pulses whose levels add up to 0..30."""
    return 95.88 / (8128 / level_sum + 100) if level_sum else 0.0


def tnd_output(triangle: int, noise: int, sample: int = 0) -> float:
    """Return the output, 0..1, of triangle 0..15, noise 0..15 and sample 0..127."""
    current = triangle / 8227 + noise / 12241 + sample / 22638
    return 159.79 / (1 / current + 100) if current else 0.0


@lru_cache(maxsize=1)
def pulse_table() -> NDArray[np.int64]:
    """Return the pulses' output for both levels, [16, 16], in units of 2**-LEVEL_BITS."""
    rows = [[_fixed(pulse_output(a + b)) for b in range(_LEVELS)] for a in range(_LEVELS)]
    return np.array(rows, dtype=np.int64)


@lru_cache(maxsize=1)
def tnd_table() -> NDArray[np.int64]:
    """Return the output of triangle and noise, [16, 16], in units of 2**-LEVEL_BITS."""
    rows = [[_fixed(tnd_output(a, b)) for b in range(_LEVELS)] for a in range(_LEVELS)]
    return np.array(rows, dtype=np.int64)


def _fixed(output: float) -> int:
    return round(output * (1 << LEVEL_BITS))


def mix_pair(
    first: Events, second: Events, table: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return clocks and steps of the table's output while the two voices change their levels.

    Of two changes at one clock the first voice's comes first. Steps are not in order of time.
    """
    seen_by_first = second.level_at(first.clocks, before=True)
    seen_by_second = first.level_at(second.clocks, before=False) * table.shape[1]
    rows, outputs = table.shape[1], table.ravel()
    first_steps = outputs.take(first.levels * rows + seen_by_first)
    first_steps -= outputs.take(first.previous * rows + seen_by_first)
    second_steps = outputs.take(seen_by_second + second.levels)
    second_steps -= outputs.take(seen_by_second + second.previous)
    clocks = np.concatenate((first.clocks, second.clocks))
    return clocks, np.concatenate((first_steps, second_steps))
