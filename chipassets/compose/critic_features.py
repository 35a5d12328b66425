"""What the critic measures of a phrase: each line by itself, against the chords, in pairs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    FIRST_NOTE,
    LOWEST,
    QUALITIES,
    STEPS_A_BAR,
    STEPS_A_CHORD,
    Integers,
    remaining,
    sounding,
)
from chipassets.units import OCTAVE

PHRASE_BARS = 4
PHRASE_STEPS = PHRASE_BARS * STEPS_A_BAR
_VOICES = ("lead", "bass", "inner")
_PAIRS = (("lead", "bass"), ("lead", "inner"), ("inner", "bass"))
_LINE = (
    "onsets", "silence", "length_1", "length_2", "length_3", "length_4", "length_5_7", "length_8",
    "repeated", "steps", "thirds", "fourths_fifths", "octaves", "other_leaps", "rising", "span",
    "pitch_classes", "on_beat", "off_beat", "on_sixteenth", "long_off_beat", "length_entropy",
    "leaps_repaid", "run_of_pitch", "run_of_length", "rhythm_1", "rhythm_2", "notes_1", "notes_2",
    "shape_1", "shape_2", "goal_length", "end_silence", "white", "densest_bar", "thinnest_bar",
    "chord_on_beat", "chord_when_long", "chord_ever", "root_at_change",
)  # fmt: skip
_PAIR = (
    "unison", "third_sixth", "fourth_fifth", "second_seventh", "tritone", "together", "contrary",
    "crossed", "apart", "clash_on_beat",
)  # fmt: skip
FEATURES: tuple[str, ...] = (
    *(f"{voice}_{name}" for voice in _VOICES for name in _LINE),
    *(f"{a}_{b}_{name}" for a, b in _PAIRS for name in _PAIR),
    "third_sounds",
    "chord_changes",
)
"""The names of the features, in order."""
_CHORDS = list(QUALITIES.values())
_WHITE = np.isin(np.arange(OCTAVE), (0, 2, 4, 5, 7, 9, 11))
_MEMBER = np.array(
    [
        [[(p - root) % OCTAVE in chord for p in range(OCTAVE)] for chord in _CHORDS]
        for root in range(OCTAVE)
    ]
)
_INTERVAL_KIND = np.array([0, 3, 3, 1, 1, 2, 4, 2, 1, 1, 3, 3])
_LONG = 3


def phrase_features(
    voices: Mapping[str, Integers], root: Integers, quality: Integers
) -> NDArray[np.float64]:
    """Return the features float64 [FEATURES] of four bars.

    voices: tokens [64] by role at canonical pitch; a missing role is silent. root, quality: [8]
    half bars, -1 where unknown. A share of an empty set is 0.
    """
    lines = {role: _Line(voices.get(role)) for role in _VOICES}
    members = _members(np.asarray(root), np.asarray(quality))
    values: list[float] = []
    for role in _VOICES:
        values += _line_features(lines[role]) + _chord_features(lines[role], members, root)
    for first, second in _PAIRS:
        values += _pair_features(lines[first], lines[second])
    values += [_third_share(lines, root, quality), float(np.mean(np.diff(root) != 0))]
    return np.array(values)


class _Line:
    """A voice's tokens, and values that are often computed from them."""

    def __init__(self, tokens: Integers | None) -> None:
        if tokens is None:
            tokens = np.ones(PHRASE_STEPS, np.int64)
        if len(tokens) != PHRASE_STEPS:
            raise ValueError(f"a voice has {len(tokens)} steps, a phrase {PHRASE_STEPS}")
        self.tokens = np.asarray(tokens, np.int64)
        self.onsets = np.flatnonzero(self.tokens >= FIRST_NOTE)
        self.pitches = self.tokens[self.onsets] - FIRST_NOTE + LOWEST
        self.lengths = remaining(self.tokens)[self.onsets]
        self.sounds = sounding(self.tokens)


def _line_features(line: _Line) -> list[float]:
    """Return the features of a line by itself: rhythm, intervals, register, repetition."""
    onsets, lengths, pitches = line.onsets, line.lengths, line.pitches
    count = max(1, len(onsets))
    moves = pitches[1:] - pitches[:-1]  # a tenth of the time of np.diff
    size = np.abs(moves)
    places = onsets % 4
    bars = onsets // STEPS_A_BAR
    by_bar = np.bincount(bars, minlength=PHRASE_BARS)
    shares = np.bincount(np.minimum(lengths, 8), minlength=9)[1:] / count
    last_bar = lengths[bars == PHRASE_BARS - 1]
    return [
        len(onsets) / 64,
        _share(line.sounds < 0),
        *shares[:4].tolist(),
        float(shares[4:7].sum()),
        float(shares[7]),
        *(_share((size >= low) & (size <= high)) for low, high in _SIZES),
        _share(size == 12),
        _share((size > 7) & (size != 12)),
        _share(moves[moves != 0] > 0),
        float(np.ptp(pitches)) / 24 if len(pitches) else 0.0,
        len(set((pitches % OCTAVE).tolist())) / 7,
        _share(places == 0),
        _share(places == 2),
        _share(places % 2 == 1),
        _share((places != 0) & (lengths >= _LONG)),
        _entropy(lengths),
        _repaid(moves),
        _longest_run(pitches) / 8,
        _longest_run(lengths) / 16,
        *_bar_likeness(line),
        float(last_bar.max()) / 16 if len(last_bar) else 0.0,
        _share(line.sounds[-8:] < 0),
        _share(_WHITE[pitches % OCTAVE]),
        by_bar.max() / 16,
        by_bar.min() / 16,
    ]


