"""Shared by the processors that count a player's clocks: memory, and steps that are decoded once.

They run our own players alone: no interrupts, no decimal arithmetic, and a chip that is written to
but answers nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

Step = Callable[[], int]
"""An instruction at its address: does what it does and returns the next one's address."""

_T = TypeVar("_T")

_RETURN = 0xFFFF
"""The address to which a called routine returns, where no program is."""

_MOST_STEPS = 100_000


class Cpu(ABC):
    """A processor with 64 KiB of memory. memory: the program and data at their addresses."""

    def __init__(self, memory: bytearray) -> None:
        self.memory = memory
        self.clocks = 0
        self._steps: dict[int, Step] = {}

    @abstractmethod
    def push_return(self, address: int) -> None:
        """Put an address on an empty stack, so that the routine returns to it."""

    @abstractmethod
    def decode(self, at: int) -> Step:
        """Return the instruction at an address; ValueError for one that is not known."""

    def run(self, address: int) -> int:
        """Call a routine, and return the clocks that it took; ValueError if it does not return."""
        before = self.clocks
        self.push_return(_RETURN)
        at, steps = address, self._steps
        for _ in range(_MOST_STEPS):
            if at == _RETURN:
                return self.clocks - before
            step = steps.get(at)
            if step is None:
                step = steps[at] = self.decode(at)
            at = step()
        raise ValueError(f"the routine at ${address:04X} does not return")

    def byte(self, at: int) -> int:
        """Return the byte at an address."""
        return self.memory[at & 0xFFFF]

    def word(self, at: int) -> int:
        """Return the word at an address, its low byte first."""
        return self.byte(at) | self.byte(at + 1) << 8


def signed(byte: int) -> int:
    """Return a byte as a distance, -128..127."""
    return byte - 256 if byte >= 128 else byte


def known(table: Mapping[str, _T], name: str, at: int) -> _T:
    """Return what an instruction's name stands for; ValueError if the processor lacks it."""
    if name not in table:
        raise ValueError(f"the instruction {name or 'unknown'} at ${at:04X} is not counted")
    return table[name]
