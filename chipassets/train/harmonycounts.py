"""Counts chord changes, inversions and cadences of pieces, by mode."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chipassets.music.chords import parse_chord
from chipassets.music.keys import Key
from chipassets.train.chordreading import HarmonyOfPiece
from chipassets.train.numerals import cadence_of, clear_mode, named_halves
from chipassets.units import OCTAVE

PHRASE_BARS = 4
_LEAST_BARS = 4

Masses = defaultdict[str, float]


def masses() -> Masses:
    """Return an empty table of weights by name."""
    return defaultdict(float)


def weights_by_pair() -> defaultdict[str, Masses]:
    """Return an empty table of weights: by a chord, then by the chord that follows it."""
    return defaultdict(masses)


@dataclass(slots=True)
class Counts:
    """The counts of one mode, weighted by pieces."""

    pieces: set[str] = field(default_factory=set)
    bars: float = 0.0
    chords: Masses = field(default_factory=masses)
    starts: Masses = field(default_factory=masses)
    places: tuple[Masses, ...] = field(
        default_factory=lambda: tuple(masses() for _ in range(PHRASE_BARS))
    )
    after_one: defaultdict[str, Masses] = field(default_factory=weights_by_pair)
    after_two: defaultdict[str, Masses] = field(default_factory=weights_by_pair)
    trigram_pieces: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    inversions: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0.0] * 4)
    )
    motion: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    split: list[list[float]] = field(
        default_factory=lambda: [[0.0, 0.0] for _ in range(PHRASE_BARS)]
    )
    held: list[list[float]] = field(
        default_factory=lambda: [[0.0, 0.0] for _ in range(PHRASE_BARS)]
    )
    cadences: Masses = field(default_factory=masses)


def count_piece(
    counts: Mapping[str, Counts], piece: HarmonyOfPiece, name: str, mass: float
) -> None:
    """Add a piece with a weight to the counts, in spans of one key of at least four bars."""
    halves = piece.halves
    at, share = 0, mass / max(len(piece.keys), 1)
    while at < len(piece.keys):
        end = at
        while end < len(piece.keys) and piece.keys[end] == piece.keys[at]:
            end += 1
        if end - at >= _LEAST_BARS * halves:
            tonic, mode = piece.keys[at]
            roots = Counter(
                ((heard[0] - tonic) % OCTAVE, heard[1]) for heard in piece.chords[at:end] if heard
            )
            mode = clear_mode(mode, roots)
            named = named_halves(piece.chords[at:end], [(tonic, mode)] * (end - at))
            if halves == 1:
                named = [chord for chord in named for _ in range(2)]
            _count_span(counts[mode], named, mode, at // halves, name, share / halves * 2)
        at = end


def _count_span(
    counts: Counts,
    named: list[tuple[str, int] | None],
    mode: str,
    first_bar: int,
    name: str,
    share: float,
) -> None:
    """Add a span in one key to the counts, weighted by `share`."""
    filled = _filled(named)
    if not filled:
        return
    counts.pieces.add(name)
    counts.bars += share * len(filled) / 2
    changes = [0] + [n for n in range(1, len(filled)) if filled[n][0] != filled[n - 1][0]]
    texts = [filled[n][0] for n in changes]
    for order, n in enumerate(changes):
        text, inversion = filled[n]
        place = (first_bar + n // 2) % PHRASE_BARS
        counts.chords[text] += share
        counts.places[place][text] += share
        counts.inversions[text][inversion] += share
        if order:
            before = texts[order - 1]
            counts.after_one[before][text] += share
            step = _bass_of(filled[n], mode) - _bass_of(filled[changes[order - 1]], mode)
            counts.motion[(step + 5) % OCTAVE - 5] += share
        if order > 1:
            pair = f"{texts[order - 2]} {texts[order - 1]}"
            counts.after_two[pair][text] += share
            counts.trigram_pieces[pair, text].add(name)
    for n in range(0, len(filled) - 1, 2):
        place = (first_bar + n // 2) % PHRASE_BARS
        counts.split[place][filled[n][0] != filled[n + 1][0]] += share
        if n:
            counts.held[place][filled[n][0] == filled[n - 1][0]] += share
        if place == 0:
            counts.starts[filled[n][0]] += share
        if place == PHRASE_BARS - 1 and n:
            counts.cadences[cadence_of([filled[k][0] for k in range(n - 2, n + 2)], mode)] += share


def _filled(named: Sequence[tuple[str, int] | None]) -> list[tuple[str, int]]:
    """Return the chords of half bars without gaps: an unknown one repeats the one before."""
    first = next((chord for chord in named if chord), None)
    filled = []
    for chord in named:
        first = chord or first
        if first:
            filled.append(first)
    return filled


def _bass_of(chord: tuple[str, int], mode: str) -> int:
    """Return the pitch class of a chord's bass relative to the tonic.

    chord: its name, and the index of the bass among its tones, counted up from the root.
    """
    read = parse_chord(chord[0], Key(0, mode))
    above = sorted((tone - read.root) % OCTAVE for tone in read.pitch_classes)
    return (read.root + above[min(chord[1], len(above) - 1)]) % OCTAVE
