"""The learned grooves: bars, variants and fills by style, energy and metre.

The bank is `models/grooves.json`, made by `chipassets.train.learn_grooves`. Where it has few
grooves for a metre or a shuffle, those in straight 4/4 are adapted by rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from chipassets import units
from chipassets.nearest import did_you_mean
from chipassets.units import steps_per_bar

_BANK = Path(__file__).resolve().parents[1] / "models" / "grooves.json"
STYLES = (
    "none", "pulse", "ballad", "march", "rock", "drive", "gallop", "shuffle", "waltz", "six_eight",
)  # fmt: skip
SILENT_GROOVE = "none"
METRES = {metre: steps_per_bar(beats) for metre, beats in units.METRES.items()}
"""Length of a bar of each metre in 16ths."""
_LEARNED = ("4/4", "3/4", "6/8")
"""Metres of which the bank has grooves; those of the others are cut from 4/4 and joined."""
_DOTTED_METRES = ("9/8", "12/8")
FILL_SIZES = ("small", "medium", "large")
_ENERGY_WIDTH = 0.2
_FULL, _CROWDED = 0.5, 0.0005
"""The share of a bar's steps beyond which a groove is seldom chosen, and what one that strikes all
of them more would be chosen by: a wall of 16ths leaves no accent."""
# In another metre a style that belongs to one becomes the one nearest to it.
_STRAIGHT = {"waltz": "ballad", "six_eight": "shuffle"}
# A quarter of 4/4 in a dotted one: its 8th is late, as in a shuffle.
_DOTTED = (0, 2, 4, 5)
_LATE = (0, 1, 3, 3)
_FIRST_TWO_AND_LAST_BEAT = (0, 1, 3)


@dataclass(frozen=True, slots=True)
class DrumHit:
    """A drum on a 16th of the bar; its kind as the bank names it, its velocity 0..1."""

    step: int
    kind: str
    velocity: float


DrumBar = tuple[DrumHit, ...]


@dataclass(frozen=True, slots=True)
class Groove:
    """A family of bars that belong together.

    base: the bars that repeat, one or two, in turn. variants: bars that may replace a base bar.
    fills: whole bars by size, "small" (the last beat), "medium" (two) and "large" (all or nearly).
    energy: 0..1, its rank among all learned grooves by loudness of drums per beat. crash: whether
    sections began with a crash in the source. syncopation: how far its kicks are off the beat,
    0..1. weight: in how many songs it was found.
    """

    name: str
    metre: str
    styles: tuple[str, ...]
    energy: float
    base: tuple[DrumBar, ...]
    variants: tuple[DrumBar, ...]
    fills: dict[str, DrumBar]
    crash: bool = False
    hits_per_beat: float = 0.0
    syncopation: float = 0.0
    weight: int = 1

    @property
    def struck(self) -> float:
        """The share of the steps of its base bars on which a drum is struck."""
        bars = [len({hit.step for hit in bar}) for bar in self.base]
        return sum(bars) / (len(bars) * self.steps)

    @property
    def steps(self) -> int:
        """The 16ths of a bar."""
        return METRES[self.metre]


_SILENCE = Groove("none", "4/4", ("none",), 0.0, ((),), (), dict.fromkeys(FILL_SIZES, ()))


def grooves_of(style: str, metre: str) -> tuple[Groove, ...]:
    """Return the grooves of a style in a metre, in the order of their names.

    Learned ones first; in 3/4, in 6/8 and of the shuffle also those adapted from straight 4/4.
    ValueError when the style or the metre is unknown.
    """
    if style not in STYLES:
        raise ValueError(
            f"{style!r} is not a groove style; {did_you_mean(style, STYLES, 'styles')}"
        )
    if metre not in METRES:
        raise ValueError(
            f"{metre!r} is not a metre with grooves; {did_you_mean(metre, METRES, 'metres')}"
        )
    return _grooves_of(style, metre)


@cache
def _grooves_of(style: str, metre: str) -> tuple[Groove, ...]:
    """Return the grooves of a style in a metre, adapted ones included."""
    if style == "none":
        return (replace(_SILENCE, metre=metre),)
    bank = _bank().values()
    if metre == "4/4":
        word = _STRAIGHT.get(style, style)
        own = tuple(groove for groove in bank if word in groove.styles and groove.metre == metre)
        if word == "shuffle":
            own += tuple(
                _shuffled(groove)
                for groove in bank
                if _is_straight(groove) and len(groove.base) < 2
            )
        return own
    if metre not in _LEARNED:
        words = {_STRAIGHT.get(style, style), *({"ballad"} if style in _STRAIGHT else ())}
        fitting = [
            groove
            for groove in bank
            if groove.metre == "4/4" and (metre not in _DOTTED_METRES or _has_two_halves(groove))
        ]
        cut = [groove for groove in fitting if words & set(groove.styles)] or fitting
        return tuple(_in_metre(groove, metre) for groove in cut)
    own_style = {"3/4": "waltz", "6/8": "six_eight"}[metre]
    learned = tuple(groove for groove in bank if groove.metre == metre)
    words = {"waltz": {"ballad", "pulse"}, "six_eight": {"ballad", "rock"}}.get(style, {style})
    adapted = tuple(
        _in_metre(groove, metre)
        for groove in bank
        if groove.metre == "4/4"
        and words & set(groove.styles)
        and (metre == "3/4" or _has_two_halves(groove))
    )
    return learned + adapted if style == own_style else adapted or learned


def groove_named(name: str) -> Groove:
    """Return the groove with this name, like `rock-03` or, adapted to a metre, `rock-03@3/4`.

    ValueError when the bank has none.
    """
    stem, _, form = name.partition("@")
    if stem == "none":
        return _SILENCE if not form else replace(_SILENCE, metre=form)
    groove = _bank().get(stem)
    if groove is None or form not in ("", "shuffle", *METRES) or form == "4/4":
        raise ValueError(f"{name!r} is not a groove of the bank; names look like rock-03")
    if not form:
        return groove
    return _shuffled(groove) if form == "shuffle" else _in_metre(groove, form)


def choose_groove(
    rng: np.random.Generator,
    energy: float,
    style: str,
    metre: str = "4/4",
    avoid: frozenset[str] = frozenset(),
) -> Groove:
    """Return a random groove of a style and metre whose energy is near `energy`, 0..1.

    avoid: names that are not taken while another groove of the style is left; for an adapted groove
    its original is avoided too. Takes one random number. Learned grooves are preferred to adapted
    ones, and those of many songs to those of one, by the square root of their number.
    """
    members = grooves_of(style, metre)
    stems = {name.partition("@")[0] for name in avoid}
    left = [groove for groove in members if groove.name.partition("@")[0] not in stems]
    members = tuple(left) or members
    nearest = min(abs(groove.energy - energy) for groove in members)
    weights = np.array(
        [
            math.exp(-(((abs(groove.energy - energy) - nearest) / _ENERGY_WIDTH) ** 2))
            * math.sqrt(groove.weight)
            * (0.5 if "@" in groove.name else 1.0)
            * _CROWDED ** max(0.0, groove.struck - _FULL)
            for groove in members
        ]
    )
    place = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
    return members[min(int(place), len(members) - 1)]


def with_hats_of(groove: Groove, other: Groove) -> Groove:
    """Return a groove whose base bars have the hats of another one of the same metre."""

    def joined(index: int, bar: DrumBar) -> DrumBar:
        hats = [hit for hit in other.base[index % len(other.base)] if _is_hat(hit)]
        rest = [hit for hit in bar if not _is_hat(hit)]
        return _sorted([*rest, *hats])

    if not any(_is_hat(hit) for bar in other.base for hit in bar):
        return groove
    return replace(groove, base=tuple(joined(i, bar) for i, bar in enumerate(groove.base)))


def _is_hat(hit: DrumHit) -> bool:
    return hit.kind.endswith("hat")


@cache
def _bank() -> dict[str, Groove]:
    """Return the learned grooves by name, from the file."""
    stored = json.loads(_BANK.read_text(encoding="utf-8"))
    kinds: dict[str, str] = stored["kinds"]

    def bar(lines: dict[str, str]) -> DrumBar:
        """Return a bar of hits from lines by drum letter; a digit is a velocity in ninths."""
        return _sorted(
            DrumHit(step, kinds[letter], int(mark) / 9)
            for letter, line in lines.items()
            for step, mark in enumerate(line)
            if mark != "."
        )

    return {
        row["name"]: Groove(
            row["name"],
            row["metre"],
            tuple(row["styles"]),
            row["energy"],
            tuple(bar(lines) for lines in row["base"]),
            tuple(bar(lines) for lines in row["variants"]),
            {size: bar(row["fills"][size]) for size in FILL_SIZES},
            row["crash"],
            row["features"]["hits"],
            row["features"]["syncopation"],
            row["songs"],
        )
        for row in stored["grooves"]
    }


def _sorted(hits: Iterable[DrumHit]) -> DrumBar:
    return tuple(sorted(hits, key=lambda hit: (hit.step, hit.kind)))


def _is_straight(groove: Groove) -> bool:
    """Return whether a groove in 4/4 has 8ths off the beat and nothing between the 8ths."""
    steps = {hit.step for bar in groove.base for hit in bar}
    return (
        groove.metre == "4/4"
        and bool({"rock", "ballad"} & set(groove.styles))
        and all(step % 2 == 0 for step in steps)
        and sum(step % 4 == 2 for step in steps) >= 2
    )


def _has_two_halves(groove: Groove) -> bool:
    """Return whether each half could be a bar: a hit on its first beat, a snare on its second."""
    for bar in groove.base:
        if not {0, 8} <= {hit.step for hit in bar}:
            return False
        snares = {hit.step % 8 for hit in bar if hit.kind == "snare"}
        rolls = "march" in groove.styles
        if snares and (4 not in snares or (0 in snares and not rolls)):
            return False
    return True


def _moved(bar: DrumBar, step_of: Callable[[int], int | None]) -> DrumBar:
    """Return a bar with every hit on another step, or removed.

    The louder of two on a step remains.
    """
    found: dict[tuple[int, str], float] = {}
    for hit in bar:
        step = step_of(hit.step)
        if step is not None:
            found[step, hit.kind] = max(found.get((step, hit.kind), 0.0), hit.velocity)
    return _sorted(DrumHit(step, kind, velocity) for (step, kind), velocity in found.items())


def _shuffled(groove: Groove) -> Groove:
    """Return a straight groove with its 8ths off the beat a 16th late."""

    def late(step: int) -> int:
        return step - step % 4 + _LATE[step % 4]

    return _each_bar(groove, "shuffle", "4/4", ("shuffle",), lambda bar: (_moved(bar, late),))


def _in_metre(groove: Groove, metre: str) -> Groove:
    """Return a groove of 4/4 in another metre.

    3/4 keeps the first, second and last beat: the downbeat and two backbeats. 6/8 makes of each
    half bar one bar of two dotted beats, with the 8th off the beat on their last; a hat that keeps
    8ths has all three. Only grooves whose halves both begin on their beat go into 6/8.
    """
    if metre in _CUT:
        return _each_bar(groove, metre, metre, groove.styles, _CUT[metre])
    if metre == "3/4":
        return _each_bar(groove, metre, metre, ("waltz",), lambda bar: (_moved(bar, _in_three),))

    def halves(bar: DrumBar) -> tuple[DrumBar, ...]:
        return tuple(_in_six(bar, half) for half in (0, 8))

    return _each_bar(groove, metre, metre, ("six_eight",), halves)


def _beats(bar: DrumBar, *beats: int) -> DrumBar:
    """Return a bar made of these beats of another bar, in this order."""
    return _sorted(
        DrumHit(hit.step - 4 * beat + 4 * place, hit.kind, hit.velocity)
        for place, beat in enumerate(beats)
        for hit in bar
        if hit.step // 4 == beat
    )


def _joined(*parts: DrumBar, steps: int) -> DrumBar:
    """Return the bars joined one after another into one bar."""
    return _sorted(
        DrumHit(hit.step + steps * place, hit.kind, hit.velocity)
        for place, part in enumerate(parts)
        for hit in part
    )


def _in_nine(bar: DrumBar) -> DrumBar:
    """Return a 9/8 bar: both dotted beats of the first half, and the second of the other half."""
    first, second = _in_six(bar, 0), _in_six(bar, 8)
    last = [DrumHit(hit.step + 6, hit.kind, hit.velocity) for hit in second if hit.step >= 6]
    return _sorted((*first, *last))


# 2/4 is each half of a bar; 5/4 three beats and two; 7/8 a bar that lacks its last 8th, so that its
# last beat is dotted; 9/8 and 12/8 dotted beats, as 6/8 has two of them.
_CUT: Mapping[str, Callable[[DrumBar], tuple[DrumBar, ...]]] = {
    "2/4": lambda bar: (_beats(bar, 0, 1), _beats(bar, 2, 3)),
    "5/4": lambda bar: (_beats(bar, 0, 1, 3, 2, 3),),
    "7/8": lambda bar: (tuple(hit for hit in bar if hit.step < METRES["7/8"]),),
    "9/8": lambda bar: (_in_nine(bar),),
    "12/8": lambda bar: (_joined(_in_six(bar, 0), _in_six(bar, 8), steps=12),),
}


def _in_three(step: int) -> int | None:
    beat, inside = divmod(step, 4)
    if beat not in _FIRST_TWO_AND_LAST_BEAT:
        return None
    return 4 * _FIRST_TWO_AND_LAST_BEAT.index(beat) + inside


def _in_six(bar: DrumBar, half: int) -> DrumBar:
    """Return half a 4/4 bar as a bar of two dotted beats; `half` is the step at which it begins."""

    def dotted(step: int) -> int | None:
        beat, inside = divmod(step - half, 4)
        return 6 * beat + _DOTTED[inside] if beat in (0, 1) else None

    moved = _moved(bar, dotted)
    hats = {hit.step: hit for hit in moved if hit.kind == "closed_hat"}
    added = [
        DrumHit(at + 2, "closed_hat", hats[at + 4].velocity)
        for at in (0, 6)
        if at in hats and at + 4 in hats and at + 2 not in hats
    ]
    return _sorted((*moved, *added))


def _each_bar(
    groove: Groove,
    form: str,
    metre: str,
    styles: tuple[str, ...],
    change: Callable[[DrumBar], tuple[DrumBar, ...]],
) -> Groove:
    """Return a groove with every bar changed into one or two.

    A fill is the last bar of its result.
    """
    base = tuple(new for bar in groove.base for new in change(bar))[:2]
    variants = tuple(new for bar in groove.variants for new in change(bar) if new)[:3]
    fills = {size: change(bar)[-1] for size, bar in groove.fills.items()}
    return replace(
        groove,
        name=f"{groove.name}@{form}",
        metre=metre,
        styles=styles,
        base=base if len(base) == 1 or base[0] != base[1] else base[:1],
        variants=variants,
        fills=fills,
    )
