"""Bars with rules of their own.

Those in which the tune holds a note, and those that end a phrase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from chipassets.compose import piece
from chipassets.compose.cells import Cell, CellNote, Notes
from chipassets.compose.fit import Candidates, Integers, Proposal, candidates_of

# How good the degrees (0 is the tonic) are as the goal of a phrase.
GOALS: Mapping[str, tuple[float, ...]] = {
    piece.HALF: (1.3, 0.0, 1.2, 0.9, 0.4, 1.0, 0.1),
    piece.CLOSED: (0.0, 2.5, 0.5, 2.5, 1.0, 2.5, 2.5),
    piece.DECEPTIVE: (0.2, 1.5, 0.1, 1.5, 0.6, 0.5, 1.5),
    piece.TURN: (1.2, 0.0, 1.2, 0.4, 0.4, 0.8, 0.2),
    piece.FINAL: (0.0, 4.0, 0.9, 4.0, 1.2, 4.0, 4.0),
}
_APPROACHES = ((-1, 0.0), (1, 0.0), (2, 0.4), (-2, 0.5), (0, 0.9))
"""Degrees from a goal to the note before it, and what they pay: goals are come to by step."""


def held_bars(cell: Cell) -> list[tuple[str, float, Notes]]:
    """Return bars in which the tune holds a note, with or without a last one after it."""
    half = cell.bar_steps // 2
    bars: list[tuple[str, float, Notes]] = [
        ("broadened", 0.0, (CellNote(0, half, 0),)),
        ("broadened", 0.2, (CellNote(0, cell.bar_steps * 3 // 4, 0),)),
    ]
    tail = [note for note in cell.notes if note.step >= half]
    for move in (-2, -1, 1, 2) if tail else ():
        shift = move - tail[0].degree
        ends = [note._replace(degree=note.degree + shift) for note in tail]
        bars.append(("broadened", 0.0, (CellNote(0, tail[0].step, 0), *ends)))
    return bars


# The phrases of a take close alike; 16 tables take some 8 MB.
@lru_cache(maxsize=16)
def cadence_bars(cell: Cell, shifts: tuple[int, ...], cadence: str) -> Candidates:
    """Return bars that open like a cell and close on a held goal, degree 0 before the shift."""
    bar = cell.bar_steps
    proposals: list[Proposal] = []
    goals = range(4, bar - 3, 2)
    # A cell whose first note comes later than every goal has no head: the goal opens the bar.
    opens = cadence == piece.FINAL or cell.notes[0].step >= goals[-1]
    for goal in [*([0] if opens else []), *goals]:
        head = [note for note in cell.notes if note.step < goal]
        if goal and not head:
            continue
        late = 0.0 if goal == bar // 2 else 0.12 * abs(goal - bar // 2) / 2
        late = 0.0 if cadence == piece.FINAL and goal == 0 else late
        heads = [
            (_approaching(head, approach, goal), pays)
            for approach, pays in (_APPROACHES if head else ((0, 0.0),))
        ]
        for end in (bar, bar - 2, bar - 4):
            length = end - goal
            if length < 4 or (cadence == piece.FINAL and end < bar):
                continue
            for moved, pays in heads:
                notes = (*moved, CellNote(goal, length, 0))
                proposals.append(("cadence", "plain", late + pays, notes))
    return candidates_of(proposals, shifts)


def _approaching(head: Sequence[CellNote], approach: int, goal: int) -> list[CellNote]:
    """Return the notes before a goal, transposed to end on degree `approach` at step `goal`."""
    if not head:
        return []
    shift = approach - head[-1].degree
    moved = [note._replace(degree=note.degree + shift, alteration=0) for note in head]
    last = moved[-1]
    moved[-1] = last._replace(steps=goal - last.step if goal - last.end <= 1 else last.steps)
    return [note._replace(steps=min(note.steps, goal - note.step)) for note in moved]


def last_of(table: Candidates, values: Integers) -> Integers:
    """Return the value [rows] at each candidate's last note."""
    return np.asarray(values[np.arange(table.rows), table.counts - 1])
