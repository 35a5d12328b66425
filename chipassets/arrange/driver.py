"""What a chip's register writer is made of: the state of a voice, and how it becomes writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chipassets.chips import VoiceSpec
from chipassets.chipsong import ChipSong
from chipassets.registers import Write


@dataclass(frozen=True, slots=True)
class State:
    """What one voice should sound in one frame; `volume` 0 is silent and leaves the rest alone.

    `attack` marks the first frame of a note, `sound` names its instrument, and `fade_frames` is
    how long the instrument takes to fall to half its volume from where it started.
    """

    volume: int = 0
    duty: int = 0
    timer: int = 0
    attack: bool = False
    sound: str = ""
    fade_frames: int = 0


Shadow = dict[int, int]
"""The bytes that the registers of a voice were last given; empty when nothing is known."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How a chip is played: `start` opens a full frame, `voice` gives one voice's writes.

    `voice` writes what differs from the shadow, everything when it is empty, and updates it.
    """

    start: Callable[[ChipSong], tuple[Write, ...]]
    voice: Callable[[VoiceSpec, State, Shadow], list[Write]]


def changed(wanted: Iterable[tuple[int, int]], shadow: Shadow) -> list[Write]:
    """Return the writes, in order, whose byte the register does not hold; the shadow holds them."""
    writes = []
    for address, value in wanted:
        if shadow.get(address) != value:
            writes.append(Write(address, value))
            shadow[address] = value
    return writes
