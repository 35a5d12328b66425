"""Voices that step through tables of their own: pulses of other chips, waves, noise, a saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.render.voices import Oscillator, Run, Stretch

_NO_STATES = np.zeros(0, dtype=np.int64)
_SAW_STEPS = 7


class Sequencer(Oscillator):
    """A divider that steps through the row of a table that its stretch names.

    The output is the stretch's level times the row's value; rows may differ in length.
    """

    def __init__(self, rows: Sequence[Sequence[int] | NDArray[np.int64]]) -> None:
        super().__init__("sequence")
        self._values = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
        self._lengths = np.array([len(row) for row in rows], dtype=np.int64)
        self._offsets = np.cumsum(self._lengths) - self._lengths

    def _run(self, stretch: Stretch, stop: int, rest_clock: int | None) -> Run:
        del rest_clock  # Only a triangle holds a level that it has to leave.
        if stretch.restart:
            self._position = 0
        if stretch.reload:
            self._next_clock = stretch.clock + stretch.period_clocks
        first, start = self._next_clock, self._position
        ticks = max(0, -((first - stop) // stretch.period_clocks))
        self._next_clock = first + ticks * stretch.period_clocks
        steps = ticks if stretch.steps else 0
        self._position = start + steps
        return Run(first, start, self._audible(stretch, steps), _NO_STATES)

    def _audible(self, stretch: Stretch, steps: int) -> int:
        """How many of the steps can change the output."""
        return steps if stretch.level else 0

    def _levels(
        self,
        stretches: list[Stretch],
        runs: list[Run],
        which: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        del runs
        level = np.array([item.level for item in stretches], dtype=np.int64)[which]
        row = np.array([item.table for item in stretches], dtype=np.int64)[which]
        place = self._offsets[row] + position % self._lengths[row]
        sounds: NDArray[np.int64] = level * self._values[place]
        return sounds


class Saw(Sequencer):
    """The VRC6's saw: the level is a rate, added at six steps to an accumulator, then reset.

    The output is the upper five of the accumulator's eight bits (NESdev, VRC6 audio).
    """

    def __init__(self) -> None:
        super().__init__([range(_SAW_STEPS)])
        self._sum = 0

    def _audible(self, stretch: Stretch, steps: int) -> int:
        # At rate 0 the accumulator stands still, once it has been reset.
        return steps if stretch.level else min(steps, _SAW_STEPS)

    def _levels(
        self,
        stretches: list[Stretch],
        runs: list[Run],
        which: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        del runs
        rate = np.array([item.level for item in stretches], dtype=np.int64)[which]
        is_step = np.diff(which, prepend=-1) == 0
        resets = is_step & (position % _SAW_STEPS == 0)
        total = self._sum + np.cumsum(np.where(is_step & ~resets, rate, 0))
        places = np.where(resets, np.arange(len(which)), -1)
        last = np.maximum.accumulate(places) if len(places) else places
        sums = total - np.where(last >= 0, total[last], 0)
        if len(sums):
            self._sum = int(sums[-1])
        upper: NDArray[np.int64] = (sums & 0xFF) >> 3
        return upper
