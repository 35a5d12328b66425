"""The hand-made terms of the composer's search, and how each is switched off.

A term is a weight of `fit.COSTS` or constants of a module of `chipassets.compose`. Off means a
price of 0, a factor of 1, a limit that nothing reaches, or noise of 0. To examine another term, add
a row: a name that a module no longer has, or a value that changes nothing, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import numpy as np

from chipassets import compose
from chipassets.compose import fit
from chipassets.compose.fit import COSTS

_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Term:
    """A term: its name, what it says, and the values of constants of a module without it.

    weight: the cost of the search whose weight becomes 0, in place of constants. rebuilt: tables of
    the module that are made of the constants, and how they are made.
    """

    name: str
    says: str
    module: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    weight: str = ""
    rebuilt: Mapping[str, Callable[[], Any]] = field(default_factory=dict)


def _leaps(name: str, says: str, *constants: str) -> Term:
    """Return a term of the sizes of leaps, which stand in a table."""
    zeros = dict.fromkeys(constants, 0.0)
    return Term(name, says, "fit", zeros, rebuilt={"_LEAPS": lambda: fit._leaps_paid()})


def _factor(name: str, says: str, **values: float) -> Term:
    """Return a term of the factors of notes outside their chord, which stand in a table."""
    return Term(name, says, "fit", values, rebuilt={"_FACTORS": lambda: fit._factors()})


def _zero(module: str, name: str, says: str, *constants: str) -> Term:
    """Return a term whose constants are 0 without it."""
    return Term(f"{module}: {name}", says, module, dict.fromkeys(constants, 0.0))


TERMS = (
    *(Term(f"cost {name}", says, weight=name) for name, says in COSTS.items()),
    Term("cost moves", "bars of one pitch where the tune alone moves", weight="moves"),
    # What the cost `chord` is made of.
    _factor(
        "fit: resolved", "notes outside their chord pay less if they resolve by step",
        _RESOLVED_STRONG=fit._FOREIGN, _RESOLVED_WEAK=fit._FOREIGN, _PASSING=fit._FOREIGN,
    ),
    _factor("fit: semitone above", "a semitone above a chord tone pays more", _SEMITONE_ABOVE=1.0),
    _factor("fit: grates", "a long note a semitone from the bass", _GRATES=0.0),
    _factor("fit: long foreign", "long notes outside their chord pay more", _LONG_FOREIGN=1.0),
    _zero("fit", "two long foreign", "two long foreign notes in a row", "_TWO_LONG_FOREIGN"),
    Term("fit: beside bass", "minor ninths and major sevenths above the bass on a beat", "fit",
         {"_BESIDE_BASS": np.zeros_like(fit._BESIDE_BASS)}),
    _zero("fit", "held altered", "a held note that neither key nor chord has", "_HELD_ALTERED"),
    _zero("fit", "rings", "a note that rings into a chord it does not belong to",
          "_RINGS", "_SUSPENDED"),
    Term("fit: length stress", "long notes outside their chord are heard more", "fit",
         {"_LENGTH_STRESS": np.zeros_like(fit._LENGTH_STRESS)}),
    # What the cost `leaps` is made of.
    _leaps("fit: sixths", "leaps of a sixth", "_SIXTH"),
    _leaps("fit: tritones", "leaps of a tritone", "_TRITONE"),
    _leaps("fit: sevenths", "leaps of a seventh", "_SEVENTH", "_WIDE"),
    _leaps("fit: octaves", "leaps of an octave", "_OCTAVE"),
    _leaps("fit: beyond octave", "leaps beyond an octave", "_WIDER", "_BEYOND_OCTAVE"),
    _zero("fit", "unpaid", "leaps of a fifth and more without a turn back", "_UNPAID"),
    _zero("fit", "second leap", "a second leap in a bar", "_SECOND_LEAP"),
    _zero("fit", "second octave", "a second octave in a bar", "_SECOND_OCTAVE"),
    _zero("fit", "thirds", "bars of many thirds", "_THIRDS"),
    _zero("fit", "augmented", "augmented seconds", "_AUGMENTED"),
    # What the cost `repeats` is made of.
    _zero("fit", "alike", "a pitch struck again", "_ALIKE"),
    _zero("fit", "three alike", "a pitch struck three times", "_THREE_ALIKE"),
    _zero("fit", "two pitches", "bars of two pitches", "_TWO_PITCHES"),
    _zero("fit", "drone", "bars that are mostly one pitch", "_DRONE"),
    # How a bar follows others.
    _zero("following", "sequence", "a bonus for the cell a degree or two away", "_SEQUENCE"),
    _zero("following", "same place", "the same cell on the same degree", "_SAME_PLACE"),
    _zero("following", "again", "a bar that was there before", "_AGAIN"),
    _zero("following", "too often", "a bar that was there three times", "_TOO_OFTEN"),
    Term("following: rhythm again", "one rhythm in too many bars", "following",
         {"_RHYTHM_AGAIN": _NEVER}),
    _zero("following", "beyond octave", "wide leaps over the bar line", "_BEYOND_OCTAVE"),
    Term("closing: approach", "how a phrase's goal is come to", "closing",
         {"_APPROACHES": ((-1, 0.0), (1, 0.0), (2, 0.0), (-2, 0.0), (0, 0.0))}),
    _zero("tune", "noise", "chance in the search", "_NOISE"),
    # The material.
    _zero("choosing", "worth", "what the network thinks of a cell", "_BEST_WORTH"),
    _zero("choosing", "chance", "chance among cells", "_CHANCE"),
    Term("choosing: overlap", "contrasting cells have other onsets", "choosing",
         {"_OVERLAP": _NEVER}),
    _zero("gestures", "worth", "what the network thinks of a gesture", "_BEST_WORTH"),
    _zero("gestures", "chance", "chance among gestures", "_CHANCE"),
    Term("gestures: overlap", "contrasting gestures have other onsets", "gestures",
         {"_OVERLAP": _NEVER}),
    # The other voices.
    _zero("duet", "shared", "a second tune fills the gaps of the first", "_SHARED"),
    _zero("duet", "notes", "a second tune has the pace of the piece", "_NOTES"),
    _zero("duet", "rubs", "semitones between two tunes", "_RUBS"),
    _zero("duet", "crosses", "a second tune crosses the first", "_CROSSES"),
    _zero("duet", "doubles", "a second tune doubles the first", "_DOUBLES"),
    _zero("duet", "agrees", "thirds and sixths under the tune", "_AGREES"),
    _zero("duet", "lies", "a second tune lies near its register", "_LIES"),
    _zero("duet", "joins", "intervals over the bar line of a second tune", "_JOINS"),
    _zero("bass", "off beat", "a bass pattern off the beat", "_OFF_BEAT"),
    _zero("bass", "shared", "a bass pattern shares onsets with the tune's cell", "_SHARED_COST"),
    _zero("bass", "near home", "roots near the middle of the bass", "_NEAR_HOME"),
    Term("inner: thirds", "which interval goes with the tune", "inner",
         {"_THIRDS": ((3, 0.0), (4, 0.0), (8, 0.0), (9, 0.0), (5, 0.0), (7, 0.0), (12, 0.0))}),
    _zero("inner", "stuck", "a tone struck again in a bar", "_STUCK"),
    _zero("inner", "third of the chord", "the chord's third is wanted", "_THIRD", "_LAST_THIRD"),
    _zero("inner", "away", "an answer begins near the note before", "_AWAY"),
    _zero("patterns", "odd strokes", "16ths of an ostinato that are not asked for", "_ODD_STRUCK"),
    # Harmony and joins.
    Term("harmony: rules", "phrases of chords that break rules are drawn again", "harmony_model",
         {"faults": lambda *_: 0}),
    Term("harmony: longest stay", "a chord that stands for long is drawn again", "harmony",
         {"_LONGEST_STAY": _NEVER}),
    _zero("phrasing", "suspensions", "bars that begin with a suspension", "_SUSPENDED"),
    _zero("phrasing", "anticipations", "bars that begin before the bar line", "_ANTICIPATED"),
)  # fmt: skip
"""Every term that is examined."""


@contextmanager
def without(term: Term) -> Iterator[None]:
    """Switch a term's constants off in the block; AttributeError for one that does not exist.

    A term that is a weight changes no constant: it is given to the search with the track.
    """
    module = import_module(f"chipassets.compose.{term.module}") if term.module else compose
    before = {name: getattr(module, name) for name in (*term.values, *term.rebuilt)}
    try:
        for name, value in term.values.items():
            setattr(module, name, value)
        for name, make in term.rebuilt.items():
            setattr(module, name, make())
        _forget()
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
        _forget()


def _forget() -> None:
    """Clear what the search remembers of its tables."""
    for module in _modules():
        for value in vars(module).values():
            if getattr(value, "__module__", "") == module.__name__ and hasattr(
                value, "cache_clear"
            ):
                value.cache_clear()


def _modules() -> list[ModuleType]:
    """Return the modules of the search that remember tables made of costs."""
    names = {found.name for found in iter_modules(compose.__path__)}
    return [import_module(f"chipassets.compose.{name}") for name in sorted(_REMEMBER & names)]


_REMEMBER = frozenset({"tune", "fit", "closing", "following", "choosing", "gestures", "duet"})
