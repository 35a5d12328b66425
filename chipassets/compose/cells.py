"""Cells: a bar of rhythm and contour that the model proposed, and what makes one worth keeping."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from chipassets.compose.harmonies import diatonic
from chipassets.music.keys import Key


class CellNote(NamedTuple):
    """A note of a cell: step within the bar, length in steps, degree from the cell's first note.

    alteration: semitones by which the note lies beside its degree, -1, 0 or 1.
    """

    step: int
    steps: int
    degree: int
    alteration: int = 0

    @property
    def end(self) -> int:
        """The first step at which the note no longer sounds."""
        return self.step + self.steps


Notes = tuple[CellNote, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A bar of one voice: its notes in order, none overlapping, the first at degree 0."""

    notes: Notes
    bar_steps: int
    rhythm: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """The steps at which notes begin; choosing cells asks for them all the time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rhythm", tuple(note.step for note in self.notes))

    @property
    def gaps(self) -> tuple[int, ...]:
        """The steps from each note's beginning to the next one's, the last to the bar's end."""
        return tuple(after - before for before, after in pairwise([*self.rhythm, self.bar_steps]))

    def shared(self, steps: Collection[int]) -> float:
        """Return the share of the notes that begin on one of the steps."""
        return len(set(self.rhythm) & set(steps)) / len(self.rhythm)

    @property
    def span(self) -> int:
        """Degrees from the lowest note to the highest."""
        degrees = [note.degree for note in self.notes]
        return max(degrees) - min(degrees)

    def text(self) -> str:
        """Return the rhythm, `x` where a note begins and `-` where it holds, and the degrees."""
        marks = ["."] * self.bar_steps
        for note in self.notes:
            marks[note.step : note.end] = ["x", *"-" * (note.steps - 1)]
        return f"{''.join(marks)} {' '.join(str(note.degree) for note in self.notes)}"


def cell_of(line: Sequence[tuple[int, int, int]], key: Key, bar_steps: int) -> Cell | None:
    """Return the cell of a bar's line of (step, steps, pitch); None without notes.

    Gaps of one step are closed: they are the player's. An alteration stays where the next note
    resolves it by a semitone, and is flattened into the key elsewhere.
    """
    if not line:
        return None
    placed = [(step, steps, pitch, *diatonic(pitch, key)) for step, steps, pitch in line]
    first = placed[0][3]
    notes = []
    for index, (step, steps, pitch, degree, alteration) in enumerate(placed):
        following = placed[index + 1] if index + 1 < len(placed) else None
        until = following[0] if following else bar_steps
        steps = until - step if until - step - steps <= 1 else min(steps, until - step)
        resolves = following is not None and abs(following[2] - pitch) == 1
        notes.append(
            CellNote(step, steps, degree - first, alteration if alteration and resolves else 0)
        )
    return Cell(tuple(notes), bar_steps)


@dataclass(frozen=True, slots=True)
class Traits:
    """The measures of a cell.

    onsets: notes; values: different gaps; entropy: of the gaps, in bits; syncopation: notes that
    begin off a pulse and sound over the next one; odd: notes on odd steps; on_pulse: notes on
    pulses; longest: the longest gap; steps, skips, leaps: moves of one degree, of two to four, of
    five and more; same: repeated degrees; turns: changes of direction; commonest: the share of the
    commonest gap.
    """

    onsets: int
    values: int
    entropy: float
    syncopation: int
    odd: int
    on_pulse: int
    longest: int
    steps: int
    skips: int
    leaps: int
    same: int
    turns: int
    commonest: float


# The cells of a track are measured again for each take, and for each bar of a bass.
@lru_cache(maxsize=4096)
def traits_of(cell: Cell, pulse_steps: int) -> Traits:
    """Return the measures of a cell; pulse_steps: 16ths from one felt beat to the next."""
    gaps = cell.gaps
    counts = Counter(gaps)
    shares = [count / len(gaps) for count in counts.values()]
    moves = [b.degree - a.degree for a, b in pairwise(cell.notes)]
    sizes = [abs(move) for move in moves]
    return Traits(
        onsets=len(gaps),
        values=len(counts),
        # Since Python 3.12 sum() rounds otherwise than before; this is the same everywhere.
        entropy=-math.fsum(share * math.log2(share) for share in shares) + 0.0,
        syncopation=sum(
            note.step % pulse_steps != 0 and note.step % pulse_steps + gap > pulse_steps
            for note, gap in zip(cell.notes, gaps, strict=True)
        ),
        odd=sum(note.step % 2 for note in cell.notes),
        on_pulse=sum(note.step % pulse_steps == 0 for note in cell.notes),
        longest=max(gaps),
        steps=sizes.count(1),
        skips=sum(2 <= size <= 4 for size in sizes),
        leaps=sum(size > 4 for size in sizes),
        same=sizes.count(0),
        turns=sum(a * b < 0 for a, b in pairwise(moves)),
        commonest=max(shares),
    )


