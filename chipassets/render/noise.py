"""The 2A03's noise: a 15-bit shift register that repeats after 32767 steps, or after 93 or 31.

In short mode the cycle depends on the state in which the mode is entered.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.render.cycle import Cycle
from chipassets.render.voices import Oscillator, Stretch

LONG_PERIOD = 32_767


@lru_cache(maxsize=1)
def _long_states() -> NDArray[np.int64]:
    """Return the register's states in mode 0, starting at 1."""
    return _cycle(1, tap=1)


@lru_cache(maxsize=1)
def _long_index() -> NDArray[np.int64]:
    """Return each state's place in the long sequence."""
    index = np.zeros(1 << 15, dtype=np.int64)
    index[_long_states()] = np.arange(LONG_PERIOD)
    return index


@lru_cache(maxsize=256)
def _short_states(state: int) -> NDArray[np.int64]:
    """Return the shift register's states in the short mode, from a state on."""
    return _cycle(state, tap=6)


def _cycle(state: int, tap: int) -> NDArray[np.int64]:
    """Return every state from this one until it repeats: bit 0 xor bit `tap` enters at bit 14."""
    states = [state]
    while True:
        state = (state >> 1) | (((state ^ (state >> tap)) & 1) << 14)
        if state == states[0]:
            return np.array(states, dtype=np.int64)
        states.append(state)


@lru_cache(maxsize=1)
def _long_cycle() -> Cycle:
    """Return what is heard of the long mode, over the whole cycle of the register."""
    return _heard(_long_states())


@lru_cache(maxsize=256)
def _short_cycle(state: int) -> Cycle:
    """Return what is heard of the short mode, from a state of the register until it comes back."""
    return _heard(_short_states(state))


def _heard(states: NDArray[np.int64]) -> Cycle:
    """Return 1 where the register's bit 0 is 0, which is when the noise is not muted."""
    return Cycle(1 - (states & 1))


class Noise(Oscillator):
    """The shift register's state; a stretch's table is the mode."""

    def __init__(self) -> None:
        super().__init__()
        self._states = _long_states()
        self._cycle = _long_cycle()
        self._mode = 0

    def prepare(self, stretch: Stretch) -> None:
        """Enter the stretch's mode from the register's current state."""
        super().prepare(stretch)
        if stretch.table != self._mode:
            state = int(self._states[self._position % len(self._states)])
            self._states = _short_states(state) if stretch.table else _long_states()
            self._cycle = _short_cycle(state) if stretch.table else _long_cycle()
            self._position = 0 if stretch.table else int(_long_index()[state])
            self._mode = stretch.table

    def cycle(self, stretch: Stretch) -> Cycle:
        """Return the bits of the mode."""
        del stretch
        return self._cycle
