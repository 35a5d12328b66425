"""Chords from one key to another: a pivot chord of both keys, then the new dominant."""

from __future__ import annotations

from chipassets.music.chords import chord_name, degree_chord, parse_chord
from chipassets.music.keys import Key

_PIVOTS = (4, 2, 6, 3)
"""Degrees of the goal's key that can precede its dominant, the best first."""


def bridge_chords(start: Key, goal: Key, bars: int) -> tuple[tuple[str, ...], ...]:
    """Return the chords, as names, of one or two bars from one key to another.

    They begin on the tonic of the first key and end on the dominant of the second. Between them is
    a chord of both keys that can precede the dominant, or else one of the second key.
    """
    tonic, dominant = degree_chord(start, 1), chord_name("V7", goal)
    pivot = _pivot(start, goal, tonic)
    if bars == 1:
        return ((tonic, dominant),)
    return (tonic, pivot), (chord_name("Vsus4", goal), dominant)


def _pivot(start: Key, goal: Key, tonic: str) -> str:
    """Return a chord of the second key that leads to its dominant, of both keys if possible."""
    own = {_tones(degree_chord(start, degree)) for degree in range(1, 8)}
    choice = [degree_chord(goal, degree) for degree in _PIVOTS]
    choice = [name for name in choice if _tones(name) != _tones(tonic)] or choice
    shared = [name for name in choice if _tones(name) in own]
    return (shared or choice)[0]


def _tones(name: str) -> frozenset[int]:
    """Return the pitch classes of a chord; a numeral is read in C major."""
    return parse_chord(name, Key(0, "major")).pitch_classes
