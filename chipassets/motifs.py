"""Motifs in a score: the notes that a statement stands for, and whether they are heard."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chipassets.keys import MODES, Key
from chipassets.metrics import lead_line
from chipassets.score import Note, Score, Statement
from chipassets.trackplan import Motif

OCTAVE = 12

_PLAIN_MILLIBPM = 120_000
"""Motifs are written as they sound at this tempo, in quarter notes a minute."""

_STRETCH_AT_OCTAVES = 0.45
"""From so far off that tempo, in powers of two, note values are doubled or halved."""


def motif_pace(tempo_millibpm: int) -> int:
    """Return 1 where a tempo is so fast that tunes are stated in longer notes, -1 in shorter."""
    octaves = math.log2(tempo_millibpm / _PLAIN_MILLIBPM)
    return (octaves > _STRETCH_AT_OCTAVES) - (octaves < -_STRETCH_AT_OCTAVES)


def map_pitch(pitch: int, source: Key, target: Key) -> int:
    """Return the pitch on the same degree of the other key; tonics stay as near as they can.

    An altered tone keeps its distance from the tonic where the other key has such a tone, as the
    leading tone of minor does in harmonic minor; elsewhere it is altered alike. In a scale of fewer
    tones it is the nearest tone that there is.
    """
    above = pitch - source.tonic
    octave, step = divmod(above, OCTAVE)
    scale, wanted = source.harmony_scale, target.harmony_scale
    degree = max(index for index, tone in enumerate(scale) if tone <= step)
    altered = step - scale[degree]
    tonic = source.tonic + nearest_shift(source, target)
    if altered and step in wanted:
        return tonic + octave * OCTAVE + step
    mapped = tonic + octave * OCTAVE + wanted[degree] + altered
    if altered or len(MODES[target.mode]) == len(wanted):
        return mapped
    return min(
        (p for p in range(mapped - 2, mapped + 3) if p % OCTAVE in target.pitch_classes),
        key=lambda p: (abs(p - mapped), p),
    )


def nearest_shift(source: Key, target: Key) -> int:
    """Return the semitones, -5..+6, from one key's tonic to the nearest tonic of the other."""
    return (target.tonic - source.tonic + 5) % OCTAVE - 5


def statement_notes(motif: Motif, said: Statement, key: Key) -> tuple[Note, ...]:
    """Return the notes of a motif where it is stated in a score of that key."""
    octaves = said.shift - nearest_shift(motif.key, key)
    halves = said.stretch_halves
    return tuple(
        Note(
            said.start_step + note.start_step * halves // 2,
            max(1, note.duration_steps * halves // 2),
            map_pitch(note.pitch, motif.key, key) + octaves,
        )
        for note in motif.notes
    )


def heard_on_top(notes: Sequence[Note], score: Score) -> int:
    """Return how many of the notes begin, at their step and pitch, in the score's top line."""
    top = {(note.start_step, note.pitch) for note in lead_line(score.notes)}
    return sum((note.start_step, note.pitch) in top for note in notes)
