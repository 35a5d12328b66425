"""Fold into the key: a chromatic note stays only as a passing colour."""

from __future__ import annotations

from dataclasses import replace

from chipassets.score import Note, Score
from chipassets.trackplan import TrackPlan

CHROMATIC_SHARE = 0.08
"""At most this share of the notes lies outside the scale; real pieces for the chip have 0.13."""

_RESOLVES_WITHIN_STEPS = 4
_RESOLVES_BY_SEMITONES = 2
_HIGHEST_PITCH = 127


def fold_into_key(score: Score, track: TrackPlan) -> Score:
    """Return the score in which chromatic notes are few and resolve.

    A note outside the scale stays if within a beat a note of the scale starts at most a tone away,
    and if no more than `CHROMATIC_SHARE` of all notes are such; the shortest stay first. Any other
    moves to the nearest tone of the scale that is free. The primer's notes are the user's own and
    stay as they are.
    """
    own = track.primer.steps * (2 if track.inject_primer else 1) if track.primer else 0
    scale = score.key.pitch_classes
    notes = list(score.notes)
    chromatic = [
        index
        for index, note in enumerate(notes)
        if note.pitch % 12 not in scale and note.start_step >= own
    ]
    passing = [index for index in chromatic if _resolves(notes[index], notes, scale)]
    passing.sort(key=lambda index: (notes[index].duration_steps, notes[index].start_step, index))
    kept = set(passing[: int(CHROMATIC_SHARE * len(notes))])
    foreign = set(chromatic) - kept
    folded = [note for index, note in enumerate(notes) if index not in foreign]
    for index in sorted(foreign):
        folded.append(_moved(notes[index], folded, scale))
    return score.with_notes(folded)


def _resolves(note: Note, notes: list[Note], scale: frozenset[int]) -> bool:
    return any(
        0 < other.start_step - note.start_step <= _RESOLVES_WITHIN_STEPS
        and abs(other.pitch - note.pitch) <= _RESOLVES_BY_SEMITONES
        and other.pitch % 12 in scale
        for other in notes
    )


def _moved(note: Note, others: list[Note], scale: frozenset[int]) -> Note:
    """Return the note on the nearest tone of the scale that is free while it sounds."""
    taken = {
        other.pitch
        for other in others
        if other.start_step < note.end_step and note.start_step < other.end_step
    }
    tones = [pitch for pitch in range(_HIGHEST_PITCH + 1) if pitch % 12 in scale]
    free = [pitch for pitch in tones if pitch not in taken] or tones
    return replace(note, pitch=min(free, key=lambda pitch: (abs(pitch - note.pitch), pitch)))
