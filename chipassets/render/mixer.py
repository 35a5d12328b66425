"""The 2A03's non-linear mixer as integer tables, and the output steps of voices through it.

Formulas: NESdev, APU mixer. The two pulses share one converter, triangle, noise and samples the
other; within a group a voice's step is smaller when the others are loud.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.render.voices import Events

Ints = NDArray[np.int64]

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
def pulse_table() -> Ints:
    """Return the pulses' output for both levels, [16, 16], in units of 2**-LEVEL_BITS."""
    rows = [[_fixed(pulse_output(a + b)) for b in range(_LEVELS)] for a in range(_LEVELS)]
    return np.array(rows, dtype=np.int64)


@lru_cache(maxsize=1)
def tnd_table() -> Ints:
    """Return the output of triangle and noise, [16, 16], in units of 2**-LEVEL_BITS."""
    rows = [[_fixed(tnd_output(a, b)) for b in range(_LEVELS)] for a in range(_LEVELS)]
    return np.array(rows, dtype=np.int64)


@lru_cache(maxsize=1)
def sampled_table() -> Ints:
    """Return the output of triangle, noise and sample, [16, 16, 128], in the same units."""
    levels = range(_LEVELS)
    outputs = [_fixed(tnd_output(a, b, c)) for a in levels for b in levels for c in range(128)]
    return np.array(outputs, dtype=np.int64).reshape(_LEVELS, _LEVELS, 128)


def _fixed(output: float) -> int:
    """Return an output level as a whole number."""
    return round(output * (1 << LEVEL_BITS))


def mix(voices: Sequence[Events], table: Ints) -> tuple[Ints, Ints]:
    """Return clocks and steps of the table's output while the voices change their levels.

    The table has one dimension per voice. Of changes at the same clock, those of an earlier voice
    come first. Steps are not in order of time.
    """
    outputs = table.ravel()
    sizes = [math.prod(table.shape[place + 1 :]) for place in range(len(voices))]
    steps = []
    for place, voice in enumerate(voices):
        others = np.zeros(len(voice.clocks), dtype=np.int64)
        for number, other in enumerate(voices):
            if number != place:
                others += other.level_at(voice.clocks, before=number > place) * sizes[number]
        own = outputs.take(others + voice.levels * sizes[place])
        own -= outputs.take(others + voice.previous * sizes[place])
        steps.append(own)
    return np.concatenate([voice.clocks for voice in voices]), np.concatenate(steps)
