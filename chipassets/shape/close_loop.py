"""Ends notes at the seam of the loop, so that nothing sounds across it."""

from __future__ import annotations

from dataclasses import replace

from chipassets.music.score import Note, Score
from chipassets.plan.trackplan import TrackPlan


def close_loop(score: Score, track: TrackPlan) -> Score:
    """Return the score in which no note sounds across the loop's start or its end.

    A player jumps from the end to the start: a note held from an intro into the loop would sound
    the first time only. A piece that plays once is returned unchanged.
    """
    del track
    if score.loop_start_bar is None:
        return score
    seams = (score.loop_start_bar * score.steps_per_bar, score.total_steps)
    further = tuple(_cut_at(note, seams) for note in score.further)
    notes = [_cut_at(note, seams) for note in score.notes]
    return replace(score.with_notes(notes), further=further)


def _cut_at(note: Note, seams: tuple[int, ...]) -> Note:
    """Return the note, ended at the first of the seams that it crosses."""
    crossed = [seam for seam in seams if note.start_step < seam < note.end_step]
    if not crossed:
        return note
    return replace(note, duration_steps=min(crossed) - note.start_step)
