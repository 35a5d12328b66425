"""The parts of a chip's register writer: the state of a voice, and its conversion to writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chipassets.chips.chipsong import HOME, ChipSong, Instrument
from chipassets.chips.dmcbank import Clip
from chipassets.chips.profiles import VoiceSpec
from chipassets.chips.registers import Write, write_of
from chipassets.chips.soundbank import Source


@dataclass(frozen=True, slots=True)
class State:
    """The state of one voice in one frame.

    volume: the instrument's `envelope` times the note's `level`; at 0 the voice is silent and its
    other registers stay. attack: whether this is the first frame of a note. held: false once the
    note is released. ends: whether the next frame is an attack, for chips that need to know.
    unplugged: whether the voice has not sounded yet. clip: what the sample channel starts. part:
    the kind of the section, see `FormPart`. recorded: the number and the source of the recording
    that a sampler plays; None plays the bank's.
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
    clip: Clip | None = None
    instrument: Instrument | None = None
    part: str = HOME
    recorded: tuple[int, Source] | None = None


Shadow = dict[int, int]
"""The bytes last written to the registers of a voice; empty if nothing is known."""

Voices = Mapping[str, Sequence[State]]
"""What each voice sounds in every frame, by the voice's name."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How a chip is played.

    `start` returns the first writes of a frame that sets every register, `scene` the first writes
    of every other frame: what changes with the form. `voice` returns the writes of one voice for
    what differs from the shadow (everything if it is empty), and updates the shadow. `join`
    combines a frame's writes where voices share a register. `prepare` processes a voice's states
    before they are written.
    """

    start: Callable[[ChipSong, int], tuple[Write, ...]]
    voice: Callable[[VoiceSpec, State, Shadow], list[Write]]
    join: Callable[[list[Write]], list[Write]] = list
    prepare: Callable[[Sequence[State], ChipSong], Sequence[State]] = lambda states, _: states
    scene: Callable[[ChipSong, int, Voices], tuple[Write, ...]] = lambda *_: ()


def changed(wanted: Iterable[tuple[int, int]], shadow: Shadow) -> list[Write]:
    """Return the writes, in order, that change a register; the shadow is updated."""
    writes = []
    for address, value in wanted:
        if shadow.get(address) != value:
            writes.append(write_of(address, value))
            shadow[address] = value
    return writes
