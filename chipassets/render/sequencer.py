"""Voices that step through tables: pulses, waves, triangle and saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipassets.render.cycle import Cycle
from chipassets.render.voices import Events, Oscillator, Stretch, stops

# NESdev, APU pulse: the duties in the order in which the sequencer reads them.
DUTY_ROWS = (
    (0, 1, 0, 0, 0, 0, 0, 0),
    (0, 1, 1, 0, 0, 0, 0, 0),
    (0, 1, 1, 1, 1, 0, 0, 0),
    (1, 0, 0, 1, 1, 1, 1, 1),
)
DUTIES = tuple(Cycle(row) for row in DUTY_ROWS)
TRIANGLE_ROW = (*range(15, -1, -1), *range(16))
TRIANGLE_REST = TRIANGLE_ROW[0]
_SAW_STEPS = 7


class Sequencer(Oscillator):
    """A divider that steps through the cycle of its stretch, scaled by the stretch's level."""

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        super().__init__()
        self._cycles = cycles

    def cycle(self, stretch: Stretch) -> Cycle:
        """Return the cycle that the stretch names."""
        return self._cycles[stretch.table]


class Triangle(Oscillator):
    """The 2A03's triangle: it has no volume, and holds its level where it stops."""

    holds: ClassVar[bool] = True
    _CYCLE = Cycle(TRIANGLE_ROW)

    def __init__(self) -> None:
        super().__init__(TRIANGLE_REST)

    def steps(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        """Return the steps; at rest, those to the start of the row."""
        if stretch.steps:
            return ticks
        if rest_clock is None or stretch.clock < rest_clock:
            return 0
        return min(ticks, -self._position % self._CYCLE.length)

    def loudness(self, stretch: Stretch) -> int:
        """Return 1: the triangle has no volume."""
        del stretch
        return 1

    def cycle(self, stretch: Stretch) -> Cycle:
        """Return the row."""
        del stretch
        return self._CYCLE


class Saw(Oscillator):
    """The VRC6's saw: a rate is added to an accumulator at six steps, then it is reset.

    The output is the upper five of the accumulator's eight bits (NESdev, VRC6 audio). It has no
    fixed cycle, as the rate may change within one, so it is computed step by step.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sum = 0

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches and return the level changes."""
        initial = self.level
        counts, columns = [], []
        for stretch, stop in zip(stretches, stops(stretches, end_clock), strict=True):
            first, place, steps = self.advance(stretch, stop, rest_clock)
            # At rate 0 the accumulator does not change after its reset.
            counts.append(1 + (steps if stretch.level else min(steps, _SAW_STEPS)))
            columns.append((first - stretch.period_clocks, stretch.period_clocks, place,
                            stretch.level))  # fmt: skip
        starts = np.cumsum(counts) - counts
        step = np.arange(sum(counts)) - np.repeat(starts, counts)
        before, period, place, rate = np.repeat(np.array(columns), counts, axis=0).T
        clocks = before + step * period
        clocks[starts] = [stretch.clock for stretch in stretches]
        levels = self._levels(rate, step, place + step)
        previous = np.concatenate(([initial], levels[:-1]))
        changed = levels != previous
        self.level = int(levels[-1])
        return Events(clocks[changed], levels[changed], previous[changed], initial)

    def _levels(
        self, rate: NDArray[np.int64], step: NDArray[np.int64], place: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the accumulator's upper bits after every step.

        Step 0 is the start of a stretch.
        """
        is_step = step > 0
        resets = is_step & (place % _SAW_STEPS == 0)
        total = self._sum + np.cumsum(np.where(is_step & ~resets, rate, 0))
        last = np.maximum.accumulate(np.where(resets, np.arange(len(step)), -1))
        sums = total - np.where(last >= 0, total[last], 0)
        self._sum = int(sums[-1])
        upper: NDArray[np.int64] = (sums & 0xFF) >> 3
        return upper
