"""What a chip's register writer is made of: the state of a voice, and how it becomes writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chipassets.chips.chipsong import ChipSong, Instrument
from chipassets.chips.profiles import VoiceSpec
from chipassets.chips.registers import Write


@dataclass(frozen=True, slots=True)
class State:
    """What one voice should sound in one frame; `volume` 0 is silent and leaves the rest alone.

    `volume` is the instrument's at this moment, its `envelope`, times the note's `level`. `attack`
    marks the first frame of a note, `held` is false once it has ended and is released, `ends` the
    last frame before the next attack where a chip has to know it, `unplugged` a voice that has not
    been heard yet. `room` is how many frames are left to a loop's seam or the end.
    """

    volume: int = 0
    envelope: int = 0
    duty: int = 0
    timer: int = 0
    pitch: int = 0
    level: int = 0
    attack: bool = False
    held: bool = False
    ends: bool = False
    unplugged: bool = False
    room: int = 0
    instrument: Instrument | None = None


Shadow = dict[int, int]
"""The bytes that the registers of a voice were last given; empty when nothing is known."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How a chip is played: `start` opens a full frame, `voice` gives one voice's writes.

    `voice` writes what differs from the shadow, everything when it is empty, and updates it;
    `join` puts a frame's writes together where voices share a register; `prepare` looks over a
    voice's states before they are written.
    """

    start: Callable[[ChipSong], tuple[Write, ...]]
    voice: Callable[[VoiceSpec, State, Shadow], list[Write]]
    join: Callable[[list[Write]], list[Write]] = list
    prepare: Callable[[Sequence[State], ChipSong], Sequence[State]] = lambda states, _: states


def changed(wanted: Iterable[tuple[int, int]], shadow: Shadow) -> list[Write]:
    """Return the writes, in order, whose byte the register does not hold; the shadow holds them."""
    writes = []
    for address, value in wanted:
        if shadow.get(address) != value:
            writes.append(Write(address, value))
            shadow[address] = value
    return writes
