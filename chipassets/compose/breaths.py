"""Phrase lengths of a piece, and the gestures and cells of which phrases are built.

A phrase is a list of words, one per bar. Words for single bars are those of `ideas`. A gesture
takes two bars: `M` is the section's own gesture, `N` the one that replies, and the second bar of
either is written `-`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

PHRASE_BARS, LONG_BARS = 4, 8
CELLS, GESTURES, LONG = "cells", "gestures", "long"
"""Phrases of four bars built of single bars; the same built of gestures; phrases of eight bars, in
which the tune comes to rest only at the end."""
BREATHS = (CELLS, GESTURES, LONG)

_INSISTING: Mapping[int, tuple[str, ...]] = {
    4: ("M - b C", "a M - C", "a M - C"),
    6: ("M - =0 =1 a C", "M - M - a C", "M - =0 b f C"),
    8: (
        "M - N - =0 =1 a C", "M - a b =0 =1 f C", "M - M - =0 =1 b C", "M - =0 =1 N - a C",
        "M - b h =0 =1 f C", "M - =0 =1 f f a C", "M - N - =0 =1 f C", "M - g b =0 =1 a C",
    ),
}  # fmt: skip
"""Phrases by their bars that say their gesture and say it again: what a piece is remembered by."""
_FREE: Mapping[int, tuple[str, ...]] = {
    2: ("a C",),
    3: ("M - C", "a b C"),
    4: ("M - b C", "a M - C", "a M - C", "a M - C"),
    5: ("M - f a C", "M - b f C", "M - M - C"),
    6: ("M - M - a C", "M - N - a C", "M - a b f C", "M - f f b C"),
    7: ("M - M - f a C", "M - N - f a C", "M - b M - f C"),
    8: (
        "M - M - f f a C", "M - N - f f a C", "M - N - M - a C", "M - M - N - a C",
        "M - a b M - f C", "M - b h M - f C", "M - g b M - a C", "M - M - a g b C",
    ),
}  # fmt: skip
"""Phrases by their bars that carry their gesture on."""
_INSISTS, _INSISTS_IN_CONTRAST = 0.5, 0.1
"""How often the least literal piece insists in a section that states, and in one that contrasts."""


def draw_breath(shares: Sequence[float], draw: float) -> str:
    """Return the one of `BREATHS` that a uniform number selects.

    shares: the upper limits of `draw` for the first and for the second one.
    """
    return BREATHS[sum(draw >= share for share in shares)]


def phrase_bars(left: int, breath: str) -> int:
    """Return the number of bars of the next phrase, with `left` bars of its section left.

    A remainder forms phrases of two or three bars, not of a single bar if that can be avoided.
    """
    longest = LONG_BARS if breath == LONG else PHRASE_BARS
    if left <= longest:
        return left
    over = left - longest
    if longest == LONG_BARS:
        return longest if over >= PHRASE_BARS else left - PHRASE_BARS
    return {1: longest - 1}.get(over, longest)


def words_of(bars: int, literal: float, contrasts: bool, rng: np.random.Generator) -> list[str]:
    """Return the words of a phrase of 1 to 8 bars that is built of gestures.

    literal: how readily bars repeat unchanged, 0 to 1. contrasts: whether its section has another
    letter than the first section.
    """
    draw, which = float(rng.random()), float(rng.random())
    least = _INSISTS_IN_CONTRAST if contrasts else _INSISTS
    again = _INSISTING.get(bars, ()) if draw < least + (1 - least) * literal else ()
    choice = again or _FREE.get(bars, ("C",))
    return choice[int(which * len(choice))].split()
