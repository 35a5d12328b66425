"""Motifs in a score: the notes of a statement, and whether they are heard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from chipassets.music.keys import MODES, Key
from chipassets.music.metrics import lead_line
from chipassets.music.notes import LEAD, Motif
from chipassets.music.score import Note, Score, Statement
from chipassets.units import OCTAVE

IN_MODE, TRANSPOSED, LITERAL, AUGMENTED, DIMINISHED, FRAGMENT = (
    "in_mode", "transposed", "literal", "augmented", "diminished", "fragment",
)  # fmt: skip
TRANSFORMS: Mapping[str, str] = {
    IN_MODE: "on the same degrees of the track's mode",
    TRANSPOSED: "moved to the track's tonic, every interval kept",
    LITERAL: "at the pitches that are written, octaves aside",
    AUGMENTED: "in the track's mode, in notes twice as long",
    DIMINISHED: "in the track's mode, in notes half as long",
    FRAGMENT: "in the track's mode, the first half alone",
}
"""The transforms of a motif, with descriptions."""

BASS_LOWEST, BASS_HIGHEST = 33, 57
"""A1 to A3: the range in which the chips' bass voices do not move a line by octaves."""

_STRETCH_AT_OCTAVES = 0.45
"""The distance from a motif's own tempo, in octaves, from which its notes are doubled or halved."""


def motif_pace(motif: Motif, tempo_millibpm: int) -> int:
    """Return 1 if a motif needs longer notes at a tempo, -1 if shorter ones, else 0.

    Always 0 if the motif must not be stretched.
    """
    if not motif.stretch:
        return 0
    octaves = math.log2(tempo_millibpm / motif.tempo_millibpm)
    return (octaves > _STRETCH_AT_OCTAVES) - (octaves < -_STRETCH_AT_OCTAVES)


def map_pitch(pitch: int, source: Key, target: Key) -> int:
    """Return the pitch on the same degree of the other key; tonics move as little as possible.

    An altered tone keeps its distance from the tonic if the other key contains that tone, as the
    leading tone of minor does in harmonic minor; otherwise it keeps its alteration. In a scale with
    fewer tones it is the nearest tone of the scale.
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


def tonic_shift(motif: Motif, key: Key) -> int:
    """Return the semitones by which a motif moves into a key, before it is put into a register."""
    return 0 if motif.transform == LITERAL else nearest_shift(motif.key, key)


def fitted_pitch(pitch: int, motif: Motif, key: Key) -> int:
    """Return a motif's pitch in a key, by the motif's transform."""
    if motif.transform in (LITERAL, TRANSPOSED):
        return pitch + tonic_shift(motif, key)
    return map_pitch(pitch, motif.key, key)


def statement_notes(motif: Motif, said: Statement, key: Key) -> tuple[Note, ...]:
    """Return the notes of a motif's statement in a score of this key."""
    octaves = said.shift - tonic_shift(motif, key)
    halves = said.stretch_halves
    return tuple(
        Note(
            said.start_step + note.start_step * halves // 2,
            max(1, note.duration_steps * halves // 2),
            fitted_pitch(note.pitch, motif, key) + octaves,
        )
        for note in motif.notes
    )


def heard_in(part: str, notes: Sequence[Note], score: Score) -> int:
    """Return how many of the notes begin, at their step and pitch, in a part, LEAD as on top."""
    if part == LEAD:
        return heard_on_top(notes, score)
    played = {(note.start_step, note.pitch) for note in score.part(part)}
    return sum((note.start_step, note.pitch) in played for note in notes)


def meant_by(said: Statement, tunes: Sequence[Motif], score: Score) -> Motif | None:
    """Return the tune that a statement quotes; None if none has its name.

    Of tunes with one name it is that of which the most notes are heard; of these, the one that was
    asked for in the statement's section.
    """
    named = [tune for tune in tunes if tune.name == said.motif]
    at_bar = said.start_step // score.steps_per_bar
    section = next(
        (part.name for part in score.sections if 0 <= at_bar - part.start_bar < part.bars), ""
    )

    def likely(tune: Motif) -> tuple[int, bool]:
        notes = statement_notes(tune, said, score.key)
        asked = bool(tune.section) and tune.section in (section, section.rstrip("'"))
        return heard_in(tune.part, notes, score), asked

    return max(named, key=likely, default=None)


def heard_on_top(notes: Sequence[Note], score: Score) -> int:
    """Return how many of the notes begin, at their step and pitch, in the score's top line."""
    top = {(note.start_step, note.pitch) for note in lead_line(score.notes)}
    return sum((note.start_step, note.pitch) in top for note in notes)
