"""A bar of the tune, as the search makes it and everything after it reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chipassets.compose.cells import Notes
from chipassets.compose.operators import OPERATORS
from chipassets.music.notes import LEAD, Note

Key = tuple[tuple[int, ...], tuple[int, ...]]
"""The steps at which a bar's notes begin, and their pitches."""


@dataclass(frozen=True, slots=True)
class TuneBar:
    """A bar of the tune: its notes in degrees of the key, their pitches, and their origin.

    cell, operator: where the notes come from; shift: the degree at which the cell begins. costs:
    what the bar was charged by name; source: the bar that it repeats, or -1.
    """

    notes: Notes
    pitches: tuple[int, ...]
    cell: str
    operator: str
    shift: int
    costs: Mapping[str, float] = field(default_factory=dict)
    source: int = -1
    key: Key = field(init=False, repr=False, compare=False)
    """Rhythm and pitches, by which two bars are the same; the search asks for it all the time."""

    def __post_init__(self) -> None:
        rhythm = tuple(note.step for note in self.notes)
        object.__setattr__(self, "key", (rhythm, self.pitches))


NO_NOTES = TuneBar((), (), "held", "plain", 0)
"""A bar in which the tune is silent."""


def tune_notes(bars: Sequence[TuneBar], bar_steps: int) -> list[Note]:
    """Return the notes of the tune's bars as a part of the score.

    A note that sounds over a bar line ends where the next bar begins its own.
    """
    notes = [
        Note(number * bar_steps + note.step, note.steps, pitch, LEAD)
        for number, bar in enumerate(bars)
        for note, pitch in zip(bar.notes, bar.pitches, strict=True)
    ]
    ends = [note.start_step for note in notes[1:]]
    return [
        note.until(end) for note, end in zip(notes, [*ends, len(bars) * bar_steps], strict=True)
    ]


def describe(bar: TuneBar) -> str:
    """Return a short text about the origin of a bar."""
    if bar.source >= 0:
        return f"bar {bar.source + 1} again"
    return f"{bar.cell}: {OPERATORS[bar.operator].says}"