_SIZES = ((0, 0), (1, 2), (3, 4), (5, 7))


def _share(marks: NDArray[np.bool_]) -> float:
    return np.count_nonzero(marks) / marks.size if marks.size else 0.0


def _entropy(values: Integers) -> float:
    """Return the entropy in bits of how often each value occurs, divided by 3."""
    if not len(values):
        return 0.0
    counts = np.bincount(values)
    shares = counts[counts > 0] / len(values)
    return float(-(shares * np.log2(shares)).sum()) / 3


def _repaid(moves: Integers) -> float:
    """Return the share of leaps of a fifth or more that are followed by a turn back."""
    leaps = np.abs(moves[:-1]) >= 7
    return _share(np.sign(moves[1:])[leaps] == -np.sign(moves[:-1])[leaps])


def _longest_run(values: Integers) -> int:
    """Return the length of the longest run of equal values."""
    longest = run = min(1, len(values))
    for before, value in pairwise(values.tolist()):
        run = run + 1 if value == before else 1
        longest = max(longest, run)
    return longest


def _bar_likeness(line: _Line) -> list[float]:
    """Return how alike bars one apart and two apart are: in onsets, in notes, in direction."""
    tokens = line.tokens.reshape(PHRASE_BARS, STEPS_A_BAR)
    is_onset = tokens >= FIRST_NOTE
    signs = np.zeros(PHRASE_STEPS, np.int64)
    signs[line.onsets[1:]] = np.sign(np.diff(line.pitches)) + 2
    direction = signs.reshape(PHRASE_BARS, STEPS_A_BAR)
    result: list[float] = []
    both_by_ago = []
    for ago in (1, 2):
        union = (is_onset[ago:] | is_onset[:-ago]).sum(axis=1)
        both = is_onset[ago:] & is_onset[:-ago]
        both_by_ago.append((ago, both, np.maximum(union, 1)))
        result.append(float((both.sum(axis=1) / np.maximum(union, 1)).mean()))
    for table in (tokens, direction):
        for ago, both, union in both_by_ago:
            same = (both & (table[ago:] == table[:-ago])).sum(axis=1)
            result.append(float((same / union).mean()))
    return result


def _members(root: Integers, quality: Integers) -> NDArray[np.bool_]:
    """Return whether each pitch class belongs to the chord at each step [64, 12]."""
    known = (root >= 0) & (quality >= 0)
    table = _MEMBER[np.maximum(root, 0), np.maximum(quality, 0)] & known[:, None]
    return np.repeat(table, STEPS_A_CHORD, axis=0)[:PHRASE_STEPS]


def _chord_features(line: _Line, members: NDArray[np.bool_], root: Integers) -> list[float]:
    """Return shares of a line's notes that fit their chords, and of chords whose root it plays."""
    fits = members[line.onsets, line.pitches % OCTAVE]
    changes = np.arange(0, PHRASE_STEPS, STEPS_A_CHORD)
    sounds = line.sounds[changes]
    at_root = (sounds + LOWEST - np.asarray(root)) % OCTAVE == 0
    return [
        _share(fits[line.onsets % 4 == 0]),
        _share(fits[line.lengths >= _LONG]),
        _share(fits),
        _share(at_root[sounds >= 0]),
    ]


def _pair_features(high: _Line, low: _Line) -> list[float]:
    """Return features of two lines together: intervals, common onsets, crossing, motion."""
    both = (high.sounds >= 0) & (low.sounds >= 0)
    apart = (high.sounds - low.sounds)[both]
    kinds = _INTERVAL_KIND[np.abs(apart) % OCTAVE]
    starts = (high.tokens >= FIRST_NOTE) & (low.tokens >= FIRST_NOTE)
    either = (high.tokens >= FIRST_NOTE) | (low.tokens >= FIRST_NOTE)
    common = np.flatnonzero(starts)
    moves = np.sign(np.diff(high.tokens[common])) * np.sign(np.diff(low.tokens[common]))
    beats = np.flatnonzero(both & (np.arange(PHRASE_STEPS) % 4 == 0))
    on_beat = _INTERVAL_KIND[np.abs(high.sounds[beats] - low.sounds[beats]) % OCTAVE]
    return [
        *(_share(kinds == kind) for kind in range(5)),
        float(starts.sum()) / max(1, int(either.sum())),
        _share(moves < 0),
        _share(apart < 0),
        float(apart.mean()) / 24 if len(apart) else 0.0,
        _share(on_beat >= 3),
    ]


def _third_share(lines: Mapping[str, _Line], root: Integers, quality: Integers) -> float:
    """Return the share of chords of which some voice sounds the third."""
    found = []
    for place, (r, q) in enumerate(zip(root, quality, strict=True)):
        if r < 0 or q < 0:
            continue
        third = (r + _CHORDS[q][1]) % OCTAVE
        span = slice(place * STEPS_A_CHORD, (place + 1) * STEPS_A_CHORD)
        parts = [line.sounds[span] for line in lines.values()]
        found.append(
            any(((part >= 0) & ((part + LOWEST) % OCTAVE == third)).any() for part in parts)
        )
    return float(np.mean(found)) if found else 0.0
