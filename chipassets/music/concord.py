"""Concord: how well the notes of a score agree with its planned chords."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.music.chords import Chord, parse_chord
from chipassets.music.score import Score
from chipassets.units import OCTAVE, STEPS_PER_BEAT


def chord_spans(score: Score) -> list[tuple[int, Chord]]:
    """Return each planned chord with its first step, in order.

    The chords of a bar divide it evenly; if that is not possible, the first ones are longer.
    """
    bar = score.steps_per_bar
    spans = []
    for number, names in enumerate(name.split() for name in score.chords):
        starts = [-(-place * bar // len(names)) for place in range(len(names))]
        chords = [parse_chord(name, score.key) for name in names]
        spans += [(number * bar + at, chord) for at, chord in zip(starts, chords, strict=True)]
    return spans


def concord(
    score: Score, sounding: NDArray[np.bool_], pulse_steps: int = STEPS_PER_BEAT
) -> tuple[float, float]:
    """Return the share of pitches on beats that are chord tones, and of chords with their bass.

    sounding: bool [steps, 128]; pulse_steps: length of a felt beat in 16ths. A chord has its bass
    if the lowest pitch of its first beat is the bass that it asks for. Both are 0 for a score
    without chords or without notes.
    """
    spans = [span for span in chord_spans(score) if span[0] < score.total_steps]
    if not spans:
        return 0.0, 0.0
    ends = [start for start, _ in spans[1:]] + [score.total_steps]
    tones = heard = based = begun = 0
    for (start, chord), end in zip(spans, ends, strict=True):
        for step in range(start - start % -pulse_steps, end, pulse_steps):
            pitches = np.flatnonzero(sounding[step])
            heard += pitches.size
            tones += sum(int(pitch) % OCTAVE in chord.pitch_classes for pitch in pitches)
        first = np.flatnonzero(sounding[start : min(end, start + pulse_steps)].any(axis=0))
        if first.size:
            begun += 1
            based += int(first[0]) % OCTAVE == chord.bass
    return tones / heard if heard else 0.0, based / begun if begun else 0.0
