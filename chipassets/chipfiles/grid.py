"""Rows and patterns: the frames of a ChipSong on a tracker's grid.

A row is a 16th note. Its length in frames follows the song's own bars and, where it is given, the
swing, so that a note that starts on a step starts exactly on a row. The loop's start and the song's
end always begin a row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chipassets.chips.chipsong import ChipSong
from chipassets.errors import RenderError
from chipassets.units import STRAIGHT, Swing, steps_per_bar, swung_frame


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its first frame, its length in frames, and its bar."""

    start_frame: int
    frames: int
    bar: int


@dataclass(frozen=True, slots=True)
class Grid:
    """All rows of a song in order, and the one at which the loop begins."""

    rows: tuple[Row, ...]
    loop_row: int | None

    def place(self, frame: int) -> tuple[int, int]:
        """Return the row that contains the frame, and the frame's offset in it."""
        index = bisect_right(self.rows, frame, key=lambda row: row.start_frame) - 1
        return index, frame - self.rows[index].start_frame

    def nearest(self, frame: int) -> int:
        """Return the row that starts nearest to the frame; of two equally near ones the earlier."""
        row, late = self.place(frame)
        return row + (2 * late > self.rows[row].frames and row + 1 < len(self.rows))


def row_grid(
    song: ChipSong, beats_per_bar: float, longest_frames: int, swing: Swing = STRAIGHT
) -> Grid:
    """Return the rows of the song, none longer than `longest_frames`; they cover every frame.

    With the song's swing late rows begin as late as its notes. RenderError for a song without
    frames or whose loop starts outside it.
    """
    start = song.loop_start_frame
    if song.frames < 1 or song.frames_per_bar < 1 or not 0 <= (start or 0) < song.frames:
        raise RenderError(
            f"a song of {song.frames} frames in bars of {song.frames_per_bar} that loops from "
            f"{start} has no rows"
        )
    edges = _edges(song, beats_per_bar, swing)
    rows: list[Row] = []
    for edge, following in pairwise(edges):
        rows += _split(edge, following, edge // song.frames_per_bar, longest_frames)
    loop_row = None if start is None else [row.start_frame for row in rows].index(start)
    return Grid(tuple(rows), loop_row)


def _edges(song: ChipSong, beats_per_bar: float, swing: Swing) -> list[int]:
    """Return the frames at which rows begin, and the song's end."""
    bars = -(-song.frames // song.frames_per_bar)
    steps = range(bars * steps_per_bar(beats_per_bar))
    frames = {swung_frame(step, song.frames_per_bar, beats_per_bar, swing) for step in steps}
    inside = {frame for frame in frames if frame < song.frames}
    return sorted(inside | {song.loop_start_frame or 0, song.frames})


def _split(start: int, end: int, bar: int, longest: int) -> list[Row]:
    """Return the frames from start to end as one row, or as several of nearly equal length."""
    parts = -(-(end - start) // longest)
    edges = [start + (end - start) * part // parts for part in range(parts + 1)]
    return [Row(a, b - a, bar) for a, b in pairwise(edges)]


def cut_patterns(grid: Grid, most_rows: int) -> list[range]:
    """Return the rows of each pattern, a new one at the loop's start.

    Patterns are one, two, four or more bars, a power of two, as phrases are: in 6/8 four bars of
    twelve rows instead of the five that fit into 64. A bar that does not fit is cut.
    """
    patterns: list[range] = []
    bars = _bars(grid)
    longest = max(map(len, bars))
    together = 1 << max((most_rows // longest).bit_length() - 1, 0)
    start, count = 0, 0
    for bar in bars:
        while bar.stop - start > most_rows:
            patterns.append(range(start, start + most_rows))
            start += most_rows
        count += 1
        if bar.stop == grid.loop_row or count == together:
            patterns.append(range(start, bar.stop))
            start, count = bar.stop, 0
    return [*patterns, range(start, len(grid.rows))] if start < len(grid.rows) else patterns


def _bars(grid: Grid) -> Sequence[range]:
    """Return the rows of each bar; a bar in which the loop starts counts as two."""
    starts = [
        index
        for index, row in enumerate(grid.rows)
        if index in (0, grid.loop_row) or row.bar != grid.rows[index - 1].bar
    ]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(grid.rows)], strict=True)]
