"""The rows of a song: the positions in a bar at which its events begin, in frames.

A straight song has rows at its 16ths, a swung one at its own positions; other positions are given
in frames.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_MOST_ROWS = 64
_LONGEST_ROW = 255
_LEAST_SHARE = 50
"""A position in the bar becomes a row if at least one event in this number is there."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The length of each row of a bar, and the frames at which rows begin, up to the song's end."""

    lengths: tuple[int, ...]
    edges: tuple[int, ...]

    def after(self, start: int, end: int) -> tuple[int, ...]:
        """Return the frames at which rows begin, after `start` and up to `end`, included."""
        return self.edges[bisect_right(self.edges, start) : bisect_right(self.edges, end)]

    def place(self, frame: int) -> tuple[int, int]:
        """Return the row in which the frame lies, and how many of its frames are left."""
        row = (bisect_right(self.edges, frame) - 1) % len(self.lengths)
        start = self.edges[bisect_right(self.edges, frame) - 1]
        return row, start + self.lengths[row] - frame


def find_rows(starts: Iterable[int], frames: int, frames_per_bar: int) -> Rows:
    """Return the rows of a song whose events begin at these frames."""
    bar = min(max(frames_per_bar, 1), _MOST_ROWS * _LONGEST_ROW)
    counts = Counter(start % bar for start in starts)
    least = max(1, sum(counts.values()) // _LEAST_SHARE)
    common = [place for place, count in counts.most_common(_MOST_ROWS // 2) if count >= least]
    places = sorted({0, *common, *range(0, bar, _LONGEST_ROW)})
    lengths = tuple(b - a for a, b in zip(places, [*places[1:], bar], strict=True))
    edges = tuple(start + place for start in range(0, frames + 1, bar) for place in places)
    return Rows(lengths, edges)
