"""The 2A03's noise: a shift register of 15 bits that repeats after 32767 steps, or after 93 or 31.

In the short mode the cycle depends on the state in which it is entered.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.render.voices import Oscillator, Steps, Stretch

LONG_PERIOD = 32_767


@lru_cache(maxsize=1)
def _long_states() -> NDArray[np.int64]:
    """The register's states in mode 0, from 1 on."""
    return _cycle(1, tap=1)


@lru_cache(maxsize=1)
def _long_index() -> NDArray[np.int64]:
    index = np.zeros(1 << 15, dtype=np.int64)
    index[_long_states()] = np.arange(LONG_PERIOD)
    return index


@lru_cache(maxsize=256)
def _short_states(state: int) -> NDArray[np.int64]:
    return _cycle(state, tap=6)


def _cycle(state: int, tap: int) -> NDArray[np.int64]:
    """Every state from this one until it comes back: bit 0 xor bit `tap` enters at bit 14."""
    states = [state]
    while True:
        state = (state >> 1) | (((state ^ (state >> tap)) & 1) << 14)
        if state == states[0]:
            return np.array(states, dtype=np.int64)
        states.append(state)


class Noise(Oscillator):
    """The shift register while it is played; a stretch's table is the mode."""

    def __init__(self) -> None:
        super().__init__()
        self._states = _long_states()
        self._mode = 0
        self._cycles: list[NDArray[np.int64]] = []

    def prepare(self, stretch: Stretch) -> None:
        """Enter the stretch's mode from the state that the register is in."""
        super().prepare(stretch)
        if stretch.table != self._mode:
            state = int(self._states[self._position % len(self._states)])
            self._states = _short_states(state) if stretch.table else _long_states()
            self._position = 0 if stretch.table else int(_long_index()[state])
            self._mode = stretch.table
        self._cycles.append(self._states)

    def levels(self, level: Steps, table: Steps, which: Steps, position: Steps) -> Steps:
        """Return the level where the register's bit 0 is 0, which is when noise lets it through."""
        del table
        cycles = {id(states): states for states in self._cycles}
        starts, total = {}, 0
        for key, states in cycles.items():
            starts[key], total = total, total + len(states)
        base = np.array([starts[id(states)] for states in self._cycles], dtype=np.int64)[which]
        length = np.array([len(states) for states in self._cycles], dtype=np.int64)[which]
        self._cycles = []
        bits = 1 - (np.concatenate(list(cycles.values())) & 1)
        sounds: Steps = level * bits[base + position % length]
        return sounds
