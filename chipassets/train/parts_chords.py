"""Chord labels by half bars, from any selection of voices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    HIDDEN,
    LOWEST,
    QUALITIES,
    STEPS_A_CHORD,
    Integers,
    sounding,
)
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_WHITE = (0, 2, 4, 5, 7, 9, 11)
_BASS_WEIGHT, _BEAT_WEIGHT = 1.5, 1.5
_ROOT_IN_BASS, _THIRD_SOUNDS, _IN_KEY = 0.10, 0.04, 0.03
_SEVENTH_COST, _DIMINISHED_COST = 0.09, 0.06
_CHANGE_COST = 0.06
_TONES = list(QUALITIES.values())


def _table() -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the tones [12, chords], thirds [chords] and costs [chords] of all chords."""
    tones = np.zeros((OCTAVE, OCTAVE * len(_TONES)))
    thirds = np.zeros(OCTAVE * len(_TONES), np.int64)
    prior = np.zeros(OCTAVE * len(_TONES))
    for root in range(OCTAVE):
        for quality, intervals in enumerate(_TONES):
            chord = root * len(_TONES) + quality
            members = [(root + interval) % OCTAVE for interval in intervals]
            tones[members, chord] = 1
            thirds[chord] = members[1]
            prior[chord] -= _SEVENTH_COST if len(intervals) == 4 else 0
            prior[chord] -= _DIMINISHED_COST if intervals == (0, 3, 6) else 0
            prior[chord] += _IN_KEY if set(members) <= set(_WHITE) else 0
    return tones, thirds, prior


_MEMBERS, _THIRDS, _PRIOR = _table()
_ROOTS = np.repeat(np.arange(OCTAVE), len(_TONES))


def label_chords(
    voices: Sequence[Integers], bass: Integers | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the root and the quality [half bars] of the chord that voices and bass sound.

    A chord is scored by the share of sounding time that it explains, its root in the bass, a
    sounding third, and membership in the white keys; sevenths and diminished chords cost a little,
    and a chord stays unless another is better by a margin. HIDDEN if nothing sounds.
    """
    parts = [*voices, *([] if bass is None else [bass])]
    spans = len(parts[0]) // STEPS_A_CHORD
    weights = np.zeros((spans, OCTAVE))
    for part in parts:
        pitches = sounding(part)[: spans * STEPS_A_CHORD].reshape(spans, STEPS_A_CHORD)
        weight = np.where(np.arange(STEPS_A_CHORD) % STEPS_PER_BEAT == 0, _BEAT_WEIGHT, 1.0)
        weight = weight * (_BASS_WEIGHT if part is bass else 1.0)
        span, step = np.nonzero(pitches >= 0)
        np.add.at(weights, (span, (pitches[span, step] + LOWEST) % OCTAVE), weight[step])
    total = weights.sum(axis=1, keepdims=True)
    scores = weights @ _MEMBERS / np.maximum(total, 1) + _PRIOR
    scores += _THIRD_SOUNDS * np.minimum(weights[:, _THIRDS], 1)
    if bass is not None:
        lowest = first_pitch_classes(bass)[:spans]
        scores += _ROOT_IN_BASS * (lowest[:, None] == _ROOTS)
    chords: NDArray[np.int64] = np.full(spans, HIDDEN, np.int64)
    before = -1
    for place in range(spans):
        if total[place, 0] < 1:
            continue
        if before >= 0:
            scores[place, before] += _CHANGE_COST
        before = int(scores[place].argmax())
        chords[place] = before
    known = chords >= 0
    roots = np.where(known, chords // len(_TONES), HIDDEN)
    return roots, np.where(known, chords % len(_TONES), HIDDEN)


def first_pitch_classes(voice: Integers) -> NDArray[np.int64]:
    """Return the first pitch class that sounds in each half bar [half bars], HIDDEN for none."""
    spans = len(voice) // STEPS_A_CHORD
    pitches = sounding(voice)[: spans * STEPS_A_CHORD].reshape(spans, STEPS_A_CHORD)
    sounds = pitches >= 0
    first = np.take_along_axis(pitches, sounds.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(sounds.any(axis=1), (first + LOWEST) % OCTAVE, HIDDEN)
