"""Form: which sections a track has, and which bars return from an earlier one.

The model composes; the form only says where its own earlier bars come back. A section with a prime
(A') opens as its letter did and ends anew; a new letter is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chipassets.compose.script import Script
from chipassets.score import Section

_FORMS = {
    1: "A",
    2: "A A'",
    3: "A B A'",
    4: "A A' B A'",
    5: "A A' B B' A'",
    6: "A A' B B' A A'",
    7: "A A' B A' C B' A'",
    8: "A A' B A' C C' B A'",
}
"""Sections by their number: statement, answer, contrast, return."""

_MOST_SECTIONS = 8
_PHRASE_BARS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A section and the bars of it, from its first on, that return from the bar `source_bar`."""

    section: Section
    source_bar: int = 0
    returning_bars: int = 0


def default_form(bars: int, *, loops: bool = True) -> tuple[Part, ...]:
    """Return the parts of a track of so many bars, without a gap and in order.

    Phrases are four bars long from 8 bars on (8 beyond 35 bars, 16 beyond 71, …), two in pieces of
    4 to 7; shorter pieces are one section, and so are those of under 8 bars that play once. Bars
    left over go to the last section.
    """
    phrase = _phrase_bars(bars) if loops or bars >= 2 * _PHRASE_BARS else bars
    letters = _FORMS[max(1, bars // phrase)].split()
    parts: list[Part] = []
    first_bar: dict[str, int] = {}
    for index, name in enumerate(letters):
        start = index * phrase
        length = phrase if index < len(letters) - 1 else bars - start
        letter = name.rstrip("'")
        if letter in first_bar:
            kept = phrase if name == letter else phrase - max(1, phrase // 4)
            parts.append(Part(Section(name, start, length), first_bar[letter], kept))
        else:
            first_bar[letter] = start
            parts.append(Part(Section(name, start, length)))
    return tuple(parts)


def return_bars(script: Script, parts: Sequence[Part], steps_per_bar: int) -> Script:
    """Return the script in which the parts' returning bars repeat what their source bars hold."""
    source = script.source.copy()
    for part in parts:
        start = part.section.start_bar * steps_per_bar
        returning = np.arange(part.returning_bars * steps_per_bar)
        source[start + returning] = part.source_bar * steps_per_bar + returning
    return replace(script, source=source)


def _phrase_bars(bars: int) -> int:
    if bars < 2 * _PHRASE_BARS:
        return 2 if bars >= _PHRASE_BARS else max(1, bars)
    phrase = _PHRASE_BARS
    while bars // phrase > _MOST_SECTIONS:
        phrase *= 2
    return phrase
