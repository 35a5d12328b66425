"""Where the written melodies of sections begin, and which of their notes sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chipassets.compose.form import Part, parts_of, track_parts
from chipassets.compose.motif import Stated, state_tune
from chipassets.compose.piece import PiecePlan
from chipassets.music.motifs import LITERAL, statement_notes
from chipassets.music.notes import Note
from chipassets.music.score import Statement
from chipassets.plan.trackplan import Melody, TrackPlan


def state_melodies(track: TrackPlan, parts: Sequence[Part]) -> tuple[Stated, ...]:
    """Return the melodies of a track's sections, in order, as statements.

    A section that is shorter than its letter's melody has the part that fits.
    """
    steps_per_bar = track.steps_per_bar
    stated = []
    for part in parts:
        tune = track.melody_of(part.section.name)
        if tune is None:
            continue
        start, room = part.section.start_bar * steps_per_bar, part.section.bars * steps_per_bar
        if tune.transform != LITERAL:
            found = state_tune(tune, track, part.section.name, start, 2)
        else:
            said = Statement(tune.name, start, tune.steps, 2, 0)
            found = Stated(said, statement_notes(tune, said, track.key))
        kept = tuple(
            note.until(start + room) for note in found.notes if note.start_step < start + room
        )
        said = replace(found.statement, steps=min(found.statement.steps, room))
        stated.append(Stated(said, kept))
    return tuple(stated)


def pickup_notes(melody: Melody, track: TrackPlan, start: int) -> tuple[Note, ...]:
    """Return the notes of a melody's pickup before a section that begins at step `start`.

    Their steps count from the start of the pickup.
    """
    tune = melody.tune
    if melody.pickup is None:
        return ()
    if tune.transform == LITERAL:
        return melody.pickup.notes
    said = state_tune(tune, track, melody.section, start, 2).statement
    before = replace(tune, notes=melody.pickup.notes, steps=melody.pickup.steps)
    return statement_notes(before, replace(said, start_step=0), track.key)


def bars_of_melodies(track: TrackPlan, parts: Sequence[Part]) -> set[int]:
    """Return the bars in which a melody fixes the tune."""
    steps_per_bar = track.steps_per_bar
    return {
        part.section.start_bar + bar
        for part in parts
        if (tune := track.melody_of(part.section.name)) is not None
        for bar in range(min(part.section.bars, -(-tune.steps // steps_per_bar)))
    }


def sung_from(track: TrackPlan, plan: PiecePlan, bar: int, bars: int) -> list[Note]:
    """Return the notes of melodies in some bars; their steps count from the first of these bars.

    Empty unless a melody sounds in all of them but the last, or in more than half.
    """
    if not track.melodies:
        return []
    parts = track_parts(track) if track.form else parts_of([own.section for own in plan.sections])
    covered = bars_of_melodies(track, parts) & set(range(bar, bar + bars))
    if 2 * len(covered) <= bars:
        return []
    steps_per_bar = track.steps_per_bar
    first, last = bar * steps_per_bar, (bar + bars) * steps_per_bar
    return [
        replace(note, start_step=note.start_step - first)
        for said in state_melodies(track, parts)
        for note in said.notes
        if first <= note.start_step < last
    ]
