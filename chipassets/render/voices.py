"""Computes a voice's level changes with their exact clocks from stretches of constant registers.

Each voice is a divider that steps through a cycle. Only the state between stretches is computed in
a loop; the changes within all stretches are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipassets.render.cycle import Cycle, EdgeRun, walk


@dataclass(slots=True)
class Stretch:
    """A voice's registers from a clock on.

    `table` is the sequence (a duty, a wave, the noise mode). `level` 0 is silent. `steps`: whether
    the sequence advances (a stopped triangle holds its level). `restart` resets the sequence to its
    start, and `reload` starts a whole period at the clock.
    """

    clock: int
    period_clocks: int
    level: int
    table: int = 0
    steps: bool = True
    restart: bool = False
    reload: bool = False

    def resumed(self, clock: int) -> Stretch:
        """Return the stretch from a later clock on, without restart and reload."""
        return replace(self, clock=clock, restart=False, reload=False)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Level changes of one voice.

    Clocks in order, the level from each on, and the level before all.
    """

    clocks: NDArray[np.int64]
    levels: NDArray[np.int64]
    previous: NDArray[np.int64]
    initial: int

    def level_at(self, clocks: NDArray[np.int64], before: bool) -> NDArray[np.int64]:
        """Return the level at the clocks; with `before`, changes at the same clock do not count."""
        index = np.searchsorted(self.clocks, clocks, side="left" if before else "right")
        return np.concatenate(([self.initial], self.levels)).take(index)


class Oscillator:
    """The state of one voice: the positions of its divider and its cycle.

    Subclasses say which cycle a stretch uses. One that `holds` keeps its level where it stops.
    """

    holds: ClassVar[bool] = False

    def __init__(self, level: int = 0) -> None:
        self.level = level
        self._next_clock = 0
        self._position = 0

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches, the last up to `end_clock`, and return the level changes.

        From `rest_clock` on, a stopped voice that holds its level runs on to the start of its
        sequence.
        """
        edge_runs: list[EdgeRun] = []
        starts: list[tuple[int, int] | None] = []
        initial = self.level
        for stretch, stop in zip(stretches, stops(stretches, end_clock), strict=True):
            first_clock, place, steps = self.advance(stretch, stop, rest_clock)
            cycle, loudness = self.cycle(stretch), self.loudness(stretch)
            start = loudness * cycle.values[place % cycle.length]
            starts.append((stretch.clock, start) if start != self.level else None)
            last = place + steps if loudness else place
            first, after = cycle.edges_up_to(place), cycle.edges_up_to(last)
            period = stretch.period_clocks
            origin = first_clock - (place + 1) * period
            edge_runs.append(EdgeRun(cycle, first, after, origin, period, loudness))
            self.level = loudness * cycle.values[last % cycle.length]
        clocks, levels = walk(edge_runs, starts)
        previous = np.concatenate(([initial], levels[:-1]))[: len(levels)]
        return Events(clocks, levels, previous, initial)

    def advance(self, stretch: Stretch, stop: int, rest_clock: int | None) -> tuple[int, int, int]:
        """Advance to `stop`; return the first step's clock, the place before it, and the steps."""
        self.prepare(stretch)
        first, place = self._next_clock, self._position
        ticks = max(0, -((first - stop) // stretch.period_clocks))
        self._next_clock = first + ticks * stretch.period_clocks
        steps = self.steps(stretch, ticks, rest_clock)
        self._position = place + steps
        return first, place, steps

    def prepare(self, stretch: Stretch) -> None:
        """Prepare for a stretch that begins."""
        if stretch.restart:
            self._position = 0
        if stretch.reload:
            self._next_clock = stretch.clock + stretch.period_clocks

    def steps(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        """Return the number of steps that the cycle advances in `ticks` of the divider."""
        del rest_clock  # Only a voice that holds its level has to move on from it.
        return ticks if stretch.steps else 0

    def loudness(self, stretch: Stretch) -> int:
        """Return the factor by which the cycle's values are multiplied."""
        return stretch.level

    def cycle(self, stretch: Stretch) -> Cycle:
        """Return the cycle of the stretch, after `prepare`."""
        raise NotImplementedError


def stops(stretches: list[Stretch], end_clock: int) -> list[int]:
    """Return the clock at which each stretch ends: the start of the next, or the end."""
    return [item.clock for item in stretches[1:]] + [end_clock]
