"""Moves chromatic notes into the key, unless they resolve or belong to the chord."""

from __future__ import annotations

from dataclasses import replace

from chipassets.music.chords import parse_chord
from chipassets.music.score import Note, Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import OCTAVE

_RESOLVES_WITHIN_STEPS = 4
_RESOLVES_BY_SEMITONES = 2
_HIGHEST_PITCH = 127

Scales = list[frozenset[int]]
"""The pitch classes that are always allowed, for each step."""


def fold_into_key(score: Score, track: TrackPlan) -> Score:
    """Return the score in which chromatic notes are few and resolve.

    Tones of a bar's planned chords are allowed while they sound with it. Another note outside the
    scale stays if a note of the scale, at most a tone away, starts within a beat after it, and if
    such notes are at most the track's share of all notes; the shortest stay first. Any other moves
    to the nearest free tone of the scale. Notes of the user's primer and motifs stay as they are.
    Music composed by voices keeps to the keys of its plan and is returned unchanged.
    """
    if score.is_voiced:
        return score
    scales = scales_by_step(score)
    notes = list(score.notes)
    owned = _owned(score, track)
    chromatic = [
        index
        for index, note in enumerate(notes)
        if note.pitch % OCTAVE not in scales[note.start_step] and index not in owned
    ]
    passing = [index for index in chromatic if _resolves(notes[index], notes, scales)]
    passing.sort(key=lambda index: (notes[index].duration_steps, notes[index].start_step, index))
    kept = set(passing[: int(track.chromatic_share * len(notes))])
    foreign = set(chromatic) - kept
    folded = [note for index, note in enumerate(notes) if index not in foreign]
    for index in sorted(foreign):
        folded.append(_moved(notes[index], folded, scales[notes[index].start_step]))
    return score.with_notes(folded)


def scales_by_step(score: Score) -> Scales:
    """Return the pitch classes of the key and of the chord together for each step of the score."""
    key = score.key.pitch_classes
    if not score.chords:
        return [key] * score.total_steps
    steps = score.steps_per_bar
    scales: Scales = []
    for bar in score.chords:
        names = bar.split()
        tones = [key | parse_chord(name, score.key).pitch_classes for name in names]
        scales += [tones[step * len(names) // steps] for step in range(steps)]
    return scales[: score.total_steps] + [key] * (score.total_steps - len(scales))


def _owned(score: Score, track: TrackPlan) -> set[int]:
    """Return which notes are the user's: the primer's, and the highest where a motif is quoted."""
    primer = track.primer.steps * (2 if track.inject_primer else 1) if track.primer else 0
    top: dict[int, int] = {}
    for note in score.notes:
        top[note.start_step] = max(top.get(note.start_step, 0), note.pitch)
    stated = {
        step
        for said in score.statements
        for step in range(said.start_step, said.start_step + said.steps)
    }
    return {
        index
        for index, note in enumerate(score.notes)
        if note.start_step < primer
        or (note.start_step in stated and note.pitch == top[note.start_step])
    }


def _resolves(note: Note, notes: list[Note], scales: Scales) -> bool:
    """Return whether a note of the scale near the note follows soon after it."""
    return any(
        0 < other.start_step - note.start_step <= _RESOLVES_WITHIN_STEPS
        and abs(other.pitch - note.pitch) <= _RESOLVES_BY_SEMITONES
        and other.pitch % OCTAVE in scales[other.start_step]
        for other in notes
    )


def _moved(note: Note, others: list[Note], scale: frozenset[int]) -> Note:
    """Return the note on the nearest tone of the scale that is free while it sounds."""
    taken = {
        other.pitch
        for other in others
        if other.start_step < note.end_step and note.start_step < other.end_step
    }
    tones = [pitch for pitch in range(_HIGHEST_PITCH + 1) if pitch % OCTAVE in scale]
    free = [pitch for pitch in tones if pitch not in taken] or tones
    return replace(note, pitch=min(free, key=lambda pitch: (abs(pitch - note.pitch), pitch)))
