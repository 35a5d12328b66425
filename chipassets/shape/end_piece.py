"""Ends a piece that plays once on its tonic."""

from __future__ import annotations

from chipassets.music.keys import Key
from chipassets.music.score import Note, Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_HIGHEST_PITCH = 127
_BARS_TO_LAND = 3
"""The least number of bars of a piece whose last chord fills the whole last bar."""


def end_piece(score: Score, track: TrackPlan) -> Score:
    """Return the score with a tonic chord at its close, held to the end.

    In pieces of three bars or more the chord starts on the last bar line. In shorter ones, and
    where no note begins in the last bar, it starts on the last beat that has notes. The notes of
    that beat's first onset, and those that still sound there, move to the nearest tones of the
    tonic triad, the highest and the lowest to the tonic. Notes that are then outside these two, and
    later notes, are removed. Returned unchanged: music composed by voices, which ends as its plan
    says; a piece that loops; a score without notes.
    """
    del track
    if score.loop_start_bar is not None or not score.notes or score.is_voiced:
        return score
    last_onset = score.notes[-1].start_step
    beat = last_onset - last_onset % STEPS_PER_BEAT
    last_bar = score.total_steps - score.steps_per_bar
    if score.bars >= _BARS_TO_LAND and last_onset >= last_bar:
        beat = last_bar
    before = [note.until(beat) for note in score.notes if note.start_step < beat]
    chord = _cadence(_pitches_at(score.notes, beat), score.key)
    held = score.total_steps - beat
    return score.with_notes([*before, *(Note(beat, held, pitch) for pitch in chord)])


def _pitches_at(notes: tuple[Note, ...], beat: int) -> list[int]:
    """Return the pitches of the beat's first onset and of notes held into the beat, rising."""
    onset = min(note.start_step for note in notes if note.start_step >= beat)
    return sorted(
        {
            note.pitch
            for note in notes
            if note.start_step == onset or note.start_step < beat < note.end_step
        }
    )


def _cadence(pitches: list[int], key: Key) -> set[int]:
    """Return the pitches of the final chord that are nearest to these pitches."""
    tonic = {key.tonic}
    scale = key.harmony_scale
    triad = {(key.tonic + scale[degree]) % OCTAVE for degree in (0, 2, 4)}
    lowest, highest = _nearest(pitches[0], tonic), _nearest(pitches[-1], tonic)
    inner = {_nearest(pitch, triad) for pitch in pitches[1:-1]}
    # A tone outside the outer two would become an outer one if the pass ran again.
    return {pitch for pitch in inner if lowest < pitch < highest} | {lowest, highest}


def _nearest(pitch: int, pitch_classes: set[int]) -> int:
    """Return the nearest pitch of these classes; of two equally near ones the lower."""
    candidates = [p for p in range(_HIGHEST_PITCH + 1) if p % OCTAVE in pitch_classes]
    return min(candidates, key=lambda candidate: (abs(candidate - pitch), candidate))
