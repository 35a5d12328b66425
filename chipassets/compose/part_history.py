"""A voice's own past as input of its network, for many rows in parallel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    FIRST_NOTE,
    HIDDEN,
    PITCHES,
    REST,
    STEPS_A_BAR,
    VOCABULARY,
    Integers,
)
from chipassets.units import OCTAVE

_MOST_AGE = 16
_WIDEST = 12
_MOST_REPEATS = 4
_BEFORE = 4 * STEPS_A_BAR + 8
"""Columns before the first step, so that no look back leaves the arrays."""
_RHYTHM_STEPS = 6

COPIES = ("copy_1", "copy_2", "copy_4", "sequence_1", "diatonic_1", "diatonic_2", "diatonic_4")
"""Candidate tokens: literally one, two, four bars ago; the same step on from the last pitch, in
semitones or in degrees of the white keys."""

HISTORY_GROUPS: dict[str, int] = {
    "last_token": VOCABULARY,
    "last_pitch": PITCHES,
    "age": _MOST_AGE + 1,
    "last_interval": 2 * _WIDEST + 1,
    "repeats": _MOST_REPEATS,
    "after_copy_1": VOCABULARY,
    "after_copy_2": VOCABULARY,
    **dict.fromkeys(COPIES, VOCABULARY),
    "same_rhythm": 8,
}
"""The groups of a voice's own past and how many classes each has, in column order."""

_BARS_AGO = {name: int(name[-1]) for name in COPIES}

# Degrees of the white keys; a black key shares the degree of the nearest white one, as a sharp of
# C, F, G and a flat of E, B (the usual accidentals of C major and A minor).
_DEGREE_IN_OCTAVE = (0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6)
_WHITE = (0, 2, 4, 5, 7, 9, 11)


def _degree_tables(lowest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the degree of each pitch above `lowest`, and the pitch of each degree."""
    pitches = np.arange(PITCHES) + lowest
    degrees = pitches // OCTAVE * 7 + np.array(_DEGREE_IN_OCTAVE)[pitches % OCTAVE]
    numbers = np.arange(-PITCHES, 3 * PITCHES)
    of_degree = numbers // 7 * OCTAVE + np.array(_WHITE)[numbers % 7] - lowest
    return degrees, of_degree


class History:
    """The tokens of each row so far, and the classes that the network reads of them.

    `write` adds a step; `classes` returns the input for the next one. equal: int64 [rows], how
    many of the last notes have the last pitch, 0 before the first note.
    """

    def __init__(self, rows: int, steps: int, lowest: int) -> None:
        self._degrees, self._of_degree = _degree_tables(lowest)
        self.tokens = np.full((rows, _BEFORE + steps), HIDDEN, np.int64)
        self._pitches = np.full((rows, _BEFORE + steps), -1, np.int64)
        self._interval = np.full(rows, HIDDEN, np.int64)
        self._age = np.full(rows, _MOST_AGE, np.int64)
        self.equal = np.zeros(rows, np.int64)
        self._was_rest = np.zeros(rows, bool)
        self._now = _BEFORE
        self._classes = np.empty((rows, len(HISTORY_GROUPS)), np.int64)

    @property
    def last_pitch(self) -> NDArray[np.int64]:
        """The pitch above LOWEST [rows] of the last note, -1 before the first."""
        return self._pitches[:, self._now - 1]

    def write(self, tokens: Integers) -> None:
        """Add the token [rows] of the next step."""
        now = self._now
        before = self._pitches[:, now - 1]
        is_note = tokens >= FIRST_NOTE
        is_rest = tokens == REST
        pitch = np.where(is_note, tokens - FIRST_NOTE, before)
        self.tokens[:, now] = tokens
        self._pitches[:, now] = pitch
        moved = is_note & (before >= 0)
        interval = np.clip(pitch - before, -_WIDEST, _WIDEST) + _WIDEST
        self._interval = np.where(moved, interval, self._interval)
        self.equal = np.where(is_note, np.where(pitch == before, self.equal, 0) + 1, self.equal)
        fresh = is_note | (is_rest & ~self._was_rest)
        self._age = np.where(fresh, 1, np.minimum(self._age + 1, _MOST_AGE))
        self._was_rest = is_rest
        self._now = now + 1

    def classes(self) -> NDArray[np.int64]:
        """Return the classes [rows, HISTORY_GROUPS] before the next step; the next call overwrites.

        HIDDEN where the step lies before the voice's start.
        """
        now, out, tokens = self._now, self._classes, self.tokens
        last = self._pitches[:, now - 1]
        out[:, 0] = tokens[:, now - 1]
        out[:, 1] = last
        out[:, 2] = self._age
        out[:, 3] = self._interval
        out[:, 4] = np.clip(self.equal - 1, 0, _MOST_REPEATS - 1)
        out[:, 5] = tokens[:, now - STEPS_A_BAR + 1]
        out[:, 6] = tokens[:, now - 2 * STEPS_A_BAR + 1]
        for place, name in enumerate(COPIES, start=7):
            back = now - _BARS_AGO[name] * STEPS_A_BAR
            if name.startswith("copy"):
                out[:, place] = tokens[:, back]
            else:
                out[:, place] = self._moved(back, last, name.startswith("diatonic"))
        out[:, 7 + len(COPIES)] = self._same_rhythm(now)
        return out

    def _moved(self, back: int, last: NDArray[np.int64], diatonic: bool) -> NDArray[np.int64]:
        """Return the token that repeats, from the last pitch, the interval at column `back`."""
        token = self.tokens[:, back]
        origin = self._pitches[:, back - 1]
        usable = (token >= FIRST_NOTE) & (origin >= 0) & (last >= 0)
        pitch = np.where(usable, token - FIRST_NOTE, 0)
        origin, last = np.where(usable, origin, 0), np.where(usable, last, 0)
        if diatonic:
            degree = self._degrees
            aim = self._of_degree[degree[last] + degree[pitch] - degree[origin] + PITCHES]
        else:
            aim = last + pitch - origin
        return np.where(usable & (aim >= 0) & (aim < PITCHES), aim + FIRST_NOTE, token)

    def _same_rhythm(self, now: int) -> NDArray[np.int64]:
        """Return as bits whether the last steps had the rhythm of one, two and four bars ago."""
        kinds = np.minimum(self.tokens[:, now - _RHYTHM_STEPS : now], FIRST_NOTE)
        bits = np.zeros(len(kinds), np.int64)
        for bit, bars in enumerate((1, 2, 4)):
            end = now - bars * STEPS_A_BAR
            then = np.minimum(self.tokens[:, end - _RHYTHM_STEPS : end], FIRST_NOTE)
            bits += np.where((kinds == then).all(axis=1) & (then[:, 0] >= 0), 1 << bit, 0)
        return bits
