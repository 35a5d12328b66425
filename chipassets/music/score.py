"""The Score: notes on the 16th-note grid, the result of composing and the input of arranging."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chipassets.music.keys import Key
from chipassets.music.notes import FURTHER_PARTS as FURTHER_PARTS
from chipassets.music.notes import Note as Note
from chipassets.music.notes import ordered as ordered
from chipassets.units import steps_per_bar

DRUM_KINDS = ("kick", "snare", "closed_hat", "open_hat", "tom", "crash")


@dataclass(frozen=True, slots=True)
class Section:
    """A named range of whole bars."""

    name: str
    start_bar: int
    bars: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a motif is quoted: its name, its steps, and how it was changed to fit.

    `stretch_halves`: 2 keeps its note values, 4 doubles and 1 halves them. `shift` is the interval
    in semitones from the motif's tonic to the track's at that place, octaves included; the steps of
    the tune are those of the track's scale.
    """

    motif: str
    start_step: int
    steps: int
    stretch_halves: int
    shift: int


@dataclass(frozen=True, slots=True)
class DrumStroke:
    """One stroke of a drum: the step, one of `DRUM_KINDS`, and a MIDI velocity from 1 to 127."""

    step: int
    kind: str
    velocity: int


@dataclass(frozen=True, slots=True)
class Score:
    """Notes ordered by start and descending pitch, in whole bars, with tempo, key, form and loop.

    `loop_start_bar` is the bar that follows the last one; None plays once and ends. `chords` has
    the planned chords of each bar, as names (never numerals) with blanks between, or is empty.

    Notes with a part were composed voice by voice; merged music has notes without. `further` holds
    notes of `FURTHER_PARTS`, which sound only on chips with voices for them and count in no
    measurement. `drums` is None if the groove of the track's character is to be played.
    """

    notes: tuple[Note, ...]
    bars: int
    tempo_millibpm: int
    key: Key
    beats_per_bar: float = 4
    sections: tuple[Section, ...] = ()
    loop_start_bar: int | None = 0
    chords: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    further: tuple[Note, ...] = ()
    drums: tuple[DrumStroke, ...] | None = None

    @property
    def steps_per_bar(self) -> int:
        """16th notes in a bar."""
        return steps_per_bar(self.beats_per_bar)

    @property
    def total_steps(self) -> int:
        """Length in 16th notes."""
        return self.bars * self.steps_per_bar

    @property
    def is_voiced(self) -> bool:
        """Whether every note has a part, so that none must be assigned."""
        return bool(self.notes) and all(note.part for note in self.notes)

    def part(self, name: str) -> tuple[Note, ...]:
        """Return the notes of one part, in order."""
        return tuple(note for note in (*self.notes, *self.further) if note.part == name)

    def with_notes(self, notes: list[Note] | tuple[Note, ...]) -> Score:
        """Return the same score with these notes, put in order."""
        return replace(self, notes=ordered(notes))