def is_tune(cell: Cell, traits: Traits) -> bool:
    """Whether a cell can be the material of a tune: it moves, breathes and can be sung."""
    third = cell.bar_steps // 3
    return (
        3 <= traits.onsets <= 12
        and cell.notes[0].step <= 4
        and traits.same <= max(1, traits.onsets // 4)
        and len({note.degree for note in cell.notes}) >= 3
        and cell.span <= 8
        and traits.leaps <= 1
        and traits.longest <= 2 * third
        and not _zigzags(cell)
        and traits.on_pulse >= max(1, traits.onsets // 4)
        and not _stumbles(cell)
    )


_GESTURE_ONSETS = (4, 22)
_LATEST = 2
"""A gesture begins in the first half of its first bar: by one over this part of it."""


def is_gesture(cell: Cell, traits: Traits) -> bool:
    """Whether two bars in one cell can be sung in one breath: neither bar is empty or crowded."""
    bar = cell.bar_steps // 2
    fewest, most = _GESTURE_ONSETS
    second = [note for note in cell.notes if note.end > bar]
    return (
        fewest <= traits.onsets <= most
        and cell.notes[0].step <= bar // _LATEST
        and bool(second)
        and traits.same <= max(1, traits.onsets // 4)
        and len({note.degree for note in cell.notes}) >= 3
        and cell.span <= 10
        and traits.leaps <= 2
        and traits.longest <= bar + bar // 4
        and not _zigzags(cell)
        and traits.on_pulse >= max(1, traits.onsets // 4)
        and not _stumbles(cell)
    )


def gesture_worth(cell: Cell, traits: Traits) -> float:
    """Return the quality of a gesture in points: that of a cell, and that it has a rest.

    Chosen by ear: the second bar takes up the first or comes to rest, and notes that sound over the
    bar line join the two.
    """
    bar = cell.bar_steps // 2
    first = [note for note in cell.notes if note.step < bar]
    second = [note for note in cell.notes if note.step >= bar]
    held = first[-1].end > bar + 1
    taken_up = len({note.step for note in first} & {note.step - bar for note in second})
    worth = 0.9 * min(traits.entropy, 2.0) - 1.2 * max(0.0, traits.commonest - 0.6)
    worth += 0.4 * min(traits.syncopation, 2) + 0.35 * min(traits.skips, 3)
    worth += 0.35 <= traits.steps / max(1, traits.onsets - 1) <= 0.85
    worth -= 0.4 * traits.same + 0.35 * max(0, traits.turns - 5) + 0.8 * (traits.turns == 0)
    worth += 0.8 * (traits.longest >= bar // 2) + 0.6 * held
    worth += 0.7 * (len(second) < len(first)) + 0.5 * (taken_up >= 2)
    return worth - 0.4 * max(0, lingering(cell) - 1)


def _zigzags(cell: Cell) -> bool:
    """Return whether 16ths leap one way and back: they cannot be sung, nor make a second line."""
    notes = cell.notes
    return any(
        b.step - a.step == 1
        and c.step - b.step == 1
        and (b.degree - a.degree) * (c.degree - b.degree) < 0
        and min(abs(b.degree - a.degree), abs(c.degree - b.degree)) >= 2
        for a, b, c in zip(notes, notes[1:], notes[2:], strict=False)
    )


def _stumbles(cell: Cell) -> bool:
    """Return whether notes on odd steps are long or have no neighbour."""
    begins = set(cell.rhythm)
    odd = [note for note in cell.notes if note.step % 2]
    return len(odd) > cell.bar_steps // 4 or any(
        note.steps > 4 or not begins & {note.step - 1, note.step + 1, note.step - 3} for note in odd
    )


def lingering(cell: Cell) -> int:
    """Return how many notes on an odd step are followed by another note on an odd step.

    Such notes lose the beat; a dotted rhythm or a pair of 16ths returns to the eighths with its
    next note.
    """
    return sum(
        note.step % 2 == 1 and gap % 2 == 0 for note, gap in zip(cell.notes, cell.gaps, strict=True)
    )


def tune_worth(cell: Cell, traits: Traits) -> float:
    """Return the quality of a cell in points: a distinct rhythm, steps, and a leap or two.

    Chosen by ear: what readers of scores singled out in the best pieces, each worth about a point.
    """
    moves = max(1, traits.onsets - 1)
    worth = 1.2 * min(traits.entropy, 1.7) - 1.5 * max(0.0, traits.commonest - 0.6)
    worth += 0.5 * min(traits.syncopation, 2)
    worth += 0.5 * min(traits.skips, 2) - 0.6 * max(0, traits.skips - 3)
    worth += 0.35 <= traits.steps / moves <= 0.8
    worth -= 0.5 * traits.same + 0.5 * max(0, traits.turns - 4)
    worth += 0.4 * (1 <= traits.turns <= 3) + 0.6 * (4 <= traits.onsets <= 8)
    worth -= 0.8 * (traits.turns == 0) + 0.4 * max(0, lingering(cell) - 1)
    return worth


_LONGEST_HOLE = 0.3
"""Of a bar, how long a bass may be silent at a stretch."""


def is_bass(cell: Cell, traits: Traits) -> bool:
    """Return whether a cell can be a bass pattern.

    It starts on the bar, and does not repeat one tone.
    """
    return (
        cell.notes[0].step == 0
        and 2 <= traits.onsets <= 10
        and cell.span <= 9
        and not (traits.onsets > 4 and traits.same == traits.onsets - 1)
        and not lingering(cell)
        and all(
            after - note.end <= _LONGEST_HOLE * cell.bar_steps
            for note, after in zip(cell.notes, [*cell.rhythm[1:], cell.bar_steps], strict=True)
        )
        and not _stumbles(cell)
    )
