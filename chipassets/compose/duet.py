"""The duet: a second tune under the first, in a rhythm of its own.

A gesture that the model proposed is carried over the chords two bars at a time. Of its
transpositions and developments the one is taken that fits the chords best, keeps clear of the tune
and continues the bars before.
"""

from __future__ import annotations

import numpy as np

from chipassets.compose.cells import Cell, traits_of
from chipassets.compose.context import NO_PITCH, Context
from chipassets.compose.fit import (
    Candidates,
    Floats,
    Integers,
    candidates_of,
    costs_of,
    joined,
    pitches_of,
    snapped,
)
from chipassets.compose.following import join_cost
from chipassets.compose.gestures import paired
from chipassets.compose.operators import variants
from chipassets.compose.patterns import Bar
from chipassets.compose.tunebar import NO_NOTES
from chipassets.compose.voicing import section_ceiling
from chipassets.music.notes import INNER
from chipassets.units import OCTAVE

_LOWEST = 53
_UNDER_CEILING = 5
"""Semitones from the ceiling of a section to where its second tune lies."""
_REACH = 9
"""Degrees up and down from there that are tried."""
_SHARED, _NOTES, _CHANCE = 3.0, 0.25, 1.2
_FEWEST, _MORE = 5.0, 4.0
"""Notes in two bars at the slowest pace of a piece, and how many more at the fastest."""
_RUBS, _CROSSES, _DOUBLES, _AGREES = 0.6, 0.4, 0.35, 0.2
"""What a step pays on which the second tune is a semitone from the first, or not a third below it,
and a note that begins on its pitch class; what is taken off for a third or a sixth."""
_PROMISING = 96
"""Candidates, the cheapest by themselves, that are heard against the tune."""
_LIES, _LEAPS, _JOINS = 0.06, 0.8, 0.7


def duet(context: Context, bar: int) -> Bar:
    """Return the notes of the second tune that begin in a bar."""
    start = context.plan.section_at(bar).section.start_bar
    first = bar - (bar - start) % 2
    key = ("duet", first)
    if key not in context.memory:
        context.memory[key] = _two_bars(context, first)
    found = context.memory[key]
    assert isinstance(found, list)  # noqa: S101 - the key is this function's own
    offset = (bar - first) * context.bar_steps
    return [
        (step - offset, steps, pitch)
        for step, steps, pitch in found
        if offset <= step < offset + context.bar_steps
    ]


def _two_bars(context: Context, bar: int) -> Bar:
    """Return the second tune's notes in two bars from a bar on, or in the piece's last bar."""
    count = min(2, context.bars - bar)
    cell = _cell(context, bar)
    if count == 1:
        head = tuple(note for note in cell.notes if note.step < context.bar_steps)
        cell = Cell(head, context.bar_steps)
    proposals = [
        ("duet", found.operator, found.cost, found.notes)
        for found in variants(cell, ("plain", "tail", "long tail", "inverted"))
    ]
    ceiling = section_ceiling(context, bar)
    chord = context.harmony.opening(bar)
    centre = context.harmony.table.nearest_degree(chord, ceiling - _UNDER_CEILING)
    table = candidates_of(proposals, range(centre - _REACH, centre + _REACH + 1))
    moved = snapped(table, context.harmony, bar, context.pulse_steps, count)
    table = joined([table, moved]) if moved.rows else table
    pitches = pitches_of(table, context.harmony, bar, count)
    parts = costs_of(table, pitches, context.harmony, bar, context.pulse_steps, count)
    total = np.sum(list(parts.values()), axis=0) + (_LEAPS - 1) * parts["leaps"]
    if table.rows > _PROMISING:
        rows = np.sort(np.argsort(total, kind="stable")[:_PROMISING])
        table, pitches, total = table.take(rows), pitches[rows], total[rows]
    total = total + _against_tune(context, table, pitches, bar)
    sounding = np.where(table.mask, pitches, ceiling)
    total = total + _LIES * np.abs(sounding - (ceiling - _UNDER_CEILING)).sum(axis=1)
    total = total + 2.0 * (np.where(table.mask, pitches, 127).min(axis=1) < _LOWEST)
    last = context.memory.get("duet last")
    joins = [
        join_cost(last if isinstance(last, int) else None, NO_NOTES, pitch, opens=False)
        for pitch in pitches[:, 0].tolist()
    ]
    row = int(np.argmin(np.round(total + _JOINS * np.array(joins), 6)))
    notes = int(table.counts[row])
    found = list(
        zip(
            table.steps[row, :notes].tolist(),
            table.lengths[row, :notes].tolist(),
            pitches[row, :notes].tolist(),
            strict=True,
        )
    )
    context.memory["duet last"] = found[-1][2]
    return found


def _against_tune(context: Context, table: Candidates, pitches: Integers, bar: int) -> Floats:
    """Return the cost [rows] of the candidates' intervals with the tune, step by step."""
    sounding = np.array(context.sounding, np.int64)
    begins = bar * context.bar_steps + table.steps
    cost = np.zeros(table.rows)
    for step in range(int((table.lengths * table.mask).max())):
        at = np.minimum(begins + step, sounding.size - 1)
        tune = sounding[at]
        heard = table.mask & (step < table.lengths) & (tune != NO_PITCH)
        apart = (tune - pitches) % OCTAVE
        cost += (_RUBS * (heard & ((apart == 1) | (apart == OCTAVE - 1)))).sum(axis=1)
        cost += (_CROSSES * (heard & (tune - pitches < 3))).sum(axis=1)
        if step == 0:
            cost += (_DOUBLES * (heard & (apart == 0))).sum(axis=1)
            cost -= (_AGREES * (heard & np.isin(apart, (3, 4, 8, 9)))).sum(axis=1)
    return np.asarray(cost, np.float64)


def _sings_in_both(cell: Cell) -> bool:
    """Whether a cell of two bars begins a note in each of them."""
    second = cell.bar_steps // 2
    return cell.rhythm[0] < second <= cell.rhythm[-1]


def _cell(context: Context, bar: int) -> Cell:
    """Return the second tune's gesture in a letter: one with notes in the gaps of the tune."""
    section = context.plan.section_at(bar)
    letter = section.like(INNER)
    key = ("duet cell", letter)
    if key not in context.memory:
        main = context.main_cell(letter)
        gestures = (item.cell for item in context.material.gestures)
        choice = [cell for cell in gestures if _sings_in_both(cell)] or [paired(main, main)]
        bars = range(bar, min(bar + 2, context.bars))
        taken = {
            note.start_step - bar * context.bar_steps
            for own in bars
            for note in context.bar_notes(own)
        }
        wanted = _FEWEST + _MORE * context.plan.targets.pace

        def cost(cell: Cell) -> float:
            traits = traits_of(cell, context.pulse_steps)
            found = _SHARED * cell.shared(taken) + _NOTES * abs(traits.onsets - wanted)
            return found + _CHANCE * context.draw("duet", letter, cell.notes)

        context.memory[key] = min(choice, key=cost)
    found = context.memory[key]
    assert isinstance(found, Cell)  # noqa: S101 - the key is this function's own
    return found
