"""Voices that step through tables: pulses, waves, triangle and saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from chipassets.render.voices import Oscillator, Steps, Stretch

# NESdev, APU pulse: the duty rows in the order in which the sequencer reads them.
DUTY_ROWS = (
    (0, 1, 0, 0, 0, 0, 0, 0),
    (0, 1, 1, 0, 0, 0, 0, 0),
    (0, 1, 1, 1, 1, 0, 0, 0),
    (1, 0, 0, 1, 1, 1, 1, 1),
)
TRIANGLE_ROW = (*range(15, -1, -1), *range(16))
TRIANGLE_REST = TRIANGLE_ROW[0]
_SAW_STEPS = 7


class Sequencer(Oscillator):
    """A divider that steps through the row of a table that its stretch names.

    The output is the stretch's level times the row's value; rows may differ in length.
    """

    def __init__(self, rows: Sequence[Sequence[int] | Steps]) -> None:
        super().__init__()
        self._values = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
        self._lengths = np.array([len(row) for row in rows], dtype=np.int64)
        self._offsets = np.cumsum(self._lengths) - self._lengths

    def levels(self, level: Steps, table: Steps, which: Steps, position: Steps) -> Steps:
        """Return the stretch's level times the row's value."""
        del which
        sounds: Steps = level * self._values[self._offsets[table] + position % self._lengths[table]]
        return sounds


class Triangle(Oscillator):
    """The 2A03's triangle: it has no volume, and where it stops it holds its level."""

    holds: ClassVar[bool] = True
    _ROW = np.array(TRIANGLE_ROW, dtype=np.int64)

    def __init__(self) -> None:
        super().__init__()
        self.level = TRIANGLE_REST

    def steps(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        """Return the steps; at rest, those to where the row starts."""
        if stretch.steps:
            return ticks
        if rest_clock is None or stretch.clock < rest_clock:
            return 0
        return min(ticks, -self._position % len(self._ROW))

    def audible(self, stretch: Stretch, steps: int) -> int:
        """Return all steps: there is no volume that could silence them."""
        del stretch
        return steps

    def levels(self, level: Steps, table: Steps, which: Steps, position: Steps) -> Steps:
        """Return the row's values."""
        del level, table, which
        return self._ROW[position % len(self._ROW)]


class Saw(Oscillator):
    """The VRC6's saw: the level is a rate, added at six steps to an accumulator, then reset.

    The output is the upper five of the accumulator's eight bits (NESdev, VRC6 audio).
    """

    def __init__(self) -> None:
        super().__init__()
        self._sum = 0

    def audible(self, stretch: Stretch, steps: int) -> int:
        """Return the steps; at rate 0 the accumulator stands still, once it has been reset."""
        return steps if stretch.level else min(steps, _SAW_STEPS)

    def levels(self, level: Steps, table: Steps, which: Steps, position: Steps) -> Steps:
        """Return the accumulator's upper bits after every step."""
        del table
        is_step = np.diff(which, prepend=-1) == 0
        resets = is_step & (position % _SAW_STEPS == 0)
        total = self._sum + np.cumsum(np.where(is_step & ~resets, level, 0))
        places = np.where(resets, np.arange(len(which)), -1)
        last = np.maximum.accumulate(places) if len(places) else places
        sums = total - np.where(last >= 0, total[last], 0)
        if len(sums):
            self._sum = int(sums[-1])
        upper: Steps = (sums & 0xFF) >> 3
        return upper
