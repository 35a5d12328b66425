"""Features of a piece, by which a set of pieces is compared with a set of others.

All are measured on the 16th grid, in stretches of 16 steps ("bars", whatever the metre), over at
most the first 24 of them, and over all tonal voices together; the tune is the highest note at each
onset at which it is struck. They are no part of what the choice among takes looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BAR = 16
MOST_BARS = 24
LEAST_BARS, LEAST_NOTES = 4, 24
_LONGEST = 32
"""Durations and gaps count as this long at most."""

_BASE_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_SCALES = [[(step + key) % 12 for step in scale] for scale in _BASE_SCALES for key in range(12)]

Steps = Sequence[tuple[int, int, int]]
"""(first step, step behind the last, MIDI pitch)."""
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]


def features_of(notes: Steps) -> dict[str, float] | None:
    """Return the features of a piece by name; None under 4 bars or 24 notes. NaN: not measurable.

    Bars are counted from the one in which the first note begins.
    """
    if len(notes) < LEAST_NOTES:
        return None
    begin = min(start for start, _, _ in notes) // BAR * BAR
    end = MOST_BARS * BAR
    placed = sorted((s - begin, min(e - begin, end), p) for s, e, p in notes if s - begin < end)
    bars = -(-max(e for _, e, _ in placed) // BAR)
    if bars < LEAST_BARS or len(placed) < LEAST_NOTES:
        return None
    grid = _Grid(placed, bars)
    return {
        **_whole(grid),
        **_outer_voices(grid),
        **_durations(grid),
        **_likeness(grid),
        **_harmony(grid),
        **_tune(grid),
    }


class _Grid:
    """A piece on the grid: what sounds and what begins, bool [steps, 128], and its notes."""

    def __init__(self, notes: Steps, bars: int) -> None:
        self.bars = bars
        self.steps = bars * BAR
        self.start, end, self.pitch = np.array(notes, np.int64).T
        self.length = end - self.start
        self.sounds = np.zeros((self.steps, 128), bool)
        self.begins = np.zeros((self.steps, 128), bool)
        for first, last, pitch in notes:
            self.sounds[first:last, pitch] = True
            self.begins[first, pitch] = True
        self.by_bar: Bools = self.begins.reshape(bars, BAR, 128)
        self.onsets: Integers = np.flatnonzero(self.begins.any(axis=1))
        heard = self.sounds[self.onsets]
        self.top: Integers = 127 - heard[:, ::-1].argmax(axis=1)
        self.low: Integers = heard.argmax(axis=1)
        self.classes: Integers = np.bincount(self.pitch % 12, minlength=12)


def _entropy(counts: Integers) -> float:
    """Return the entropy of a distribution in bits."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _capped(values: Integers) -> Integers:
    return np.bincount(np.minimum(values, _LONGEST))


def _whole(grid: _Grid) -> dict[str, float]:
    notes = grid.start.size
    voices = grid.sounds.sum(axis=1)
    heard = voices[voices > 0]
    return {
        "notes_per_beat": notes / (grid.steps / 4),
        "pc_entropy": _entropy(grid.classes),
        "pitch_classes": float((grid.classes > 0).sum()),
        "scale": max(int(grid.classes[scale].sum()) for scale in _SCALES) / notes,
        "range": float(np.ptp(grid.pitch)),
        "distinct": float(np.unique(grid.pitch).size),
        "voices": float(heard.mean()),
        "two_or_more": float((heard >= 2).mean()),
        "silence": float((voices == 0).mean()),
    }


def _outer_voices(grid: _Grid) -> dict[str, float]:
    top, low = float(np.median(grid.top)), float(np.median(grid.low))
    upper, lower = np.abs(np.diff(grid.top)), np.abs(np.diff(grid.low))
    return {
        "top_median": top,
        "low_median": low,
        "spread": top - low,
        "top_interval": _mean(upper),
        "top_steps": _mean((upper >= 1) & (upper <= 2)),
        "top_same": _mean(upper == 0),
        "low_interval": _mean(lower),
        "low_same": _mean(lower == 0),
    }


def _durations(grid: _Grid) -> dict[str, float]:
    gaps = np.diff(grid.onsets)
    return {
        "length_mean": _mean(grid.length),
        "length_sd": float(grid.length.std()),
        "length_entropy": _entropy(_capped(grid.length)),
        "gap_entropy": _entropy(_capped(gaps)),
        "gap_mean": _mean(gaps),
        "on_beat": _mean(grid.start % 4 == 0),
        "on_downbeat": _mean(grid.start % BAR == 0),
        "on_odd_step": _mean(grid.start % 2 == 1),
    }


