"""Operators: the developments of a cell. A table; to add one is to add a row.

Each takes the notes of a cell and gives variants of them. What an operator changes it changes in
degrees and steps of what the model proposed; none adds a melody of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chipassets.compose.cells import Cell, CellNote, Notes

_MOVES = (-2, -1, 1, 2)


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of the table: `says` completes "the cell ...".

    Cost: the points charged for the change.
    """

    name: str
    says: str
    cost: float
    variants: Callable[[Cell], Iterator[Notes]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A cell after an operator."""

    operator: str
    cost: float
    notes: Notes


def _plain(cell: Cell) -> Iterator[Notes]:
    yield cell.notes


def _tail(cell: Cell) -> Iterator[Notes]:
    """Yield the cell with its last note moved by each of the moves."""
    for move in _MOVES:
        yield (*cell.notes[:-1], _moved(cell.notes[-1], move))


def _long_tail(cell: Cell) -> Iterator[Notes]:
    if len(cell.notes) >= 4:
        for move in _MOVES:
            yield (*cell.notes[:-2], *(_moved(note, move) for note in cell.notes[-2:]))


def _inverted(cell: Cell) -> Iterator[Notes]:
    """Yield the cell with its contour turned upside down."""
    yield tuple(CellNote(note.step, note.steps, -note.degree) for note in cell.notes)


def _ornamented(cell: Cell) -> Iterator[Notes]:
    """Return the cell with a turn from above at the end of its longest note."""
    longest = max(range(len(cell.notes)), key=lambda index: cell.notes[index].steps)
    note = cell.notes[longest]
    if len(cell.notes) >= 3 and note.steps >= 4:
        cut = note.steps - 2
        turn = (
            note._replace(steps=cut),
            CellNote(note.step + cut, 1, note.degree + 1),
            CellNote(note.step + cut + 1, 1, note.degree),
        )
        yield (*cell.notes[:longest], *turn, *cell.notes[longest + 1 :])


def _fragmented(cell: Cell) -> Iterator[Notes]:
    """Return the first half twice, the second time a degree or two away."""
    half = cell.bar_steps // 2
    head = [note for note in cell.notes if note.step < half]
    if len(head) >= 2:
        head[-1] = head[-1]._replace(steps=min(head[-1].steps, half - head[-1].step))
        for move in _MOVES:
            again = (
                CellNote(note.step + half, note.steps, note.degree + move, note.alteration)
                for note in head
            )
            yield (*head, *again)


def _broadened(cell: Cell) -> Iterator[Notes]:
    """Return the first half in notes twice as long."""
    half = cell.bar_steps // 2
    head = [note for note in cell.notes if note.step < half]
    if len(head) >= 2:
        ends = [*(2 * note.step for note in head[1:]), cell.bar_steps]
        yield tuple(
            CellNote(2 * note.step, end - 2 * note.step, note.degree)
            for note, end in zip(head, ends, strict=True)
        )


def _moved(note: CellNote, degrees: int) -> CellNote:
    return CellNote(note.step, note.steps, note.degree + degrees)


OPERATORS: Mapping[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("plain", "stands as it is, or in sequence", 0.0, _plain),
        Operator("tail", "gets another last note", 0.25, _tail),
        Operator("long tail", "gets two other last notes", 0.35, _long_tail),
        Operator("inverted", "is turned upside down", 0.6, _inverted),
        Operator("ornamented", "turns at the end of its longest note", 0.5, _ornamented),
        Operator("fragmented", "has its first half twice", 0.3, _fragmented),
        Operator("broadened", "has its first half in notes twice as long", 0.1, _broadened),
    )
}
"""Every operator by name."""

DEVELOPING = ("plain", "tail", "long tail", "inverted", "ornamented")
"""What may happen to a cell in a bar that states it."""


def variants(cell: Cell, names: tuple[str, ...]) -> list[Variant]:
    """Return the results of these operators on a cell, each different result once.

    A note keeps its alteration only if the note after it still resolves it.
    """
    found: dict[Notes, Variant] = {}
    is_altered = any(note.alteration for note in cell.notes)
    for name in names:
        operator = OPERATORS[name]
        for made in operator.variants(cell):
            notes = _resolved(made) if is_altered else made
            found.setdefault(notes, Variant(name, operator.cost, notes))
    return list(found.values())


def _resolved(notes: Notes) -> Notes:
    """Return the notes; those whose alteration does not lead into the next note are unaltered.

    A raised note leads into the degree above or back into its own, a lowered one the other way.
    """
    followers = (*notes[1:], None)
    return tuple(
        note
        if after is not None
        and after.alteration == 0
        and after.degree - note.degree in (0, note.alteration)
        else note._replace(alteration=0)
        for note, after in zip(notes, followers, strict=True)
    )
