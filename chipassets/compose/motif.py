"""Motifs: where a track states which tune, and how it is changed to fit key, tempo and register."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import encode_notes
from chipassets.compose.form import Part
from chipassets.compose.script import Script, force, split_steps
from chipassets.motifs import OCTAVE, map_pitch, motif_pace, nearest_shift, statement_notes
from chipassets.score import Note, Statement
from chipassets.trackplan import Motif, TrackPlan
from chipassets.units import STEPS_PER_BEAT

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
    steps_per_bar = track.beats_per_bar * STEPS_PER_BEAT
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
        if motif is not None and start + motif.steps <= end:
            stated.append(_stated(motif, track, start, end - start))
    return tuple(stated)


def _stated(motif: Motif, track: TrackPlan, start: int, room: int) -> Stated:
    halves = _stretch(motif, track.tempo_millibpm, room)
    lead = track.character.lead_pitch
    centre = (lead.low + lead.high) / 2
    pitches = [map_pitch(note.pitch, motif.key, track.key) for note in motif.notes]
    middle = (max(pitches) + min(pitches)) / 2
    octaves = OCTAVE * round((centre + _RATHER_HIGH - middle) / OCTAVE)
    shift = nearest_shift(motif.key, track.key) + octaves
    said = Statement(motif.name, start, motif.steps * halves // 2, halves, shift)
    return Stated(said, statement_notes(motif, said, track.key))


def _stretch(motif: Motif, tempo_millibpm: int, room: int) -> int:
    """Return the note values, in halves of what they are, that keep the tune near its own pace."""
    pace = motif_pace(tempo_millibpm)
    if pace > 0 and motif.steps * 2 <= room:
        return _DOUBLED
    even = all(note.start_step % 2 == 0 and note.duration_steps % 2 == 0 for note in motif.notes)
    return _HALVED if pace < 0 and even and motif.steps % 2 == 0 else _KEPT


def force_motifs(script: Script, stated: Sequence[Stated], semitones: int) -> Script:
    """Return the script in which each statement opens its steps, and the model goes on in them.

    The notes are moved by `semitones` to the model's pitch. Steps of a statement do not return.
    """
    script = replace(script, forced=script.forced.copy(), source=script.source.copy())
    for said in stated:
        start, steps = said.statement.start_step, said.statement.steps
        notes = [
            (note.start_step - start, note.duration_steps, note.pitch + semitones)
            for note in said.notes
        ]
        if _repeats(script, said, stated):
            continue
        force(script, start, split_steps(encode_notes(notes, steps).tolist()), closed=False)
        script.source[start : start + steps] = np.arange(start, start + steps)
    return script


def _repeats(script: Script, said: Stated, stated: Sequence[Stated]) -> bool:
    """Whether the steps return from an equal statement, which brings its company along."""
    start, steps = said.statement.start_step, said.statement.steps
    source = script.source[start : start + steps]
    moved = int(source[0]) - start
    return (
        moved < 0
        and any(
            other.statement == replace(said.statement, start_step=start + moved) for other in stated
        )
        and bool((source == np.arange(start, start + steps) + moved).all())
    )


def ceilings(
    stated: Sequence[Stated], steps: int, semitones: int, highest: int = 127
) -> NDArray[np.int64]:
    """Return int [steps]: the highest pitch that may begin, below the tune where one stands."""
    limits = np.full(steps, highest, np.int64)
    for said in stated:
        start, end = said.statement.start_step, said.statement.start_step + said.statement.steps
        limits[start:end] = min(note.pitch for note in said.notes) + semitones - 1
    return limits