def _likeness(grid: _Grid) -> dict[str, float]:
    """How far bars are like those before them."""
    rhythm = np.asarray(grid.by_bar.any(axis=2))
    texts = [bar.tobytes() for bar in grid.by_bar]
    again = [
        bool(bar.any()) and text in texts[:place]
        for place, (bar, text) in enumerate(zip(grid.by_bar, texts, strict=True))
    ]
    found = {
        "groove": 1 - _mean(rhythm[1:] != rhythm[:-1]),
        "bars_repeated": sum(again) / grid.bars,
    }
    for lag in (1, 2, 4, 8):
        name = "like_1_bar_ago" if lag == 1 else f"like_{lag}_bars_ago"
        found[name] = _likeness_at(grid.by_bar, lag)
    return found


def _likeness_at(by_bar: Bools, lag: int) -> float:
    """Return the mean share of (step, pitch) that two bars have in common of all that they have."""
    shares = []
    for here, there in zip(by_bar[lag:], by_bar, strict=False):
        either = int((here | there).sum())
        shares.append(int((here & there).sum()) / either if either else 1.0)
    return float(np.mean(shares)) if shares else float("nan")


def _harmony(grid: _Grid) -> dict[str, float]:
    in_bars = [
        _entropy(np.bincount(np.nonzero(bar)[1] % 12, minlength=12))
        for bar in grid.by_bar
        if bar.any()
    ]
    inside = float(np.mean(in_bars))
    bars, halves = _chroma(grid, BAR), _chroma(grid, BAR // 2)
    counts = grid.by_bar.sum(axis=(1, 2))
    low = [
        len({int(p) % 12 for t, p in zip(grid.onsets, grid.low, strict=True) if t // BAR == bar})
        for bar in range(grid.bars)
    ]
    held = np.zeros(grid.start.size, bool)
    late = grid.start >= 3
    held[late] = grid.begins[grid.start[late] - 3, grid.pitch[late]]
    return {
        "entropy_in_bar": inside,
        "entropy_across": _entropy(grid.classes) - inside,
        "chord_change": _mean(bars[1:] != bars[:-1]),
        "half_bar_change": _mean(halves[1::2] != halves[::2]),
        "density_sd": float(counts.std() / max(1.0, counts.mean())),
        "low_classes_per_bar": float(np.mean(low)),
        "echo_after_3_steps": _mean(held),
    }


def _chroma(grid: _Grid, steps: int) -> Bools:
    """Return which pitch classes sound in each stretch of so many steps, bool [stretches, 12]."""
    stretches = np.asarray(grid.sounds.reshape(-1, steps, 128).any(axis=1))
    octaves = [stretches[:, first::12].any(axis=1) for first in range(12)]
    return np.stack(octaves, axis=1)


def _tune(grid: _Grid) -> dict[str, float]:
    struck = grid.begins[grid.onsets, grid.top]
    when, tune = grid.onsets[struck], grid.top[struck]
    gaps = np.diff(np.append(when, grid.steps))
    moves = np.diff(tune)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    kinds, poor = [], 0
    for bar in range(grid.bars):
        inside = when // BAR == bar
        poor += np.unique(tune[inside]).size <= 2
        if inside.sum() >= 3:
            where = tuple((when[inside] - bar * BAR).tolist())
            shapes.append((where, tuple(np.diff(tune[inside]).tolist())))
            kinds.append(np.unique(gaps[inside]).size)
    rhythms = [where for where, _ in shapes]
    repaid = [
        bool(np.sign(b) == -np.sign(a) and abs(b) <= 2) for a, b in pairwise(moves) if abs(a) >= 7
    ]
    ends = [
        min(int(gaps[when < stop][-1]), BAR)
        for stop in range(4 * BAR, grid.steps + 1, 4 * BAR)
        if (when < stop).any()
    ]
    return {
        "tune_same_pitch": _mean(moves == 0) if moves.size else 0.0,
        "tune_semitones": _mean(np.abs(moves) == 1) if moves.size else 0.0,
        "tune_gap_mode": float(_capped(gaps).max() / gaps.size) if gaps.size else 1.0,
        "tune_gap_kinds": float(np.mean(kinds)) if kinds else 1.0,
        "tune_shape_reused": (len(shapes) - len(set(shapes))) / len(shapes) if shapes else 0.0,
        "tune_rhythm_reused": (len(rhythms) - len(set(rhythms))) / len(rhythms) if rhythms else 0.0,
        "tune_leaps_repaid": float(np.mean(repaid)) if repaid else float("nan"),
        "tune_phrase_end_length": float(np.mean(ends)) if ends else float("nan"),
        "tune_bars_of_two_pitches": poor / grid.bars,
    }


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.astype(float).mean()) if values.size else float("nan")
