"""Cut pieces into training slices: 16 bars in one metre, in C major or A minor, with controls."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chipassets.compose.codec import Note
from chipassets.train import controls
from chipassets.train.corpus import Piece
from chipassets.train.keyfinding import canonical_shift, find_key, share_in_canonical_scale
from chipassets.train.metre import Span, spans

LOWEST_PITCH, HIGHEST_PITCH = 33, 96
"""A1 to C7: what the voices of the chip can play well; notes beyond move by octaves."""


@dataclass(frozen=True, slots=True)
class SliceRules:
    """How pieces are cut. Bars are of the metre; a hop below `bars` makes slices overlap."""

    bars: int = 16
    hop_bars: int = 16
    game_hop_bars: int = 4
    shortest_bars: int = 4
    double_time: bool = True
    canonical_key: bool = True
    least_onsets_per_beat: float = 0.75
    least_share_in_scale: float = 0.75
    most_silence: float = 0.25


@dataclass(frozen=True, slots=True)
class Slice:
    """One training sequence: notes from step 0, whole bars, and the rows of its controls.

    rows: of density, polyphony, mode and style, in this order.
    """

    notes: tuple[Note, ...]
    total_steps: int
    metre: str
    rows: tuple[int, ...]


def cut(piece: Piece, rules: SliceRules, skipped: Counter[str]) -> Iterator[Slice]:
    """Yield the slices of a piece and count in `skipped` what is left out and why."""
    notes = list(piece.notes)
    is_hymn = "hymn" in f"{piece.style} {piece.source}".lower()
    if not is_hymn:
        yield from _cut_spans(piece, notes, spans(notes, piece.metres), rules, skipped)
    if rules.double_time and on_8th_grid(notes):
        fast = [(start // 2, max(1, duration // 2), pitch) for start, duration, pitch in notes]
        yield from _cut_spans(piece, fast, spans(fast, piece.metres, doubled=True), rules, skipped)
    elif is_hymn:
        skipped["pieces: hymns that do not halve"] += 1


def on_8th_grid(notes: list[Note]) -> bool:
    """Return whether nearly every note (98 %) starts and ends on an 8th."""
    even = sum(1 for start, duration, _ in notes if start % 2 == 0 and duration % 2 == 0)
    return even >= 0.98 * len(notes)


def _cut_spans(
    piece: Piece, notes: list[Note], found: list[Span], rules: SliceRules, skipped: Counter[str]
) -> Iterator[Slice]:
    starts = [note[0] for note in notes]
    hop = rules.game_hop_bars if piece.style.lower() == "game" else rules.hop_bars
    for span in found:
        bars = (span.end_step - span.start_step) // span.bar_steps
        for first in range(0, max(1, bars - rules.shortest_bars + 1), hop):
            length = min(rules.bars, bars - first)
            if length < rules.shortest_bars:
                skipped["slices: shorter than the shortest"] += 1
                continue
            begin = span.start_step + first * span.bar_steps
            total = length * span.bar_steps
            inside = notes[bisect_left(starts, begin) : bisect_left(starts, begin + total)]
            window = [(s - begin, min(d, begin + total - s), p) for s, d, p in inside]
            made = _finish(window, total, span.metre, piece.style, rules, skipped)
            if made:
                yield made


def _finish(
    window: list[Note],
    total_steps: int,
    metre: str,
    style: str,
    rules: SliceRules,
    skipped: Counter[str],
) -> Slice | None:
    """Return the slice in its key and range with its controls, or None, counted."""
    density = controls.density(window, total_steps)
    if density < rules.least_onsets_per_beat:
        skipped["slices: too few notes"] += 1
        return None
    if _silence(window, total_steps) > rules.most_silence:
        skipped["slices: too much silence"] += 1
        return None
    tonic, mode = find_key(window)
    shift = canonical_shift(tonic, mode) if rules.canonical_key else 0
    moved = [(s, d, p + shift) for s, d, p in window]
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
    return Slice(tuple(folded), total_steps, metre, rows)


def _silence(notes: list[Note], total_steps: int) -> float:
    """Return the share of steps in which nothing sounds."""
    sounding: set[int] = set()
    for start, duration, _ in notes:
        sounding.update(range(start, start + duration))
    return 1 - len(sounding) / total_steps


def _fold(notes: list[Note]) -> list[Note]:
    """Return the notes within range, moved by octaves, without one pitch sounding twice."""
    taken: dict[tuple[int, int], int] = {}
    for start, duration, pitch in notes:
        while pitch < LOWEST_PITCH:
            pitch += 12
        while pitch > HIGHEST_PITCH:
            pitch -= 12
        taken[pitch, start] = max(duration, taken.get((pitch, start), 0))
    ordered = sorted(taken.items())
    folded = []
    for index, ((pitch, start), duration) in enumerate(ordered):
        if index + 1 < len(ordered) and ordered[index + 1][0][0] == pitch:
            duration = min(duration, ordered[index + 1][0][1] - start)
        folded.append((start, duration, pitch))
    return sorted(folded, key=lambda note: (note[0], -note[2]))
