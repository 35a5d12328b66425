"""Cuts a score to the track's number of bars."""

from __future__ import annotations

from dataclasses import replace

from chipassets.music.score import Score, ordered
from chipassets.plan.trackplan import TrackPlan


def cut_to_bars(score: Score, track: TrackPlan) -> Score:
    """Return the score with the track's number of bars; every note starts and ends within them."""
    score = replace(score, bars=track.bars, beats_per_bar=track.beats_per_bar)
    notes = [
        note.until(score.total_steps) for note in score.notes if note.start_step < score.total_steps
    ]
    further = [
        note.until(score.total_steps)
        for note in score.further
        if note.start_step < score.total_steps
    ]
    drums = score.drums and tuple(hit for hit in score.drums if hit.step < score.total_steps)
    return replace(score.with_notes(notes), further=ordered(further), drums=drums)
