"""Count faults in a chord progression, so that a phrase with faults can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chipassets.music.chords import Chord, parse_chord
from chipassets.music.keys import Key
from chipassets.units import OCTAVE

_FOURTH, _DOMINANT = 5, 7
_PREDOMINANTS = (2, 5)
_LEAST_CHORDS = 3
_BAR = 2
_LONG, _MOST_SHARE = 4, 0.7


@dataclass(slots=True)
class Slot:
    """A chord and the half bar of its phrase on which it begins."""

    half: int
    text: str


def faults(slots: Sequence[Slot], mode: str, bars: int, surprises: frozenset[str]) -> int:
    """Return how many of these rules a phrase breaks.

    A phrase of four bars has three chords or more, none for more than seven tenths of it; no two
    alternate more than twice; no dominant goes to a predominant and back; a secondary dominant, a
    leading chord and a suspension resolve; a fifth in the bass is passing or cadential, a
    seventh there steps down, and neither lasts longer than a bar; the bass has no pitch three
    times in a row; there is at most one borrowed or secondary chord, and not at the end.
    """
    key = Key(0, mode)
    texts = [slot.text for slot in slots]
    chords = [parse_chord(text, key) for text in texts]
    roots = [chord.root for chord in chords]
    stems = [stem_of(text) for text in texts]
    wrong = int(len(set(roots)) < min(_LEAST_CHORDS, bars - 1))
    odd = [n for n, stem in enumerate(stems) if stem in surprises]
    wrong += max(len(odd) - 1, 0) + (bool(odd) and odd[-1] == len(stems) - 1 and len(stems) > 1)
    ends = [*(slot.half for slot in slots[1:]), 2 * bars]
    for root in set(roots):
        held = sum(
            end - slot.half for slot, end, of in zip(slots, ends, roots, strict=True) if of == root
        )
        wrong += bars >= _LONG and held > _MOST_SHARE * 2 * bars
    for n in range(len(chords) - 2):
        there = roots[n] == roots[n + 2] == _DOMINANT and roots[n + 1] in _PREDOMINANTS
        wrong += there
        wrong += chords[n].bass == chords[n + 1].bass == chords[n + 2].bass
    for n in range(len(chords) - 4):
        wrong += roots[n] == roots[n + 2] == roots[n + 4] and roots[n + 1] == roots[n + 3]
    for n in range(len(chords) - 1):
        wrong += not resolves(stems[n], chords[n], chords[n + 1], is_minor=key.is_minor)
    for n, text in enumerate(texts):
        before = chords[n - 1] if n else None
        after = chords[n + 1] if n + 1 < len(chords) else None
        wrong += text.endswith(("/5", "/7")) and ends[n] - slots[n].half > _BAR
        wrong += not _bass_is_led(text, chords[n], before, after, slots[n].half)
    return wrong


def stem_of(text: str) -> str:
    """Return a numeral without its inversion."""
    return text[:-2] if text[-2:] in ("/3", "/5", "/7") else text


def resolves(stem: str, chord: Chord, after: Chord, *, is_minor: bool) -> bool:
    """Return whether a chord that needs a resolution is followed by it."""
    up = (after.root - chord.root) % OCTAVE
    if "sus4" in stem:
        return up == 0 or (chord.root == _DOMINANT and after.root == 0)
    if stem.startswith(("V/", "V7/")) or stem == "III7":
        return up == _FOURTH
    if stem == "I" and is_minor:
        return up == _FOURTH
    if "°" in stem or "ø" in stem:
        seconds = up == _FOURTH or (after.root == _DOMINANT and chord.root == 2)
        return up == 1 or seconds
    return True


def _bass_is_led(
    text: str, chord: Chord, before: Chord | None, after: Chord | None, half: int
) -> bool:
    """Return whether the bass line justifies a chord's inversion."""
    if text.endswith("/7"):
        return after is not None and (chord.bass - after.bass) % OCTAVE in (1, 2)
    if text.endswith("/5"):
        if after is None or before is None:
            return False
        cadential = chord.root == 0 and after.root == _DOMINANT and half % 2 == 0
        return cadential or (_steps(before.bass, chord.bass) and _steps(chord.bass, after.bass))
    return True


def _steps(one: int, other: int) -> bool:
    return (other - one) % OCTAVE in (1, 2, 10, 11)
