"""Assigns the notes of a merged score to three lines: lead, inner line and bass.

Always taking the highest note as the lead would leap between melody and accompaniment. Here the
lines are the cheapest path through the whole piece (Viterbi over all assignments at every change).
There are costs for dropping a note, cutting one, leaping, crossing, and a lead that is not the top.
Costs are integers, so every machine finds the same path.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from chipassets.music.score import Note
from chipassets.units import OCTAVE

LEAD, INNER, BASS = 0, 1, 2
_LINES = 3
_MOST_NOTES = 5
_IMPOSSIBLE = 1_000_000

_DROP = 24
_DROP_TOP = 24
_DROP_LOWEST = 16
_CUT = 10
_CROSS = 6
_NO_LEAD = 8
_NO_BASS = 3
_NOT_OUTERMOST = 3
_LEAP = (3, 1, 2)
"""Cost per semitone beyond a third, for each line."""
_FREE_LEAP = 4
_MOST_LEAP = OCTAVE
_OUT_OF_REGISTER = 9
"""Semitones from a line's usual pitch within which there is no cost."""


def assign_lines(notes: Sequence[Note]) -> tuple[tuple[Note, ...], ...]:
    """Return lead, inner and bass: each note of the score in one line or none, in order.

    No two notes of a line overlap: a note is shortened where its line has the next one.
    """
    spans = _spans(notes)
    usual = _usual_pitches(notes, spans)
    steps = [
        _cheapest_step(notes, spans[n], spans[n - 1] if n else None, usual)
        for n in range(len(spans))
    ]
    choices = _cheapest_way(spans, steps)
    return tuple(_collect(notes, spans, choices, line) for line in range(_LINES))


def fill_gaps(
    line: Sequence[Note], left: Sequence[Note]
) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """Return the line with left-over notes that begin in its rests, and those still left.

    Such a note leaps, which is why it was left over, but the voice has nothing else to play. It is
    shortened by at most half if the line's next note comes before its end; of several at one place
    the longest and then the highest is taken.
    """
    filled = list(line)
    starts = [note.start_step for note in line]
    rest = set()
    for note in sorted(left, key=lambda note: (-note.duration_steps, -note.pitch, note.start_step)):
        place = bisect_right(starts, note.start_step)
        free = not place or filled[place - 1].end_step <= note.start_step
        following = starts[place] if place < len(filled) else note.end_step
        steps = min(note.end_step, following) - note.start_step
        if free and 2 * steps >= note.duration_steps:
            filled.insert(place, replace(note, duration_steps=steps))
            starts.insert(place, note.start_step)
        else:
            rest.add(note)
    return tuple(filled), tuple(note for note in left if note in rest)


class _Span:
    """A range of steps in which the same notes sound; `heard` has their indices, highest first."""

    def __init__(self, start: int, end: int, heard: list[int]) -> None:
        self.start, self.end, self.heard = start, end, heard
        self.states = _assignments(len(heard))


@lru_cache(maxsize=8)
def _assignments(count: int) -> NDArray[np.int64]:
    """Return every way to give three lines different notes of `count`, or none (= count)."""
    rows = [
        row
        for row in product(range(count + 1), repeat=_LINES)
        if all(row.count(item) == 1 for item in row if item < count)
    ]
    return np.array(rows, dtype=np.int64)


def _spans(notes: Sequence[Note]) -> list[_Span]:
    """Return the spans between neighbouring note starts and ends; of many notes the outer ones."""
    bounds = sorted({step for note in notes for step in (note.start_step, note.end_step)})
    starting: dict[int, list[int]] = {}
    for index, note in enumerate(notes):
        starting.setdefault(note.start_step, []).append(index)
    spans: list[_Span] = []
    sounding: list[int] = []
    for start, end in pairwise(bounds):
        sounding = [n for n in sounding if notes[n].end_step > start] + starting.get(start, [])
        heard = sorted(sounding, key=lambda n: (-notes[n].pitch, notes[n].start_step, n))
        if len(heard) > _MOST_NOTES:
            heard = heard[:3] + heard[-2:]
        spans.append(_Span(start, end, heard))
    return spans


