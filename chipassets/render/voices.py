"""What a voice does: from stretches of constant registers to the exact clocks of level changes.

Each voice is a divider that steps through a cycle. The scalar carry from stretch to stretch is a
short loop; the changes within all stretches are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipassets.render.cycle import Cycle, EdgeRun, walk


@dataclass(slots=True)
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

    def resumed(self, clock: int) -> Stretch:
        """Return the stretch from a later clock on, behind what it begins with."""
        return replace(self, clock=clock, restart=False, reload=False)


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
        return np.concatenate(([self.initial], self.levels)).take(index)


class Oscillator:
    """One voice while it is played: where its divider and its cycle stand.

    What it is a voice of says which cycle a stretch goes through. One that `holds` keeps its level
    where it stops.
    """

    holds: ClassVar[bool] = False

    def __init__(self, level: int = 0) -> None:
        self.level = level
        self._next_clock = 0
        self._position = 0

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches, the last up to `end_clock`, and return what the level does.

        From `rest_clock` on a stopped voice that holds runs on until its sequence is at the start.
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
        """Go on to `stop`: the clock of the first step, the place before it, and the steps."""
        self.prepare(stretch)
        first, place = self._next_clock, self._position
        ticks = max(0, -((first - stop) // stretch.period_clocks))
        self._next_clock = first + ticks * stretch.period_clocks
        steps = self.steps(stretch, ticks, rest_clock)
        self._position = place + steps
        return first, place, steps

    def prepare(self, stretch: Stretch) -> None:
        """Get ready for a stretch that begins."""
        if stretch.restart:
            self._position = 0
        if stretch.reload:
            self._next_clock = stretch.clock + stretch.period_clocks

    def steps(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        """Return the steps that the cycle advances in `ticks` of the divider."""
        del rest_clock  # Only a voice that holds its level has to leave it.
        return ticks if stretch.steps else 0

    def loudness(self, stretch: Stretch) -> int:
        """Return by how much the cycle's values are multiplied."""
        return stretch.level

    def cycle(self, stretch: Stretch) -> Cycle:
        """Return what the stretch, which has just been prepared, goes through."""
        raise NotImplementedError


def stops(stretches: list[Stretch], end_clock: int) -> list[int]:
    """Return the clock at which each stretch ends: where the next begins, or the end."""
    return [item.clock for item in stretches[1:]] + [end_clock]
