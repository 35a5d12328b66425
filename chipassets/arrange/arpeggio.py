"""Arpeggios: notes without a voice of their own alternate with the note of another voice.

Each pitch sounds for a few frames: too fast to count, slow enough to hear each pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.chips.chipsong import ChipNote, Instrument, Macro
from chipassets.chips.profiles import VoiceSpec
from chipassets.music.score import Note
from chipassets.units import OCTAVE

ARPEGGIO_FRAMES = 2
"""Frames of each pitch: 30 changes a second."""

MOST_PITCHES = 4
"""The most pitches that one note of a voice can alternate between."""


@dataclass(frozen=True, slots=True)
class Chords:
    """A line with its arpeggios, their instruments, and the notes still left over."""

    notes: tuple[ChipNote, ...]
    instruments: tuple[Instrument, ...]
    left: tuple[Note, ...]


def add_chords(
    line: Sequence[Note],
    played: Sequence[ChipNote],
    left: Sequence[Note],
    instrument: Instrument,
    spec: VoiceSpec,
) -> Chords:
    """Return the line with the left-over notes as arpeggios of the notes that they sound with.

    `line` are the score's notes that `played` plays, in the same order. A note of the line takes up
    to three more pitches, of notes that share half of its time or half of their own. Pitches move
    by octaves into the voice's range.
    """
    notes: list[ChipNote] = []
    chords: dict[str, Instrument] = {}
    placed: set[Note] = set()
    for note, chip_note in zip(line, played, strict=True):
        taken: dict[int, Note] = {}
        for other in left:
            if _together(note, other):
                offset = _offset(chip_note.pitch, other.pitch - note.pitch, spec)
                if len(taken) < MOST_PITCHES - 1 or offset in taken or not offset:
                    taken[offset] = other
                    placed.add(other)
        offsets = tuple(sorted({0, *taken}))
        if len(offsets) > 1:
            own = _chord(instrument, offsets)
            chords[own.name] = own
            chip_note = replace(chip_note, instrument=own.name)
        notes.append(chip_note)
    rest = tuple(note for note in left if note not in placed)
    return Chords(tuple(notes), tuple(chords.values()), rest)


def _together(note: Note, other: Note) -> bool:
    """Return whether two notes sound together for half of the shorter one."""
    shared = min(note.end_step, other.end_step) - max(note.start_step, other.start_step)
    return shared > 0 and 2 * shared >= min(note.duration_steps, other.duration_steps)


def _offset(pitch: int, offset: int, spec: VoiceSpec) -> int:
    """Return an arpeggio's offset, moved by octaves until its pitch is in the voice's range."""
    while pitch + offset > spec.highest_pitch:
        offset -= OCTAVE
    while pitch + offset < spec.lowest_pitch:
        offset += OCTAVE
    return offset


def _chord(instrument: Instrument, offsets: tuple[int, ...]) -> Instrument:
    """Return the instrument with an endless arpeggio of these semitones, named after them."""
    values = tuple(offset for offset in offsets for _ in range(ARPEGGIO_FRAMES))
    name = f"{instrument.name} {' '.join(map(str, offsets))}"
    return replace(instrument, name=name, arpeggio=Macro(values, loop=0))
