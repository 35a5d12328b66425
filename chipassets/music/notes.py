"""Notes on the 16th grid, the primer of the model, and the game's motifs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chipassets.music.keys import Key

LEAD, INNER, BASS = "lead", "inner", "bass"
PARTS = (LEAD, INNER, BASS)
"""The parts that every chip can play, from the highest to the lowest."""
FURTHER_PARTS = ("harmony", "figure")
"""Parts for chips with more than three pitched voices: held chord tones, and a moving figure."""
WIDEST_STEP = 5
"""Semitones of the widest interval that is no leap: a fourth."""
_PLACES = {part: place for place, part in enumerate(("", *PARTS, *FURTHER_PARTS))}


@dataclass(frozen=True, slots=True)
class Note:
    """A pitch (MIDI, 0..127) that starts at a step and sounds for a number of steps, at least 1.

    part: the voice that plays the note, one of `PARTS`; "" if it is not known.
    """

    start_step: int
    duration_steps: int
    pitch: int
    part: str = ""

    @property
    def end_step(self) -> int:
        """The first step at which the note no longer sounds."""
        return self.start_step + self.duration_steps

    def until(self, step: int) -> Note:
        """Return the note, ended at a step after its start if it would sound longer."""
        if self.end_step <= step:
            return self
        return replace(self, duration_steps=step - self.start_step)


@dataclass(frozen=True, slots=True)
class Primer:
    """The opening given to the model: notes within a number of steps (trailing rests count)."""

    notes: tuple[Note, ...]
    steps: int


def ordered(notes: list[Note] | tuple[Note, ...]) -> tuple[Note, ...]:
    """Return the notes by start, then descending pitch: the order in which a Score keeps them.

    Of equal notes of several parts those of the first part come first, as a lock lists them: a
    score that is written and read again is the same.
    """
    return tuple(
        sorted(
            notes,
            key=lambda note: (
                note.start_step, -note.pitch, note.duration_steps, _PLACES[note.part]
            ),
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Motif:
    """A tune of the game, in the key in which it was written.

    transform: one of `motifs.TRANSFORMS`. stretch: whether its note values may be doubled or halved
    to keep its pace, that at tempo_millibpm. rival: the other likely key, if its key was guessed
    and is doubtful. part: the one of `PARTS` that plays it. section: where it is quoted, by name or
    letter; "" for the next letter without a motif.
    """

    name: str
    notes: tuple[Note, ...]
    steps: int
    key: Key
    transform: str = "in_mode"
    stretch: bool = False
    tempo_millibpm: int = 120_000
    rival: Key | None = None
    part: str = LEAD
    section: str = ""
