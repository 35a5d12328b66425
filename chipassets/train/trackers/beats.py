"""From rows to beats: which rows are 16ths, how fast the quarters are, and how long a bar is."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from chipassets.midi.reader import MidiContent
from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.playing import Played

_TICKS_A_ROW = 96
_USUAL_ROWS = 4
"""Rows of a quarter note: a row is a 16th unless the tempo would be out of range."""
_SLOWEST_BPM, _FASTEST_BPM, _SURELY_TOO_FAST_BPM = 62.0, 190.0, 280.0
_MOST_ODD = 0.1
_SHORTEST_RUN = 4
_LIKE = 1e-6
_LEAST_SWING = 0.2
"""In octaves: below it, rows differ because their frames do not divide the beat."""
_LIKE_USUAL = 0.4
"""In octaves: rows that differ more are pauses, and do not count for the tempo."""
_MICROSECONDS_A_MINUTE = 60_000_000


def to_content(played: Played) -> tuple[MidiContent, dict[str, int]]:
    """Return the notes in ticks, and what was repaired; RefusedFileError if nothing was played.

    Rows stand for equal parts of a beat: swing made of alternating long and short rows becomes
    straight. Where rows are half or twice as long for a while, they are halves or doubles of a
    step. Voice v of the content is the channel v // 16.
    """
    if not played.row_seconds:
        raise RefusedFileError("no rows to play")
    seconds = np.array(played.row_seconds, np.float64)
    even, swung = _straightened(seconds)
    ratios = even / _usual(even)
    exponents = _exponents(ratios)
    is_usual = np.abs(np.log2(ratios) - exponents) < _LIKE_USUAL
    row_bpm = 60 / float((seconds / 2.0**exponents)[is_usual].mean())
    edges = np.concatenate(([0.0], np.cumsum(2.0**exponents)))
    rows = _rows_a_quarter(row_bpm, played, edges)
    per_quarter = round(_TICKS_A_ROW * rows)

    def ticks(row: float) -> int:
        return round(float(np.interp(row, np.arange(len(edges)), edges)) * _TICKS_A_ROW)

    content = MidiContent(per_quarter, names=dict(enumerate(played.voices)))
    content.notes = [(ticks(n.start), ticks(n.end), n.pitch, 16 * n.voice) for n in played.notes]
    content.strokes = [(ticks(s.start), s.key, s.velocity) for s in played.strokes]
    content.drums = [tick for tick, _, _ in content.strokes]
    content.tempi = [(0, round(_MICROSECONDS_A_MINUTE * rows / row_bpm))]
    content.programs = {number for number, _ in enumerate({n.voice for n in played.notes})}
    content.tracks = content.promised = len(played.voices)
    metre = _metre(played.pattern_rows, rows)
    content.metres = {(0, *metre)} if metre else set()
    return content, {"swing_straightened": swung, "tracker_data_skipped": played.damaged}


def _straightened(seconds: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Return the rows' lengths, those that alternate replaced by their mean, and how many do."""
    if len(seconds) < _SHORTEST_RUN:
        return seconds, 0
    same = np.abs(seconds[2:] - seconds[:-2]) <= _LIKE
    differs = np.abs(np.diff(np.log2(seconds))) > _LEAST_SWING
    alternates = np.zeros(len(seconds), bool)
    inside = same & differs[:-1] & differs[1:]
    for lag in range(3):
        alternates[lag : len(seconds) - 2 + lag] |= inside
    pair = np.empty_like(seconds)
    pair[:-1] = (seconds[:-1] + seconds[1:]) / 2
    pair[-1] = (seconds[-1] + seconds[-2]) / 2
    follows = np.append(alternates[1:], False) & np.append(differs, False)
    before = np.concatenate(([seconds[0]], (seconds[1:] + seconds[:-1]) / 2))
    even = np.where(alternates, np.where(follows, pair, before), seconds)
    return even, int(alternates.sum())


def _usual(seconds: NDArray[np.float64]) -> float:
    """Return the length of the most rows."""
    lengths, counts = np.unique(np.round(seconds, 6), return_counts=True)
    return float(lengths[np.argmax(counts)])


def _exponents(ratios: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each row the power of two that it is of the usual row.

    A change for less than four rows is a pause or a hurry, not another grid.
    """
    found = np.round(np.log2(ratios)).astype(np.int64)
    starts = np.flatnonzero(np.diff(found, prepend=found[0] - 1))
    for start, end in zip(starts, np.append(starts[1:], len(found)), strict=True):
        if end - start < _SHORTEST_RUN:
            found[start:end] = 0
    return np.clip(found, -4, 4)


def _rows_a_quarter(row_bpm: float, played: Played, edges: NDArray[np.float64]) -> float:
    """Return how many usual rows a quarter has, so that its tempo is one of music.

    Rows are 16ths; at a tempo that is too fast for these they are 32nds, unless many notes start
    between the 32nds' halves, and at one that is too slow 8ths.
    """
    rows = float(_USUAL_ROWS)
    while row_bpm / rows > _SURELY_TOO_FAST_BPM:
        rows *= 2
    if row_bpm / rows > _FASTEST_BPM and _share_odd(played, edges, rows / 2) <= _MOST_ODD:
        rows *= 2
    while row_bpm / rows < _SLOWEST_BPM and rows > 0.25:
        rows /= 2
    return rows


def _share_odd(played: Played, edges: NDArray[np.float64], step: float) -> float:
    """Return the share of starts that are on no multiple of `step` usual rows."""
    starts = [note.start for note in played.notes] + [stroke.start for stroke in played.strokes]
    if not starts:
        return 0.0
    places = np.interp(np.array(starts), np.arange(len(edges)), edges)
    off = np.abs(places / step - np.round(places / step))
    return float((off > 0.25 / step).mean())


def _metre(pattern_rows: Counter[int], rows: float) -> tuple[int, int] | None:
    """Return 3/4 if the usual pattern has 3, 6, 12, ... quarters, as 48 rows have; else None.

    None is 4/4 for the corpus, as in a MIDI file without a metre.
    """
    usual = max(pattern_rows, key=lambda count: (count * pattern_rows[count], count)) / rows
    bars = usual / 3
    return (3, 4) if bars >= 1 and bars == 2 ** int(np.log2(bars)) else None
