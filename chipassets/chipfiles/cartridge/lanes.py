"""A RegisterLog as lanes: each voice's tone and level in every frame.

The first lane holds whole lists of writes (the chip's start, panning, waves), which the player
copies. Each further lane is a voice, whose registers the player writes when their values change,
and all of them in the first frame and in the loop's first. The NES's last lane starts samples.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError

Tone = tuple[int, int]
"""The two bytes that determine the registers of a voice's tone."""

Shadow = dict[int, int]
"""The bytes last written to the registers, by address."""

_STOP, _START = Write(0x4015, 0x0F), Write(0x4015, 0x1F)
"""The writes that start a sample, after its address and length."""

_WAVE_ON = Write(0xFF1A, 0x80)
"""The write that turns the wave voice on, after its memory was written and before its trigger."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A voice in a frame: its tone, its level, and whether a note begins."""

    tone: Tone
    level: int
    attack: bool = False


@dataclass(frozen=True, slots=True)
class LevelForm:
    """The meaning of a level's bits.

    volume: the bits that are not 0 while the voice sounds; the tone's envelope pauses while they
    are 0. mask: the bits in which an envelope's step has its count, moved up by `shift`; without a
    mask a byte follows. kept: the bits of the level before that a rest keeps. plugged: the bits
    that are set in silence once a note has been played, because clearing them would switch a
    converter.
    """

    volume: int
    mask: int
    shift: int
    kept: int = 0
    plugged: int = 0


@dataclass(frozen=True, slots=True)
class VoiceKind:
    """A voice of a console: its registers, and how they are read and written.

    first: the tone before the first note. form: the meaning of its levels. read: returns tone and
    level of the registers. put: returns the writes of a frame in order; `full` asks for all
    registers.
    """

    name: str
    addresses: tuple[int, ...]
    first: Tone
    form: LevelForm
    read: Callable[[Mapping[int, int]], tuple[Tone, int]]
    put: Callable[[Frame, Shadow, bool], list[Write]]


@dataclass(frozen=True, slots=True)
class Console:
    """A console supported by cartridges: the voices after the first lane.

    samples: the registers of a sample's address and length, the last lane; empty without one.
    """

    chip: str
    voices: tuple[VoiceKind, ...]
    samples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceLane:
    """A voice in every frame, and the frames in which its events begin."""

    kind: VoiceKind
    frames: tuple[Frame, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """A log in lanes: lists of writes by frame, the voices, and samples by frame."""

    bursts: Mapping[int, tuple[Write, ...]]
    voices: tuple[VoiceLane, ...]
    samples: Mapping[int, Tone]


def changed(wanted: Mapping[int, int], shadow: Shadow, *, full: bool) -> list[Write]:
    """Return the writes of registers that change, or of all; the shadow is updated."""
    writes = [Write(a, v) for a, v in wanted.items() if full or shadow.get(a) != v]
    shadow |= wanted
    return writes


def lanes_of(log: RegisterLog, console: Console, starts: Mapping[str, Collection[int]]) -> Lanes:
    """Return the log in lanes; `starts` are the frames in which each voice's notes begin.

    RenderError for a log that the player would not reproduce write by write.
    """
    shadow: Shadow = {}
    bursts: dict[int, tuple[Write, ...]] = {}
    samples: dict[int, Tone] = {}
    columns: list[list[Frame]] = [[] for _ in console.voices]
    known = {address for kind in console.voices for address in kind.addresses}
    for number, writes in enumerate(log.frames):
        shadow |= {write.address: write.value for write in writes}
        if console.samples and writes[-2:] == (_STOP, _START):
            samples[number] = (shadow[console.samples[0]], shadow[console.samples[1]])
            writes = _without_sample(writes, console)
        if burst := _burst(writes, known):
            bursts[number] = burst
        for kind, column in zip(console.voices, columns, strict=True):
            attack = number in starts.get(kind.name, ())
            column.append(Frame(*kind.read(shadow), attack))
    cuts = {0, log.loop_start_frame or 0}
    inside = {
        kind.name: {start for start in starts.get(kind.name, ()) if 0 <= start < len(log.frames)}
        for kind in console.voices
    }
    voices = tuple(
        VoiceLane(kind, tuple(column), tuple(sorted(cuts | inside[kind.name])))
        for kind, column in zip(console.voices, columns, strict=True)
    )
    lanes = Lanes(bursts, voices, samples)
    for number, (ours, theirs) in enumerate(
        zip(_played(lanes, log, console), log.frames, strict=True)
    ):
        if ours != theirs:
            raise RenderError(
                f"frame {number}: the cartridge's player would write {_said(ours)}, but the log "
                f"has {_said(theirs)}"
            )
    return lanes


def _burst(writes: tuple[Write, ...], known: Collection[int]) -> tuple[Write, ...]:
    """Return the writes that belong to no voice's lane.

    Where the wave is changed, the trigger of its voice is among them.
    """
    found = tuple(write for write in writes if write.address not in known)
    end = len(found)
    if found[-1:] == (_WAVE_ON,) and writes[:end] == found:
        return writes[: end + 1]
    return found


def _without_sample(writes: tuple[Write, ...], console: Console) -> tuple[Write, ...]:
    """Return the writes without those at their end that start a sample."""
    end = len(writes) - 2
    while end and writes[end - 1].address in console.samples:
        end -= 1
    return writes[:end]


def _played(lanes: Lanes, log: RegisterLog, console: Console) -> Iterator[tuple[Write, ...]]:
    """Return the writes of the player in each frame."""
    shadows: list[Shadow] = [{} for _ in lanes.voices]
    sampled: Shadow = {}
    for number in range(len(log.frames)):
        full = number in (0, log.loop_start_frame)
        writes = list(lanes.bursts.get(number, ()))
        for lane, shadow in zip(lanes.voices, shadows, strict=True):
            writes += lane.kind.put(lane.frames[number], shadow, full)
        if full:
            sampled.clear()
        if number in lanes.samples:
            wanted = dict(zip(console.samples, lanes.samples[number], strict=True))
            writes += [*changed(wanted, sampled, full=False), _STOP, _START]
        yield tuple(writes)


def _said(writes: tuple[Write, ...]) -> str:
    """Return register writes as text for a message."""
    return " ".join(f"{w.address:04X}={w.value:02X}" for w in writes) or "nothing"
