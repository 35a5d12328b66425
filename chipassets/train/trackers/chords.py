"""Which notes a tracker's arpeggio stands for.

Chips with few voices play a chord as a fast arpeggio; a corpus of notes has the chord itself, as
the reader of recordings in MIDI writes it. Octaves and trills of up to two semitones are colours of
one note and add none.
"""

from __future__ import annotations

from collections.abc import Iterable

from chipassets.units import OCTAVE

_TRILL_SEMITONES = 2


def chord_of(intervals: Iterable[int]) -> tuple[int, ...]:
    """Return the intervals above (or below) the note that sound with it; () is no chord."""
    found = sorted({interval for interval in intervals if interval % OCTAVE})
    if not found or max(found) - min(0, *found) <= _TRILL_SEMITONES:
        return ()
    return tuple(found)


def chord_of_effect(parameter: int) -> tuple[int, ...]:
    """Return the chord of the effect 0xy, which plays the note, x and y semitones above it."""
    return chord_of((parameter >> 4, parameter & 0x0F))
