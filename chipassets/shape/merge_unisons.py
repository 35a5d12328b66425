"""Makes each pitch sound at most once at a time in a part."""

from __future__ import annotations

from dataclasses import replace

from chipassets.music.score import Note, Score
from chipassets.plan.trackplan import TrackPlan


def merge_unisons(score: Score, track: TrackPlan) -> Score:
    """Return the score in which no two notes of one part and pitch overlap.

    Of two that start together the longer is kept; otherwise the earlier ends where the later
    starts.
    """
    del track
    by_pitch: dict[tuple[str, int], list[Note]] = {}
    for note in sorted(score.notes, key=lambda note: (note.start_step, note.duration_steps)):
        line = by_pitch.setdefault((note.part, note.pitch), [])
        if line and line[-1].end_step > note.start_step:
            before = line.pop()
            if before.start_step < note.start_step:
                gap = note.start_step - before.start_step
                line.append(replace(before, duration_steps=gap))
        line.append(note)
    return score.with_notes([note for line in by_pitch.values() for note in line])
