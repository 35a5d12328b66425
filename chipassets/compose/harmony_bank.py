"""The learned harmony of a mode, from the file: chords, their changes, inversions and rhythm."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.harmony_rules import resolves
from chipassets.music.chords import Chord, parse_chord
from chipassets.music.keys import MODES, Key
from chipassets.units import OCTAVE

Floats = NDArray[np.float64]

_MODEL = Path(__file__).resolve().parents[1] / "models" / "harmony.json"

# A mode that is not learned takes the changes of its nearest, degree for degree.
_PARENT = {
    "lydian": "major",
    "harmonic minor": "minor",
    "melodic minor": "minor",
    "locrian": "phrygian",
    "major pentatonic": "major",
    "minor pentatonic": "minor",
    "blues": "minor",
}
_PAIR, _UNIGRAM = 0.5, 0.06


@dataclass(frozen=True, slots=True, eq=False)
class ModeHarmony:
    """The model of a mode, ready to draw from.

    chords: numerals; read: the same chords parsed on the tonic 0. surprises: which of them are
    borrowed or secondary; surprises_in_four: how many of those occur in four bars. starts:
    probabilities of a phrase's first chord. tilts [bar of the phrase, chord]. changes [two before,
    one before, chord]. inversions [chord, 4]. motion: probabilities of the bass's steps, -5..+6.
    split and held, by bar of the phrase: how often a bar has two chords, and how often it begins
    with the previous chord. family: the learned mode that the changes come from.
    """

    chords: tuple[str, ...]
    read: tuple[Chord, ...]
    surprises: NDArray[np.bool_]
    surprises_in_four: float
    shares: Floats
    starts: Floats
    tilts: Floats
    changes: Floats
    inversions: Floats
    motion: dict[int, float]
    split: tuple[float, ...]
    held: tuple[float, ...]
    mode: str
    family: str


@cache
def harmony_of(mode: str) -> ModeHarmony:
    """Return the model of a name of `MODES`.

    A mode that was not learned borrows from its nearest.
    """
    stored = json.loads(_MODEL.read_text(encoding="utf-8"))["modes"]
    family = _PARENT.get(mode, mode)
    record = stored[family]
    names = {text: text for text in record["chords"]}
    if MODES[mode] != MODES[family] and len(MODES[mode]) == len(MODES[family]):
        surprises = set(record["surprises"])
        names = {
            text: moved
            for text in names
            if text not in surprises and (moved := _by_degree(text, family, mode)) is not None
        }
        first_of = {moved: text for text, moved in reversed(names.items())}
        names = {text: moved for moved, text in reversed(first_of.items())}
    known = list(names)
    place = {text: n for n, text in enumerate(known)}
    chords = tuple(names.values())
    read = tuple(parse_chord(text, Key(0, mode)) for text in chords)
    shares = np.array([record["chords"][text] for text in known])
    count = len(known)

    def row_of(row: dict[str, float]) -> Floats:
        """Return the shares by chord as an array in the model's order."""
        values = np.zeros(count)
        for text, share in row.items():
            if text in place:
                values[place[text]] = share
        return values

    one = np.stack([row_of(record["after_one"].get(text, {})) for text in known])
    one = (1 - _UNIGRAM) * one + _UNIGRAM * shares / shares.sum()
    changes = np.broadcast_to(one, (count, count, count)).copy()
    for pair, row in record["after_two"].items():
        before, at = pair.split()
        if before in place and at in place:
            cell = changes[place[before], place[at]]
            changes[place[before], place[at]] = (1 - _PAIR) * cell + _PAIR * row_of(row)
    changes *= _may_follow(read, chords, is_minor=3 in MODES[mode])
    return ModeHarmony(
        chords,
        read,
        np.array([text in set(record["surprises"]) for text in known]),
        record["surprises_in_16_bars"] / 4,
        shares,
        row_of(record["starts"]) + 1e-6,
        np.stack([[tilt.get(text, 1.0) for text in known] for tilt in record["places"]]),
        changes,
        np.array([record["inversions"].get(text, [1.0, 0, 0, 0]) for text in known]),
        {int(step): share for step, share in record["bass_motion"].items()},
        tuple(record["split"]),
        tuple(record["held"]),
        mode,
        family,
    )


def _may_follow(read: tuple[Chord, ...], names: tuple[str, ...], *, is_minor: bool) -> Floats:
    """Return which chords may follow which, float64 [before, after], 1 or 0.

    0 where a chord that must resolve does not, and where two chords have the same root. A
    suspension may resolve on its root, a dominant may gain its seventh.
    """
    may = np.ones((len(read), len(read)))
    for before, one in enumerate(read):
        for after, other in enumerate(read):
            is_resolution = "sus" in names[before] and "sus" not in names[after]
            gains = one.pitch_classes < other.pitch_classes and names[after] in ("V7", "I7")
            repeats = one.root == other.root and not is_resolution and not gains
            if repeats or not resolves(names[before], one, other, is_minor=is_minor):
                may[before, after] = 0.0
    return may


def _by_degree(text: str, source: str, mode: str) -> str | None:
    """Return the triad that a mode has on the degree of another's chord; None if it has none."""
    degrees = ("i", "ii", "iii", "iv", "v", "vi", "vii")
    root = parse_chord(text, Key(0, source)).root
    if root not in MODES[source]:
        return None
    place = MODES[source].index(root)
    scale = MODES[mode]
    third, fifth = ((scale[(place + step) % 7] - scale[place]) % OCTAVE for step in (2, 4))
    name = degrees[place]
    quality = {(4, 7): name.upper(), (3, 7): name, (3, 6): name + "°"}.get((third, fifth))
    if quality is not None and parse_chord(quality, Key(0, mode)).root != scale[place]:
        return None
    return quality
