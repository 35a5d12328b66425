"""The cost of a bar of the tune after the bars before it."""

from __future__ import annotations

from chipassets.compose.tunebar import TuneBar
from chipassets.units import OCTAVE

_SEQUENCE, _SAME_PLACE = -0.7, 0.3
_AGAIN, _TOO_OFTEN = 0.9, 4.0
_RHYTHM_AGAIN = 0.42
_BEYOND_OCTAVE = 0.7
"""What a leap over the bar line pays for each semitone by which it is wider than an octave."""


def join_cost(last: int | None, before: TuneBar, first: int, *, opens: bool) -> float:
    """Return the cost of the interval over the bar line, lower where a phrase begins.

    last: the pitch that sounded last, None at the start of the piece. before: the bar before.
    first: the first pitch after the bar line.
    """
    if last is None:
        return 0.0
    size = abs(first - last)
    if size == 0:
        cost = 0.5
    elif size <= 2:
        cost = 0.0
    elif size <= 4:
        cost = 0.2
    elif size <= 7:
        cost = 0.5
    elif size <= 9 or size == 12:
        cost = 1.0
    else:
        cost = 2.5
    cost += 0.4 * (size == 6)
    pitches = before.pitches
    if size == 0 and len(pitches) > 1 and pitches[-1] == pitches[-2]:
        cost += 1.0
    # A new phrase may begin elsewhere, but nobody sings a tenth.
    return cost * (0.5 if opens else 1.0) + _BEYOND_OCTAVE * max(0, size - OCTAVE)


def return_cost(same: int, rhythms: int, number: int, literal: float) -> float:
    """Return the cost of repeating a bar, or of keeping one rhythm all the time.

    same, rhythms: how many of the bars before bar `number` are the same, and have its rhythm.
    """
    cost = _AGAIN * same * (1.2 - literal) + _TOO_OFTEN * (same >= 3)
    share = (rhythms + 1) / (number + 1)
    return cost + (0.6 if number > 3 and share > _RHYTHM_AGAIN + 0.25 * literal else 0.0)


def sequence_bonus(before: TuneBar, cell: str, shift: int, literal: float) -> float:
    """Return the (negative) cost of a sequence: the cell of `before`, a degree or two away.

    cell, shift: those of the bar after `before`, with the same operator. On the same degree it is
    not a sequence, and costs a little unless the piece is literal.
    """
    if before.cell != cell or cell == "cadence":
        return 0.0
    moved = abs(shift - before.shift)
    if moved == 0:
        return _SAME_PLACE * (1.5 - 2 * literal)
    return _SEQUENCE if moved <= 2 else 0.0
