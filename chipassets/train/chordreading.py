"""Reads chords and keys by half bars from MIDI, from bass and inner voices more than the tune.

A chord is (root, quality, bass) in pitch classes; a key is (tonic, mode).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.midi.reader import MidiContent, MidiError, parse_midi
from chipassets.units import OCTAVE, STEPS_PER_BEAT

Floats = NDArray[np.float64]
Heard = tuple[int, str, int]
KeySpan = tuple[int, str]

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
    "5": (0, 7),
}
# The cost of a quality compared with a triad, as a share of the sound; rarer ones cost more.
_COST = {"dim": 0.06, "7": 0.07, "maj7": 0.15, "m7": 0.13, "m7b5": 0.12, "dim7": 0.07,
         "sus4": 0.1, "5": 0.05}  # fmt: skip
_MISSING, _MISSING_SHARE = 0.13, 0.04
_ROOT_IN_BASS, _THIRD_IN_BASS = 0.12, 0.03
_TUNE, _TUNE_OF_TWO, _INNER, _BASS, _ON_BEAT = 0.3, 0.6, 1.0, 1.0, 1.5
_LEAST_FIT = 0.44
_ONE_CHORD = 0.16

# The fit of a pitch class in a key, by semitones above the tonic. Minor may raise its seventh.
_FIT = {
    "major": (2.0, -1.5, 0.7, -1.3, 1.4, 0.8, -1.0, 1.5, -1.2, 0.7, -1.0, 0.8),
    "minor": (2.0, -1.3, 0.7, 1.4, -1.5, 0.8, -1.2, 1.5, 0.8, -0.4, 0.7, 0.5),
    "dorian": (2.0, -1.5, 0.7, 1.3, -1.5, 0.8, -1.2, 1.4, -1.0, 1.0, 0.9, -1.2),
    "mixolydian": (2.0, -1.5, 0.7, -1.3, 1.3, 0.8, -1.2, 1.4, -1.2, 0.7, 1.0, -1.2),
    "phrygian": (2.0, 1.0, -1.2, 1.3, -1.5, 0.8, -1.2, 1.3, 0.9, -1.2, 0.9, -1.2),
}
MODES = tuple(_FIT)
_PRIOR = {"major": 0.0, "minor": 0.0, "dorian": -0.1, "mixolydian": -0.1, "phrygian": -0.12}
_BASS_ON_TONIC, _BASS_ON_FIFTH = 0.7, 0.25
_WINDOW_BARS, _KEY_CHANGE = 8, 0.45


@dataclass(frozen=True, slots=True)
class HarmonyOfPiece:
    """The chords of a piece by half bars, None if there is none, and the key of each half bar.

    halves: chords per bar: 2, or 1 in 3/4.
    """

    halves: int
    chords: tuple[Heard | None, ...]
    keys: tuple[KeySpan, ...]


def read_harmony(path: Path) -> HarmonyOfPiece | None:
    """Return the harmony of a MIDI file in one metre, 4/4, 2/2, 2/4 or 3/4; else None.

    In 2/4 two written bars count as one.
    """
    try:
        content = parse_midi(path.read_bytes())
    except MidiError:
        return None
    metres = {(top, bottom) for _, top, bottom in content.metres} or {(4, 4)}
    if len(metres) > 1 or not metres <= {(4, 4), (2, 2), (2, 4), (3, 4)} or not content.notes:
        return None
    three = (3, 4) in metres
    unit = 12 if three else 8
    sound, bass = _sound(content, unit)
    chords = _chords(sound, bass, 1 if three else 2)
    keys = _keys(sound, bass, _WINDOW_BARS * (1 if three else 2))
    return HarmonyOfPiece(1 if three else 2, tuple(chords), tuple(keys))


def _sound(content: MidiContent, unit: int) -> tuple[Floats, Floats]:
    """Return how much each pitch class sounds in each unit, for all voices and for the bass.

    unit: length in 16ths.
    """
    notes = np.array(content.notes, np.int64)
    sixteenth = content.ticks_per_quarter / STEPS_PER_BEAT
    starts = np.round(notes[:, 0] / sixteenth).astype(np.int64)
    ends = np.maximum(np.round(notes[:, 1] / sixteenth).astype(np.int64), starts + 1)
    ends = np.minimum(ends, starts + 16)
    lengths = ends - starts
    pitches = np.repeat(notes[:, 2], lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    steps = np.repeat(starts, lengths) + offsets
    steps -= steps.min() // (2 * unit) * (2 * unit)
    size = int(steps.max()) // (2 * unit) * (2 * unit) + 2 * unit
    low, high = np.full(size, 128), np.full(size, -1)
    np.minimum.at(low, steps, pitches)
    np.maximum.at(high, steps, pitches)
    voices = np.bincount(steps, minlength=size)
    is_low = pitches == low[steps]
    is_high = (pitches == high[steps]) & ~is_low
    weights = np.where(is_low, _BASS, _INNER)
    weights[is_high] = np.where(voices[steps[is_high]] > 2, _TUNE, _TUNE_OF_TWO)
    weights = weights * np.where(steps % STEPS_PER_BEAT == 0, _ON_BEAT, 1.0)
    sound, bass = np.zeros((size // unit, OCTAVE)), np.zeros((size // unit, OCTAVE))
    np.add.at(sound, (steps // unit, pitches % OCTAVE), weights)
    first = np.where(steps % unit == 0, 2.0, 1.0)
    np.add.at(bass, (steps[is_low] // unit, pitches[is_low] % OCTAVE), first[is_low])
    return sound, bass


_ROOTS = [(root, word) for word in QUALITIES for root in range(OCTAVE)]
_TEMPLATES = np.zeros((len(_ROOTS), OCTAVE))
for _row, (_root, _word) in enumerate(_ROOTS):
    for _tone in QUALITIES[_word]:
        _TEMPLATES[_row, (_root + _tone) % OCTAVE] = 1.0
_COSTS = np.array([_COST.get(word, 0.0) for _, word in _ROOTS])
_ROOT_PLACES = np.array([root for root, _ in _ROOTS])
_THIRD_PLACES = np.array([(root + QUALITIES[word][1]) % OCTAVE for root, word in _ROOTS])


def _fits(sound: Floats, bass: Floats) -> Floats:
    """Return how well each chord fits each unit, float64 [units, chords]."""
    total = sound.sum(axis=1, keepdims=True)
    share = sound / np.maximum(total, 1e-9)
    missing = (share < _MISSING_SHARE).astype(np.float64) @ _TEMPLATES.T
    fits = share @ _TEMPLATES.T - _MISSING * missing - _COSTS
    lowest = bass.argmax(axis=1)
    fits += _ROOT_IN_BASS * (lowest[:, None] == _ROOT_PLACES)
    fits += _THIRD_IN_BASS * (lowest[:, None] == _THIRD_PLACES)
    fits[total[:, 0] < 1] = -1
    return np.asarray(fits, np.float64)


def _chords(sound: Floats, bass: Floats, halves: int) -> list[Heard | None]:
    """Return a chord per unit: one for both halves of a bar if that fits nearly as well."""
    fits = _fits(sound, bass)
    best = fits.argmax(axis=1)
    if halves == 2:
        whole = _fits(sound[0::2] + sound[1::2], bass[0::2] + bass[1::2]).argmax(axis=1)
        for bar, chord in enumerate(whole):
            pair = slice(2 * bar, 2 * bar + 2)
            lost = fits[pair].max(axis=1).sum() - fits[pair, chord].sum()
            if lost <= _ONE_CHORD:
                best[pair] = chord
    lowest = bass.argmax(axis=1)
    return [
        (*_ROOTS[chord], int(low)) if fits[unit, chord] >= _LEAST_FIT else None
        for unit, (chord, low) in enumerate(zip(best, lowest, strict=True))
    ]


def _keys(sound: Floats, bass: Floats, window: int) -> list[KeySpan]:
    """Return the key of each unit: the best sequence over windows, in which a change costs."""
    states = [(tonic, mode) for mode in MODES for tonic in range(OCTAVE)]
    fit = np.stack([np.roll(_FIT[mode], tonic) for tonic, mode in states])
    prior = np.array([_PRIOR[mode] for _, mode in states])
    tonics = np.array([tonic for tonic, _ in states])
    hop = window // 2
    rows = []
    for at in range(0, len(sound), hop):
        part = sound[max(at - hop // 2, 0) : at + hop + hop // 2].sum(axis=0)
        low = bass[max(at - hop // 2, 0) : at + hop + hop // 2].sum(axis=0)
        part, low = part / max(part.sum(), 1e-9), low / max(low.sum(), 1e-9)
        rows.append(
            fit @ part + prior + _BASS_ON_TONIC * low[tonics] + _BASS_ON_FIFTH
            * low[(tonics + 7) % OCTAVE]
        )  # fmt: skip
    # Most pieces end, and begin, on their tonic.
    for row, ends in ((0, np.flatnonzero(bass.sum(axis=1))[:1]),
                      (-1, np.flatnonzero(bass.sum(axis=1))[-1:])):  # fmt: skip
        if len(ends):
            rows[row] += 0.3 * (tonics == bass[ends[0]].argmax())
    score, back = rows[0], []
    for row in rows[1:]:
        stay, leap = score, score.max() - _KEY_CHANGE
        back.append(np.where(stay >= leap, np.arange(len(states)), score.argmax()))
        score = np.maximum(stay, leap) + row
    path = [int(score.argmax())]
    for origin in reversed(back):
        path.append(int(origin[path[-1]]))
    path.reverse()
    return [states[path[min(unit // hop, len(path) - 1)]] for unit in range(len(sound))]