def _usual_pitches(notes: Sequence[Note], spans: Sequence[_Span]) -> tuple[int, int, int]:
    """Return the usual pitch of each line.

    The medians of the top, of all notes and of the bottom.
    """
    full = [span for span in spans if len(span.heard) > 1] or [span for span in spans if span.heard]
    if not full:
        return 72, 60, 48
    top = sorted(notes[span.heard[0]].pitch for span in full)
    low = sorted(notes[span.heard[-1]].pitch for span in full)
    every = sorted(note.pitch for note in notes)
    return top[len(top) // 2], every[len(every) // 2], low[len(low) // 2]


def _cheapest_step(
    notes: Sequence[Note], span: _Span, before: _Span | None, usual: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cost of each assignment of the span, and of each transition to it."""
    moves = np.zeros((1 if before is None else len(before.states), len(span.states)), np.int64)
    for line in range(_LINES):
        table = _move_table(notes, before.heard if before else [], span, line)
        came_from = before.states[:, line] if before else np.zeros(1, np.int64)
        moves += table[came_from[:, None], span.states[None, :, line]]
    return _stay_costs(notes, span, usual), moves


def _stay_costs(
    notes: Sequence[Note], span: _Span, usual: tuple[int, int, int]
) -> NDArray[np.int64]:
    """Return the cost of each assignment of a span by itself [assignments].

    usual: the usual pitch of each line. Notes that no line plays, or that lie outside a line's
    register, cost.
    """
    count, length = len(span.heard), span.end - span.start
    states = span.states
    cost = np.zeros(len(states), np.int64)
    if not count:
        return cost
    for place, index in enumerate(span.heard):
        if notes[index].start_step == span.start:
            price = _DROP + 2 * min(notes[index].duration_steps, 8)
            price += _DROP_TOP * (place == 0) + _DROP_LOWEST * (place == count - 1)
            cost += price * ~(states == place).any(axis=1)
            for line in range(_LINES):
                astray = abs(notes[index].pitch - usual[line]) - _OUT_OF_REGISTER
                cost += max(0, astray) * (states[:, line] == place)
    held = states < count
    for upper, lower in ((LEAD, INNER), (LEAD, BASS), (INNER, BASS)):
        crossed = held[:, upper] & held[:, lower] & (states[:, upper] > states[:, lower])
        cost += _CROSS * length * crossed
    cost += length * np.where(held[:, LEAD], _NOT_OUTERMOST * (states[:, LEAD] > 0), _NO_LEAD)
    if count > 1:
        low = states[:, BASS] < count - 1
        cost += length * np.where(held[:, BASS], _NOT_OUTERMOST * low, _NO_BASS)
    return cost


def _move_table(
    notes: Sequence[Note], heard_before: Sequence[int], span: _Span, line: int
) -> NDArray[np.int64]:
    """Return one line's cost from each note before (or none) to each note now (or none)."""
    table = np.zeros((len(heard_before) + 1, len(span.heard) + 1), np.int64)
    for row, old in enumerate([*heard_before, None]):
        cut = _CUT if old is not None and notes[old].end_step > span.start else 0
        for column, new in enumerate([*span.heard, None]):
            if new is None:
                table[row, column] = cut
            elif new == old:
                table[row, column] = 0
            elif notes[new].start_step != span.start:
                table[row, column] = _IMPOSSIBLE
            else:
                leap = abs(notes[new].pitch - notes[old].pitch) if old is not None else 0
                charged = min(max(leap - _FREE_LEAP, 0), _MOST_LEAP)
                table[row, column] = cut + _LEAP[line] * charged
    return table


def _cheapest_way(
    spans: Sequence[_Span], steps: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> list[NDArray[np.int64]]:
    """Return the assignment of every span on the cheapest path; of equals the first."""
    total = np.zeros(1, np.int64)
    came_from = []
    for stay, moves in steps:
        sums = total[:, None] + moves
        best = sums.argmin(axis=0)
        came_from.append(best)
        total = sums[best, np.arange(len(best))] + stay
    choices = []
    state = int(total.argmin())
    for span, best in zip(reversed(spans), reversed(came_from), strict=True):
        choices.append(span.states[state])
        state = int(best[state])
    return choices[::-1]


def _collect(
    notes: Sequence[Note],
    spans: Sequence[_Span],
    choices: Sequence[NDArray[np.int64]],
    line: int,
) -> tuple[Note, ...]:
    """Return a line's notes, each as long as the line plays it.

    choices: the chosen assignment of each span.
    """
    ends: dict[int, int] = {}
    for span, choice in zip(spans, choices, strict=True):
        place = int(choice[line])
        if place < len(span.heard):
            ends[span.heard[place]] = span.end
    return tuple(
        replace(notes[index], duration_steps=end - notes[index].start_step)
        for index, end in ends.items()
    )
