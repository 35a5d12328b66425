"""Motifs: where a track states which tune, and how it is changed to fit key, tempo and register."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chipassets.compose.form import Part
from chipassets.music.motifs import (
    AUGMENTED,
    DIMINISHED,
    OCTAVE,
    fitted_pitch,
    motif_pace,
    statement_notes,
    tonic_shift,
)
from chipassets.music.score import Note, Statement
from chipassets.plan.trackplan import Motif, TrackPlan

_RATHER_HIGH = 3
"""Of two octaves as far from the lead's middle a tune takes the upper: it is to be heard."""

_KEPT, _DOUBLED, _HALVED = 2, 4, 1


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement and its notes, at the track's own pitch and place."""

    statement: Statement
    notes: tuple[Note, ...]


def state_motifs(track: TrackPlan, parts: Sequence[Part]) -> tuple[Stated, ...]:
    """Return the statements of a track's motifs, in order.

    The first motif stands at the start of each section of the first letter, the second of the
    second, and so on. Where a primer opens the track, the first statement waits for the bar line
    behind it.
    """
    steps_per_bar = track.steps_per_bar
    letters = list(dict.fromkeys(part.letter for part in parts if not part.is_edge))
    by_letter = dict(zip(letters, track.motifs, strict=False))
    primer_steps = track.primer.steps * (1 + track.inject_primer) if track.primer else 0
    taken = math.ceil(primer_steps / steps_per_bar) * steps_per_bar
    stated = []
    for part in parts:
        start = part.section.start_bar * steps_per_bar
        end = start + part.section.bars * steps_per_bar
        start = max(start, taken)
        motif = by_letter.get(part.letter)
        if motif is None:
            continue
        steps = motif.steps * 2 if motif.transform == AUGMENTED else motif.steps
        if start + steps <= end:
            stated.append(_stated(motif, track, start, end - start))
    return tuple(stated)


def _stated(motif: Motif, track: TrackPlan, start: int, room: int) -> Stated:
    return state_tune(motif, track, start, _stretch(motif, track.tempo_millibpm, room))


def state_tune(motif: Motif, track: TrackPlan, start: int, halves: int) -> Stated:
    """Return a tune from a step on, in the track's key and near the middle of its lead's range.

    halves: its note values, in halves of what they are.
    """
    lead = track.character.lead_pitch
    centre = (lead.low + lead.high) / 2
    pitches = [fitted_pitch(note.pitch, motif, track.key) for note in motif.notes]
    middle = (max(pitches) + min(pitches)) / 2
    octaves = OCTAVE * round((centre + _RATHER_HIGH - middle) / OCTAVE)
    shift = tonic_shift(motif, track.key) + octaves
    said = Statement(motif.name, start, motif.steps * halves // 2, halves, shift)
    return Stated(said, statement_notes(motif, said, track.key))


def _stretch(motif: Motif, tempo_millibpm: int, room: int) -> int:
    """Return the note values, in halves of what they are: as the motif's transform says.

    Where the motif may be stretched, those that keep it near its own pace.
    """
    if motif.transform in (AUGMENTED, DIMINISHED):
        return _DOUBLED if motif.transform == AUGMENTED else _HALVED
    pace = motif_pace(motif, tempo_millibpm)
    if pace > 0 and motif.steps * 2 <= room:
        return _DOUBLED
    even = all(note.start_step % 2 == 0 and note.duration_steps % 2 == 0 for note in motif.notes)
    return _HALVED if pace < 0 and even and motif.steps % 2 == 0 else _KEPT
