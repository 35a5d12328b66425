"""Likeness: measures of a reference piece, and the distance of a piece from them.

The measures are a few numbers of density, register, rhythm and harmony; no notes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from chipassets.music.keyfit import fitting_key
from chipassets.music.keys import MODES, Key
from chipassets.music.metrics import lead_line
from chipassets.music.notes import LEAD, Note, Primer
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_LEAP_FROM = 6
"""The least semitones of a leap in the tune: more than a fourth."""
_LEAST_NOTES = 3
_MINOR_THIRD, _MAJOR_THIRD, _FIFTH = 3, 4, 7


@dataclass(frozen=True, slots=True)
class Likeness:
    """The measures of a piece.

    density: notes per beat (a quarter) of all pitched voices.
    voices: mean pitches at once while any sounds.
    register: median MIDI pitch of the tune.
    tune: its notes per beat.
    syncopation: the share of its notes that begin off a beat and last over the next one.
    sixteenths: the share of all notes that begin between two 8ths.
    leaps: the share of the tune's intervals beyond a fourth.
    span: semitones from its lowest to its highest pitch.
    values: the mean number of different gaps between its notes in a bar.
    changes: the share of half bars with another chord than the one before.
    outside: the share of all sound outside the scale.
    mode: major or minor.
    """

    density: float
    voices: float
    register: float
    tune: float
    syncopation: float
    sixteenths: float
    leaps: float
    span: float
    values: float
    changes: float
    outside: float
    mode: str


SPREADS = {
    "density": 1.2, "voices": 0.5, "register": 7.0, "tune": 0.7, "syncopation": 0.15,
    "sixteenths": 0.2, "leaps": 0.15, "span": 8.0, "values": 0.6, "changes": 0.25,
    "outside": 0.06,
}  # fmt: skip
"""The usual difference of two pieces by one composer; distances are in these units."""

KINDS = {
    "density": ("density", "voices"),
    "register": ("register", "span"),
    "rhythm": ("tune", "syncopation", "sixteenths", "values"),
    "harmony": ("changes", "outside", "leaps"),
}
"""The measures by kind."""


def likeness_of(
    notes: Sequence[Note], bar_steps: int, pulse_steps: int = STEPS_PER_BEAT
) -> Likeness:
    """Return the measures of notes; bars count from the one in which the first note begins.

    The tune is the part LEAD, or the top line if there is none. ValueError for fewer than three
    notes, or a tune of fewer.
    """
    sung = [note for note in notes if note.part == LEAD] or lead_line(tuple(notes))
    sung = sorted(sung, key=lambda note: (note.start_step, -note.pitch))
    tune = [note for note, before in zip(sung, [None, *sung], strict=False)
            if before is None or note.start_step > before.start_step]  # fmt: skip
    if len(notes) < _LEAST_NOTES or len(tune) < _LEAST_NOTES:
        raise ValueError("fewer than three notes")
    first = min(note.start_step for note in notes) // bar_steps * bar_steps
    end = max(note.end_step for note in notes)
    bars = -(-(end - first) // bar_steps)
    beats = bars * bar_steps / STEPS_PER_BEAT
    key = fitting_key(Primer(tuple(notes), end), ("major", "minor"))
    gaps = [b.start_step - a.start_step for a, b in pairwise(tune)] + [tune[-1].duration_steps]
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(tune)]
    pitches = sorted(note.pitch for note in tune)
    return Likeness(
        density=len(notes) / beats,
        voices=_voices(notes, first, first + bars * bar_steps),
        register=float(median(pitches)),
        tune=len(tune) / beats,
        syncopation=_share(
            note.start_step % pulse_steps and note.start_step % pulse_steps + gap > pulse_steps
            for note, gap in zip(tune, gaps, strict=True)
        ),
        sixteenths=_share(note.start_step % 2 for note in notes),
        leaps=_share(move >= _LEAP_FROM for move in moves),
        span=float(pitches[-1] - pitches[0]),
        values=_values(tune, gaps, bar_steps),
        changes=_changes(notes, first, bars, bar_steps, key),
        outside=_outside(notes, key),
        mode=key.mode,
    )


def _share(flags: object) -> float:
    """Return the share of flags that are set; 0 without any."""
    values = [bool(flag) for flag in flags]  # type: ignore[attr-defined]
    return sum(values) / len(values) if values else 0.0


def _voices(notes: Sequence[Note], first: int, last: int) -> float:
    """Return the mean number of pitches that sound at once, over the steps in which any does."""
    sounding = np.zeros((last - first, 128), bool)
    for note in notes:
        sounding[note.start_step - first : note.end_step - first, note.pitch] = True
    voices = sounding.sum(axis=1)
    return float(voices[voices > 0].mean())


def _values(tune: Sequence[Note], gaps: Sequence[int], bar_steps: int) -> float:
    """Return the mean number of different gaps in bars of at least three notes; 1 without any."""
    bars: dict[int, list[int]] = {}
    for note, gap in zip(tune, gaps, strict=True):
        bars.setdefault(note.start_step // bar_steps, []).append(gap)
    kinds = [len(set(inside)) for inside in bars.values() if len(inside) >= _LEAST_NOTES]
    return float(np.mean(kinds)) if kinds else 1.0


def _changes(notes: Sequence[Note], first: int, bars: int, bar_steps: int, key: Key) -> float:
    """Return the share of half bars whose best-fitting triad differs from the one before."""
    half = -(-bar_steps // 2)
    edges = [first + bar * bar_steps + at for bar in range(bars) for at in (0, half)]
    chords = []
    for start, end in zip(edges, [*edges[1:], first + bars * bar_steps], strict=True):
        weights: Counter[int] = Counter()
        for note in notes:
            steps = min(note.end_step, end) - max(note.start_step, start)
            if steps > 0:
                weights[note.pitch % OCTAVE] += steps
        if weights:
            chords.append(_triad(weights, key))
    return _share(a != b for a, b in pairwise(chords))


def _triad(weights: Counter[int], key: Key) -> tuple[int, int]:
    """Return root and third of the triad that covers most of the sound; of equals the key's own."""
    choice = [(root, third) for root in range(OCTAVE) for third in (_MAJOR_THIRD, _MINOR_THIRD)]

    def fit(chord: tuple[int, int]) -> tuple[float, bool, int]:
        """Return how well a triad (root, third) fits the weights.

        Of two that fit equally the one in the key is preferred, then that of the lower root.
        """
        root, third = chord
        tones = (root, (root + third) % OCTAVE, (root + _FIFTH) % OCTAVE)
        own = set(tones) <= key.pitch_classes
        return math.fsum(weights[tone] for tone in tones) + 0.5 * weights[root], own, -root

    return max(choice, key=fit)


def _outside(notes: Sequence[Note], key: Key) -> float:
    """Return the share of the notes' length outside the scale."""
    scale = {(key.tonic + step) % OCTAVE for step in MODES[key.mode]}
    total = sum(note.duration_steps for note in notes)
    return sum(n.duration_steps for n in notes if n.pitch % OCTAVE not in scale) / total


def distances(one: Likeness, other: Likeness) -> dict[str, float]:
    """Return the distance of two pieces in each measure, in units of `SPREADS`."""
    first, second = asdict(one), asdict(other)
    return {name: abs(first[name] - second[name]) / by for name, by in SPREADS.items()}


def distance(one: Likeness, other: Likeness) -> float:
    """Return the mean distance of two pieces: 0 for equal measures.

    A measure counts at most two spreads, so that a single one does not dominate.
    """
    away = distances(one, other)
    return sum(min(2.0, value) for value in away.values()) / len(away)
