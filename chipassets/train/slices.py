"""Cuts pieces into training slices: 16 bars in one metre, in C major or A minor, with controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.train import control_inputs as controls
from chipassets.train.corpus import Piece
from chipassets.train.keyfinding import canonical_shift, find_key, share_in_canonical_scale
from chipassets.train.metre import Span, spans
from chipassets.train.music import one_voice_per_pitch
from chipassets.units import OCTAVE

LOWEST_PITCH, HIGHEST_PITCH = 33, 96
"""A1 to C7: the range of the chip's voices; notes outside move by octaves."""

Notes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SliceRules:
    """How pieces are cut. Bars are of the metre; a hop below `bars` makes slices overlap.

    A whole piece may be shorter than a slice: down to `shortest_piece_bars`.
    """

    bars: int = 16
    hop_bars: int = 16
    game_hop_bars: int = 4
    shortest_bars: int = 4
    shortest_piece_bars: int = 2
    double_time: bool = True
    canonical_key: bool = True
    least_onsets_per_beat: float = 0.75
    least_share_in_scale: float = 0.75
    most_silence: float = 0.25


@dataclass(frozen=True, slots=True)
class Slice:
    """One training sequence: notes from step 0, whole bars, and the rows of its controls.

    notes: int64 [n, 3], start, duration, pitch. rows: of density, polyphony, mode and style, in
    this order.
    """

    notes: Notes
    total_steps: int
    metre: str
    rows: tuple[int, ...]


def cut(piece: Piece, rules: SliceRules, skipped: Counter[str]) -> Iterator[Slice]:
    """Yield the slices of a piece; `skipped` counts what is left out, by reason."""
    notes = np.array(piece.notes, np.int64)
    is_hymn = "hymn" in f"{piece.style} {piece.source}".lower()
    if not is_hymn:
        yield from _cut_spans(piece, notes, spans(notes, piece.metres), rules, skipped)
    if rules.double_time and on_8th_grid(notes):
        fast = np.column_stack((notes[:, 0] // 2, np.maximum(1, notes[:, 1] // 2), notes[:, 2]))
        found = spans(fast, piece.metres, doubled=True)
        # Only a whole short piece counts as a jingle.
        rules = replace(rules, shortest_piece_bars=rules.shortest_bars)
        yield from _cut_spans(piece, fast, found, rules, skipped)
    elif is_hymn:
        skipped["pieces: hymns that do not halve"] += 1


def on_8th_grid(notes: Notes) -> bool:
    """Return whether nearly every note (98 %) starts and ends on an 8th."""
    even = (notes[:, :2] % 2 == 0).all(axis=1)
    return bool(even.sum() >= 0.98 * len(notes))


def _cut_spans(
    piece: Piece, notes: Notes, found: list[Span], rules: SliceRules, skipped: Counter[str]
) -> Iterator[Slice]:
    """Yield the slices of a piece's spans; `skipped` counts what is left out, by reason."""
    hop = rules.game_hop_bars if piece.style.lower() == "game" else rules.hop_bars
    for span in found:
        bars = (span.end_step - span.start_step) // span.bar_steps
        shortest = rules.shortest_bars
        if bars < shortest and len(found) == 1:
            # A piece that ends within its last bar is padded to the bar's end.
            bars = -(-(span.end_step - span.start_step) // span.bar_steps)
            shortest = rules.shortest_piece_bars
        for first in range(0, max(1, bars - shortest + 1), hop):
            length = min(rules.bars, bars - first)
            if length < shortest:
                skipped["slices: shorter than the shortest"] += 1
                continue
            begin = span.start_step + first * span.bar_steps
            total = length * span.bar_steps
            window = _window(notes, begin, begin + total)
            made = _finish(window, total, span.metre, piece.style, rules, skipped)
            if made:
                yield made


def _window(notes: Notes, begin: int, end: int) -> Notes:
    """Return the notes that start between `begin` and `end`, relative to it and cut at its end."""
    first, last = np.searchsorted(notes[:, 0], (begin, end))
    window = notes[first:last].copy()
    window[:, 1] = np.minimum(window[:, 1], end - window[:, 0])
    window[:, 0] -= begin
    return window


def _finish(
    window: Notes,
    total_steps: int,
    metre: str,
    style: str,
    rules: SliceRules,
    skipped: Counter[str],
) -> Slice | None:
    """Return the slice in its key and range with its controls, or None, which is counted."""
    density = controls.density(window, total_steps)
    if density < rules.least_onsets_per_beat:
        skipped["slices: too few notes"] += 1
        return None
    silence = np.count_nonzero(controls.sounding(window, total_steps) == 0) / total_steps
    if silence > rules.most_silence:
        skipped["slices: too much silence"] += 1
        return None
    tonic, mode = find_key(window)
    shift = canonical_shift(tonic, mode) if rules.canonical_key else 0
    moved = window + np.array((0, 0, shift))
    if rules.canonical_key and share_in_canonical_scale(moved, mode) < rules.least_share_in_scale:
        skipped["slices: in no one key"] += 1
        return None
    folded = _fold(moved)
    rows = (
        controls.DENSITY.bucket(density),
        controls.POLYPHONY.bucket(controls.mean_polyphony(folded, total_steps)),
        controls.MODE.row(mode),
        controls.style_row(style),
    )
    return Slice(folded, total_steps, metre, rows)


def _fold(notes: Notes) -> Notes:
    """Return the notes within range, moved by octaves, without one pitch sounding twice."""
    starts, lengths, pitches = notes.T
    up = np.maximum(0, -((pitches - LOWEST_PITCH) // OCTAVE))
    down = np.maximum(0, -((HIGHEST_PITCH - pitches) // OCTAVE))
    folded = np.column_stack((starts, lengths, pitches + OCTAVE * (up - down)))
    return one_voice_per_pitch(folded)[0]
