"""Harmony plans: a chord for every bar, drawn by seed from progressions that suit the mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chipassets.compose.form import Part
from chipassets.keys import MODES, Key
from chipassets.score import Note
from chipassets.trackplan import TrackPlan
from chipassets.units import STEPS_PER_BEAT

# Degrees 1..7 of the mode, one chord a bar; triads are stacked on the mode's own scale. A section
# that states takes the first kind, one that contrasts (B, C) the second.
_PROGRESSIONS: dict[str, tuple[str, str]] = {
    "major": ("1564 1645 1425 1345 1415 1625", "4156 6415 4365 2516 6425"),
    "minor": ("1637 1765 1465 1641 1474 1375", "6715 4165 3764 6475 4736"),
    "dorian": ("1474 1417 1741 1434", "4171 7417 3741"),
    "phrygian": ("1271 1217 1621 1276", "6271 2171 7612"),
    "lydian": ("1215 1251 1526 1626", "2152 6251 5261"),
    "mixolydian": ("1741 1471 1574 1714", "7414 4175 5741"),
    "locrian": ("1561 1651 1351", "5361 6531"),
}
_DOMINANT = {"phrygian": 2, "mixolydian": 7, "dorian": 7, "lydian": 2, "locrian": 5}
"""The degree that leads back to the first where the fifth degree's triad does not."""

_FIFTH_DEGREE = 5


@dataclass(frozen=True, slots=True)
class Chord:
    """A root and the pitch classes that sound with it."""

    root: int
    pitch_classes: frozenset[int]


def triad(key: Key, degree: int) -> Chord:
    """Return the triad on a degree 1..7 of the key; minor's fifth has the leading tone as well."""
    scale = MODES[key.mode]
    tones = [(key.tonic + scale[(degree - 1 + third) % 7]) % 12 for third in (0, 2, 4)]
    if key.mode == "minor" and degree == _FIFTH_DEGREE:
        tones.append((key.tonic + 11) % 12)
    return Chord(tones[0], frozenset(tones))


def plan_degrees(track: TrackPlan, parts: Sequence[Part], rng: np.random.Generator) -> list[int]:
    """Return the degree 1..7 of every bar: each letter of the form has a progression of its own.

    Sections with one letter share it. The last bar of a loop leads back to the first degree, that
    of a piece that ends is the first degree. With a primer the opening's progression is, of those
    there are, one that fits its notes best.
    """
    by_letter: dict[str, list[int]] = {}
    degrees: list[int] = []
    for part in parts:
        letter = part.section.name.rstrip("'")
        if letter not in by_letter:
            by_letter[letter] = _draw_progression(track, rng, contrast=bool(by_letter))
        progression = by_letter[letter]
        degrees += [progression[bar % len(progression)] for bar in range(part.section.bars)]
    if len(degrees) > 1:
        dominant = _DOMINANT.get(track.key.mode, _FIFTH_DEGREE)
        degrees[-1] = dominant if track.loops else 1
    return degrees


def _draw_progression(track: TrackPlan, rng: np.random.Generator, *, contrast: bool) -> list[int]:
    texts = _PROGRESSIONS[track.key.mode][contrast].split()
    candidates = [[int(digit) for digit in text] for text in texts]
    if track.primer is not None and not contrast:
        fits = [_fit(track, degrees, track.primer.notes) for degrees in candidates]
        candidates = [c for c, fit in zip(candidates, fits, strict=True) if fit == max(fits)]
    return candidates[int(rng.integers(len(candidates)))]


def _fit(track: TrackPlan, degrees: list[int], notes: tuple[Note, ...]) -> int:
    """Return for how many steps notes of the opening sound that belong to their bar's chord."""
    steps_per_bar = track.beats_per_bar * STEPS_PER_BEAT
    chords = [triad(track.key, degree).pitch_classes for degree in degrees]
    return sum(
        note.duration_steps
        for note in notes
        if note.pitch % 12 in chords[note.start_step // steps_per_bar % len(chords)]
    )
