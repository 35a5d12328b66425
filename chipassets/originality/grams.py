"""Grams: a melody as elements, and one hash for each run of n elements.

A melody is its top line as elements, one for each pair of neighbouring notes: the interval in
semitones and the time between the two onsets in 16ths. A gram is a run of n elements, n + 1 notes;
it counts if at least three of its intervals differ, so that scales and trills do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.music.metrics import lead_line
from chipassets.music.score import Note

GRAM_LENGTHS = (6, 8, 10, 12, 16)

_LEAST_DISTINCT_INTERVALS = 3
_LONGEST_GAP_STEPS = 64
_MOST_SEMITONES = 64

# An odd multiplier without structure (2**64 over the golden ratio), and the two constants of the
# finaliser of splitmix64 (Steele, Lea, Flood 2014).
_BASE = 0x9E3779B97F4A7C15
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """A melody as elements: semitones up or down, and 16ths, from each note to the next."""

    intervals: NDArray[np.int64]
    gaps_steps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.intervals)

    @property
    def slower(self) -> Line:
        """Return the same melody at half the speed."""
        return Line(self.intervals, self.gaps_steps * 2)


def melody(notes: Sequence[Note]) -> Line:
    """Return the top line of the notes."""
    lead = lead_line(tuple(notes))
    pitches = np.array([note.pitch for note in lead], np.int64)
    starts = np.array([note.start_step for note in lead], np.int64)
    return Line(np.diff(pitches), np.diff(starts))


def countable(n: int, line: Line) -> Flags:
    """Return for each gram of n elements whether three of its intervals differ."""
    if len(line) < n:
        return np.zeros(0, bool)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(line.intervals, n), axis=1)
    distinct = 1 + (np.diff(windows, axis=1) != 0).sum(axis=1)
    return np.asarray(distinct >= _LEAST_DISTINCT_INTERVALS)


def gram_hashes(n: int, line: Line) -> Hashes:
    """Return uint64 [len(line) - n + 1]: one hash for each gram of n elements."""
    return hashes_by_length((n,), line)[n]


def hashes_by_length(lengths: Iterable[int], line: Line) -> dict[int, Hashes]:
    """Return the hashes of the grams of each length, rising: longer ones extend shorter ones.

    A hash does not depend on the length: compare only hashes of the same length.
    """
    semitones = np.clip(line.intervals, -_MOST_SEMITONES, _MOST_SEMITONES) + _MOST_SEMITONES
    gaps_steps = np.clip(line.gaps_steps, 0, _LONGEST_GAP_STEPS)
    elements = (semitones * 256 + gaps_steps + 1).astype(np.uint64)
    hashes, found, done = np.zeros(len(line) + 1, np.uint64), {}, 0
    for n in lengths:
        count = max(0, len(line) - n + 1)
        for offset in range(done, n):
            hashes = _mixed(hashes[:count] * np.uint64(_BASE) + elements[offset : offset + count])
        found[n], done = hashes, n
    return found


def _mixed(values: Hashes) -> Hashes:
    """Return the hashes with their bits mixed, as in splitmix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_MIX[0])
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_MIX[1])
    return values ^ (values >> np.uint64(31))
