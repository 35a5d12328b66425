"""The interface of a chip to the engine: reading its registers, playing its voices and mixing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import Write
from chipassets.chips.soundbank import Source
from chipassets.render.dsp import Registers as DspRegisters
from chipassets.render.steptrain import Train
from chipassets.render.voices import Events, Oscillator, Stretch


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Changes of the output on these sides, in units of 2**-LEVEL_BITS, in any order of time."""

    sides: tuple[int, ...]
    clocks: NDArray[np.int64]
    heights: NDArray[np.int64]


class RegisterReader(Protocol):
    """A chip's registers while a log is read; they keep their values through a whole log."""

    def start_pass(self) -> None:
        """Forget what was written, so that the next frame returns a stretch for every voice."""

    def read_frame(
        self, writes: Sequence[Write], clock: int, end_clock: int
    ) -> tuple[list[Stretch], ...]:
        """Return each voice's stretches that begin in the frame, from `clock` to `end_clock`."""

    def oscillators(self) -> list[Oscillator]:
        """Return an oscillator at rest for every voice, for the registers read so far."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chip as the engine plays it.

    addresses: the registers that the first frame of a loop must write. registers: makes them, given
    the memory of clips. optional: registers that a
    log may leave unused, but that this frame must write too if the log uses any. optional_gain: the
    gain if it does. sides: 1 mono, 2 stereo. gain: the sample value of the mixer's 1.0. rest: the
    output, on every side, when all voices are at rest, in units of 2**-LEVEL_BITS.
    """

    addresses: frozenset[int]
    registers: Callable[[bytes], RegisterReader]
    mix: Callable[[Sequence[Events]], list[Steps]]
    rest: int
    sides: int = 1
    gain: int = 49_152
    optional: frozenset[int] = frozenset()
    optional_gain: int = 0


@dataclass(frozen=True, slots=True)
class SampleBoard:
    """A chip that mixes samples itself: `play` returns a passage's steps at the file's rate.

    It takes the frames, the clocks at which they start and end, the registers, the writes of the
    following frame, in which the sound may ring on, and the passage's length in samples.
    """

    addresses: frozenset[int]
    registers: Callable[[Sequence[Source]], DspRegisters]
    play: Callable[
        [Sequence[tuple[Write, ...]], Sequence[int], DspRegisters, Sequence[Write], int], Train
    ]
    rest: int = 0
    sides: int = 2
    gain: int = 32_768
    optional: frozenset[int] = frozenset()
    optional_gain: int = 0
