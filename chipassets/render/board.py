"""What the engine asks of a chip: to read its registers, to move its voices and to mix them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import Write
from chipassets.render.dsp import Registers as DspRegisters
from chipassets.render.voices import Events, Oscillator, Stretch


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Changes of the output on these sides, in units of 2**-LEVEL_BITS, in any order of time."""

    sides: tuple[int, ...]
    clocks: NDArray[np.int64]
    heights: NDArray[np.int64]


class RegisterReader(Protocol):
    """A chip's registers while a log is read; they live through a whole log."""

    def start_pass(self) -> None:
        """Forget what was written last, so that the next frame states every voice anew."""

    def read_frame(
        self, writes: Sequence[Write], clock: int, end_clock: int
    ) -> tuple[list[Stretch], ...]:
        """Return per voice the stretches that begin in the frame, `clock` until `end_clock`."""

    def oscillators(self) -> list[Oscillator]:
        """Return every voice at rest, for the registers read so far."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chip as the engine plays it.

    addresses: what the first frame of a loop must write; optional: registers that a log need not
    use, but that this frame must write, too, where it uses any; optional_gain: the gain then;
    sides: 1 mono, 2 stereo; gain: sample
    value of the mixer's 1.0; rest: the output, on every side, when all voices are at rest, in units
    of 2**-LEVEL_BITS.
    """

    addresses: frozenset[int]
    registers: Callable[[], RegisterReader]
    mix: Callable[[Sequence[Events]], list[Steps]]
    rest: int
    sides: int = 1
    gain: int = 49_152
    optional: frozenset[int] = frozenset()
    optional_gain: int = 0


@dataclass(frozen=True, slots=True)
class SampleBoard:
    """A chip that mixes samples itself: `play` gives a passage's steps at the file's rate.

    It takes the frames, the clocks at which they start and end, the registers, and what is written
    in the frame that follows, in which it may ring on.
    """

    addresses: frozenset[int]
    registers: Callable[[], DspRegisters]
    play: Callable[
        [Sequence[tuple[Write, ...]], Sequence[int], DspRegisters, Sequence[Write]],
        NDArray[np.int64],
    ]
    rest: int = 0
    sides: int = 2
    gain: int = 32_768
    optional: frozenset[int] = frozenset()
    optional_gain: int = 0
