"""What a voice does: from stretches of constant registers to the exact clocks of level changes.

Each voice is a divider that steps through a sequence. The scalar carry from stretch to stretch is a
short loop; the steps within all stretches are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Stretch:
    """Registers of one voice from a clock on.

    `table` is the sequence (a duty, a wave, the noise mode); `level` 0 is silent; `steps` whether
    the sequence goes on (a stopped triangle holds its level); `restart` puts the sequence back to
    its start, and `reload` begins a whole period at the clock.
    """

    clock: int
    period_clocks: int
    level: int
    table: int = 0
    steps: bool = True
    restart: bool = False
    reload: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Level changes of one voice: clocks in order, the level from then on and the one before."""

    clocks: NDArray[np.int64]
    levels: NDArray[np.int64]
    previous: NDArray[np.int64]
    initial: int

    def level_at(self, clocks: NDArray[np.int64], before: bool) -> NDArray[np.int64]:
        """Return the level at the clocks; with `before` changes at the same clock do not count."""
        index = np.searchsorted(self.clocks, clocks, side="left" if before else "right")
        return np.concatenate(([self.initial], self.levels))[index]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a stretch does: the clock of its first step, the place before it, its audible steps."""

    first_clock: int
    position: int
    steps: int


Steps = NDArray[np.int64]


class Oscillator:
    """One voice while it is played: where its divider and its sequence stand.

    What it is a voice of gives `levels`, and says which of its steps are heard. One that `holds`
    keeps its level where it stops.
    """

    holds: ClassVar[bool] = False

    def __init__(self) -> None:
        self.level = 0
        self._next_clock = 0
        self._position = 0

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches, the last up to `end_clock`, and return what the level does.

        From `rest_clock` on a stopped voice that holds runs on until its sequence is at the start.
        """
        runs = [
            self._run(stretch, stop, rest_clock)
            for stretch, stop in zip(
                stretches, [item.clock for item in stretches[1:]] + [end_clock], strict=True
            )
        ]
        initial = self.level
        clocks, levels = self._expand(stretches, runs)
        previous = np.concatenate(([initial], levels[:-1])) if len(levels) else levels
        changed = levels != previous
        if len(levels):
            self.level = int(levels[-1])
        return Events(clocks[changed], levels[changed], previous[changed], initial)

    def prepare(self, stretch: Stretch) -> None:
        """Get ready for a stretch that begins."""
        if stretch.restart:
            self._position = 0
        if stretch.reload:
            self._next_clock = stretch.clock + stretch.period_clocks

    def steps(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        """Return how many steps the sequence takes in so many ticks of the divider."""
        del rest_clock  # Only a voice that holds its level has to leave it.
        return ticks if stretch.steps else 0

    def audible(self, stretch: Stretch, steps: int) -> int:
        """Return how many of the steps can change the output."""
        return steps if stretch.level else 0

    def levels(self, level: Steps, table: Steps, which: Steps, position: Steps) -> Steps:
        """Return the output at places in the sequence, of the stretches number `which`."""
        raise NotImplementedError

    def _run(self, stretch: Stretch, stop: int, rest_clock: int | None) -> Run:
        """Advance to `stop`: where the sequence was and which steps it took."""
        self.prepare(stretch)
        first, start = self._next_clock, self._position
        ticks = max(0, -((first - stop) // stretch.period_clocks))
        self._next_clock = first + ticks * stretch.period_clocks
        steps = self.steps(stretch, ticks, rest_clock)
        self._position = start + steps
        return Run(first, start, self.audible(stretch, steps))

    def _expand(self, stretches: list[Stretch], runs: list[Run]) -> tuple[Steps, Steps]:
        """Clocks and levels of every stretch's start and of every step within it."""
        counts = np.array([run.steps + 1 for run in runs], dtype=np.int64)
        which = np.repeat(np.arange(len(runs)), counts)
        step = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        start = np.array([item.clock for item in stretches], dtype=np.int64)[which]
        first = np.array([run.first_clock for run in runs], dtype=np.int64)[which]
        period = np.array([item.period_clocks for item in stretches], dtype=np.int64)[which]
        clocks = np.where(step == 0, start, first + (step - 1) * period)
        position = np.array([run.position for run in runs], dtype=np.int64)[which] + step
        level = np.array([item.level for item in stretches], dtype=np.int64)[which]
        table = np.array([item.table for item in stretches], dtype=np.int64)[which]
        return clocks, self.levels(level, table, which, position)
