"""The 2A03's voices: from stretches of constant registers to the exact clocks of level changes.

Each voice is a divider that steps through a sequence: 8 duty steps, 32 triangle steps, or the
cycle of the noise register. The scalar carry from stretch to stretch is a short loop; the steps
within all stretches are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips import NOISE_PERIODS as NOISE_PERIODS

# NESdev, APU pulse: the duty rows in the order in which the sequencer reads them.
DUTY_ROWS = (
    (0, 1, 0, 0, 0, 0, 0, 0),
    (0, 1, 1, 0, 0, 0, 0, 0),
    (0, 1, 1, 1, 1, 0, 0, 0),
    (1, 0, 0, 1, 1, 1, 1, 1),
)
TRIANGLE_ROW = (*range(15, -1, -1), *range(16))
TRIANGLE_REST = TRIANGLE_ROW[0]
LONG_PERIOD = 32_767


@dataclass(frozen=True, slots=True)
class Stretch:
    """Registers of one voice from a clock on.

    `table` is the duty or the noise mode; `level` 0 is silent; `steps` whether the sequence goes
    on (a stopped triangle holds its level); `restart` puts the sequence back to its start, and
    `reload` begins a whole period at the clock.
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


@lru_cache(maxsize=1)
def _long_states() -> NDArray[np.int64]:
    """The noise register's states in mode 0, from 1 on."""
    return _noise_cycle(1, tap=1)


@lru_cache(maxsize=1)
def _long_index() -> NDArray[np.int64]:
    index = np.zeros(1 << 15, dtype=np.int64)
    index[_long_states()] = np.arange(LONG_PERIOD)
    return index


@lru_cache(maxsize=256)
def _short_states(state: int) -> NDArray[np.int64]:
    return _noise_cycle(state, tap=6)


def _noise_cycle(state: int, tap: int) -> NDArray[np.int64]:
    """Every state from this one until it comes back: bit 0 xor bit `tap` enters at bit 14."""
    states = [state]
    while True:
        state = (state >> 1) | (((state ^ (state >> tap)) & 1) << 14)
        if state == states[0]:
            return np.array(states, dtype=np.int64)
        states.append(state)


class Oscillator:
    """One voice while it is played: where its divider and its sequence stand."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._next_clock = 0
        self._position = 0
        self._states = _long_states() if kind == "noise" else np.zeros(0, dtype=np.int64)
        self._mode = 0
        self._steps_to_rest = 0
        self.level = TRIANGLE_REST if kind == "triangle" else 0

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches, the last up to `end_clock`, and return what the level does.

        From `rest_clock` on a stopped triangle runs on until its sequence is at the start.
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

    def _run(self, stretch: Stretch, stop: int, rest_clock: int | None) -> Run:
        """Advance to `stop`: where the sequence was and which steps it took."""
        if stretch.restart:
            self._position = 0
        if self.kind == "noise" and stretch.table != self._mode:
            self._switch_mode(stretch.table)
        first, start = self._next_clock, self._position
        ticks = max(0, -((first - stop) // stretch.period_clocks))
        self._next_clock = first + ticks * stretch.period_clocks
        steps = ticks if stretch.steps else self._steps_at_rest(stretch, ticks, rest_clock)
        self._position = (start + steps) % self._length
        audible = steps if stretch.level or self.kind == "triangle" else 0
        return Run(first, start, audible, self._states)

    @property
    def _length(self) -> int:
        return {"pulse": 8, "triangle": 32}.get(self.kind) or len(self._states)

    def _steps_at_rest(self, stretch: Stretch, ticks: int, rest_clock: int | None) -> int:
        if self.kind != "triangle" or rest_clock is None or stretch.clock < rest_clock:
            return 0
        return min(ticks, -self._position % 32)

    def _switch_mode(self, mode: int) -> None:
        state = int(self._states[self._position])
        self._states = _short_states(state) if mode else _long_states()
        self._position = 0 if mode else int(_long_index()[state])
        self._mode = mode

    def _expand(
        self, stretches: list[Stretch], runs: list[Run]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Clocks and levels of every stretch's start and of every step within it."""
        counts = np.array([run.steps + 1 for run in runs], dtype=np.int64)
        which = np.repeat(np.arange(len(runs)), counts)
        step = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        start = np.array([item.clock for item in stretches], dtype=np.int64)[which]
        first = np.array([run.first_clock for run in runs], dtype=np.int64)[which]
        period = np.array([item.period_clocks for item in stretches], dtype=np.int64)[which]
        clocks = np.where(step == 0, start, first + (step - 1) * period)
        position = np.array([run.position for run in runs], dtype=np.int64)[which] + step
        return clocks, self._levels(stretches, runs, which, position)

    def _levels(
        self,
        stretches: list[Stretch],
        runs: list[Run],
        which: NDArray[np.int64],
        position: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        if self.kind == "triangle":
            return np.array(TRIANGLE_ROW, dtype=np.int64)[position % 32]
        level = np.array([item.level for item in stretches], dtype=np.int64)[which]
        if self.kind == "pulse":
            duty = np.array([item.table for item in stretches], dtype=np.int64)[which]
            return level * np.array(DUTY_ROWS, dtype=np.int64)[duty, position % 8]
        return level * _noise_bits(runs, which, position)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a stretch does: the clock of its first step, the place before it, its audible steps."""

    first_clock: int
    position: int
    steps: int
    states: NDArray[np.int64]


def _noise_bits(
    runs: list[Run], which: NDArray[np.int64], position: NDArray[np.int64]
) -> NDArray[np.int64]:
    """1 where the register's bit 0 is 0, which is when noise lets its level through."""
    cycles = {id(run.states): run.states for run in runs}
    starts, total = {}, 0
    for key, states in cycles.items():
        starts[key], total = total, total + len(states)
    base = np.array([starts[id(run.states)] for run in runs], dtype=np.int64)[which]
    length = np.array([len(run.states) for run in runs], dtype=np.int64)[which]
    bits = 1 - (np.concatenate(list(cycles.values())) & 1) if cycles else position
    return bits[base + position % length]
