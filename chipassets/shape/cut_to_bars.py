"""Cuts a score to the track's number of bars."""

from __future__ import annotations

from dataclasses import replace

from chipassets.music.score import Note, Score, ordered
from chipassets.plan.trackplan import TrackPlan


def cut_to_bars(score: Score, track: TrackPlan) -> Score:
    """Return the score with the track's number of bars; every note starts and ends within them."""
    score = replace(score, bars=track.bars, beats_per_bar=track.beats_per_bar)
    notes = [
        _cut(note, score.total_steps) for note in score.notes if note.start_step < score.total_steps
    ]
    further = [
        _cut(note, score.total_steps)
        for note in score.further
        if note.start_step < score.total_steps
    ]
    drums = score.drums and tuple(hit for hit in score.drums if hit.step < score.total_steps)
    return replace(score.with_notes(notes), further=ordered(further), drums=drums)


def _cut(note: Note, end_step: int) -> Note:
    if note.end_step <= end_step:
        return note
    return replace(note, duration_steps=min(note.duration_steps, end_step - note.start_step))
