"""Where a track quotes its motifs, and how they are fitted to its key, tempo and register."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chipassets.compose.form import Part
from chipassets.music.motifs import (
    AUGMENTED,
    BASS_HIGHEST,
    BASS_LOWEST,
    DIMINISHED,
    fitted_pitch,
    motif_pace,
    statement_notes,
    tonic_shift,
)
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Statement
from chipassets.plan.trackplan import Motif, Range, TrackPlan
from chipassets.units import OCTAVE

_RATHER_HIGH = 3
"""Of two octaves as far from the lead's middle a tune takes the upper: it is to be heard."""

_KEPT, _DOUBLED, _HALVED = 2, 4, 1


@dataclass(frozen=True, slots=True)
class Stated:
    """A quoted motif, its notes at the track's pitch and position, and the part that plays it."""

    statement: Statement
    notes: tuple[Note, ...]
    part: str = LEAD


def state_motifs(track: TrackPlan, parts: Sequence[Part]) -> tuple[Stated, ...]:
    """Return the statements of a track's motifs, in order.

    A motif is quoted at the start of each section of its name or letter. Of motifs that name no
    section the first is quoted in sections of the first letter, the second in the second, and so
    on. If a primer opens the track, the first statement begins at the next bar line after it.
    """
    steps_per_bar = track.steps_per_bar
    letters = list(dict.fromkeys(part.letter for part in parts if not part.is_edge))
    in_turn = [motif for motif in track.motifs if not motif.section]
    by_letter = dict(zip(letters, in_turn, strict=False))
    primer_steps = track.primer.steps * (1 + track.inject_primer) if track.primer else 0
    taken = math.ceil(primer_steps / steps_per_bar) * steps_per_bar
    stated = []
    for part in parts:
        start = part.section.start_bar * steps_per_bar
        end = start + part.section.bars * steps_per_bar
        start = max(start, taken)
        for motif in _motifs_at(track, part, by_letter.get(part.letter)):
            steps = motif.steps * 2 if motif.transform == AUGMENTED else motif.steps
            if start + steps <= end:
                stated.append(_stated(motif, track, part, start, end - start))
    return tuple(stated)


def _motifs_at(track: TrackPlan, part: Part, in_turn: Motif | None) -> list[Motif]:
    """Return the motifs of a section, at most one per part.

    Those that name the section come first.
    """
    named = [motif for motif in track.motifs if motif.section == part.section.name]
    named += [motif for motif in track.motifs if motif.section == part.letter]
    found: dict[str, Motif] = {}
    for motif in (*named, *([in_turn] if in_turn else ())):
        found.setdefault(motif.part, motif)
    return list(found.values())


def _stated(motif: Motif, track: TrackPlan, part: Part, start: int, room: int) -> Stated:
    """Return the motif as it stands at a place, stretched if the room asks for it."""
    halves = _stretch(motif, track.tempo_millibpm, room)
    return state_tune(motif, track, part.section.name, start, halves)


def state_tune(motif: Motif, track: TrackPlan, section: str, start: int, halves: int) -> Stated:
    """Return a tune from a step on, in the track's key and near the middle of its part's range.

    In a section whose register the manifest sets, the lead has as few notes outside it as can be.
    halves: the factor on its note values, in halves: 2 keeps them.
    """
    middle = track.character.lead_pitch.middle
    centre = _CENTRES.get(motif.part, middle + _RATHER_HIGH)
    pitches = [fitted_pitch(note.pitch, motif, track.key) for note in motif.notes]
    middle = (max(pitches) + min(pitches)) / 2
    octaves = OCTAVE * round((centre - middle) / OCTAVE)
    register = track.wished(section).register if motif.part == LEAD else None
    if register is not None:
        octaves = _in_register(pitches, register)
    if motif.part == BASS:
        octaves = _in_bass(octaves, min(pitches), max(pitches))
    shift = tonic_shift(motif, track.key) + octaves
    said = Statement(motif.name, start, motif.steps * halves // 2, halves, shift)
    return Stated(said, statement_notes(motif, said, track.key), motif.part)


_CENTRES = {INNER: 60.0, BASS: 45.0}
"""MIDI pitches around which a motif lies in other voices than the tune's."""


def _in_register(pitches: Sequence[int], register: Range) -> int:
    """Return the octaves, in semitones, by which most of the pitches lie in a register."""

    def misses(move: int) -> tuple[float, float]:
        """Return how far the pitches lie outside the register, and from its middle."""
        outside = sum(register.distance(pitch + move) for pitch in pitches)
        return outside, abs((max(pitches) + min(pitches)) / 2 + move - register.middle)

    return min((OCTAVE * octave for octave in range(-5, 6)), key=misses)


def _in_bass(octaves: int, low: int, high: int) -> int:
    """Return the number of octaves that a motif moves to fit a bass voice."""
    while low + octaves < BASS_LOWEST:
        octaves += OCTAVE
    while high + octaves > BASS_HIGHEST and low + octaves - OCTAVE >= BASS_LOWEST:
        octaves -= OCTAVE
    return octaves


def _stretch(motif: Motif, tempo_millibpm: int, room: int) -> int:
    """Return the factor on the note values, in halves, that the motif's transform asks for.

    Where the motif may be stretched, it is the factor that keeps its pace.
    """
    if motif.transform in (AUGMENTED, DIMINISHED):
        return _DOUBLED if motif.transform == AUGMENTED else _HALVED
    pace = motif_pace(motif, tempo_millibpm)
    if pace > 0 and motif.steps * 2 <= room:
        return _DOUBLED
    even = all(note.start_step % 2 == 0 and note.duration_steps % 2 == 0 for note in motif.notes)
    return _HALVED if pace < 0 and even and motif.steps % 2 == 0 else _KEPT
