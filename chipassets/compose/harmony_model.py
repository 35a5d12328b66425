"""Plan the chords of a phrase from learned statistics: numerals by bar, with a cadence at the end.

The model is `models/harmony.json`, made by `chipassets.train.learn_harmony`. A phrase is drawn
exactly from the chain of chord changes (two chords back, where a chord stands in its phrase) given
its first chord and its cadence, then given inversions; what reads badly is drawn again.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.harmony_bank import Floats, ModeHarmony, harmony_of
from chipassets.compose.harmony_rules import Slot, faults, stem_of
from chipassets.music.chords import parse_chord
from chipassets.music.keys import MODES, Key
from chipassets.units import OCTAVE

Integers = NDArray[np.int64]
Phrase = tuple[tuple[str, ...], ...]

CADENCES = ("open", "half", "closed", "deceptive", "plagal", "modal", "turn")
_PHRASE_BARS = 4
_MOST_BARS = 16

# What stands for the dominant, and where a deceptive cadence goes, as semitones of roots.
_DOMINANTS = {
    "major": (7,), "minor": (7,), "dorian": (7, 10, 5), "mixolydian": (10, 7), "phrygian": (1, 10),
}  # fmt: skip
_DECEPTIVE = {
    "major": (9,), "minor": (8,), "dorian": (5, 3), "mixolydian": (5, 9), "phrygian": (8, 5),
}  # fmt: skip
_MODAL = {
    "major": (10,), "minor": (10,), "dorian": (10, 5), "mixolydian": (10,), "phrygian": (1, 10),
}  # fmt: skip
_OPEN = {
    "major": (5, 2, 9), "minor": (5, 8, 10, 3), "dorian": (5, 3, 2), "mixolydian": (5, 9, 2),
    "phrygian": (8, 5, 3),
}  # fmt: skip
_PREDOMINANTS = (2, 5, 8, 9)
_SECOND, _FOURTH = 2, 5
_TURN_TRIAD, _HALF_SEVENTH = 0.5, 0.25

_ATTEMPTS = 60
_SHORTEST = 2
_UNRESTING = ("sus", "°", "ø", "maj7")
# Slow harmony still moves on: no rhythm raises the chance of a held bar beyond this power.
_LEAST_HOLD = 0.8
_UNSTABLE, _SELDOM = ("sus", "°", "ø"), 0.4
"""Signs of chords that are drawn less often than learned: takes with many were marked lower."""
_WANTED = 4.0
# Hands rest on the tonic more than phrases need it before their goal.
_HOME_AGAIN = 0.5
_FIRST_INVERTED = 0.05
_INVERTED, _SECOND_INVERSION = 0.6, 0.35
"""How often an inversion is drawn, beside what was learned; the second one still less."""


def sample_phrase(
    rng: np.random.Generator,
    mode: str,
    bars: int,
    first: str | None,
    cadence: str,
    colour: float,
    rhythm: float,
) -> Phrase:
    """Return one or two chords for each bar of a phrase, as numerals that `parse_chord` reads.

    mode: a name of `MODES`. bars: 1..16. first: the chord to begin on, None to draw one. cadence:
    "half" ends on the dominant, "closed" on the tonic after it, "deceptive" elsewhere after it,
    "plagal" on the tonic after the fourth degree, "modal" on the tonic after the mode's own
    neighbour (the lowered seventh, in phrygian the second), "turn" on a dominant that leads back,
    "open" on none of these. In dorian, mixolydian and phrygian the neighbours stand for the
    dominant. colour: 0..1, how likely one borrowed or secondary chord is, at 0.5 as in the corpus;
    a phrase has at most one. rhythm: 0..1, how often a bar has two chords, at 0.5 as in the corpus.
    Draws only with `random`. ValueError for an unknown mode, cadence, length or chord.
    """
    if cadence not in CADENCES:
        raise ValueError(f"{cadence!r} is not a cadence; write one of {', '.join(CADENCES)}")
    if not 1 <= bars <= _MOST_BARS:
        raise ValueError(f"a phrase has 1 to {_MOST_BARS} bars, not {bars}")
    if mode not in MODES:
        raise ValueError(f"{mode!r} is not a mode; the modes are {', '.join(MODES)}")
    if first is not None:
        parse_chord(first, Key(0, mode))
    model = harmony_of(mode)
    wants_surprise = rng.random() < model.surprises_in_four * bars / 4 * 2 * colour
    # In major the modal cadence is a surprise itself.
    wants_surprise |= cadence == "modal" and model.family == "major"
    best: tuple[int, Phrase] | None = None
    for attempt in range(_ATTEMPTS):
        slots = _slots(rng, model, bars, cadence, rhythm)
        surprise = _WANTED * (1 + attempt) if wants_surprise else 0.0
        names = _draw_chords(rng, model, slots, first, cadence, surprise)
        if names is None:
            continue
        if wants_surprise and attempt < _ATTEMPTS // 2 and not _has_surprise(names, model):
            continue
        voiced = inverted(rng, model, names, first)
        for slot, text in zip(slots, voiced, strict=True):
            slot.text = text
        wrong = faults(slots, mode, bars, _surprise_names(model))
        if best is None or wrong < best[0]:
            best = (wrong, _by_bar(slots, bars))
        if not wrong:
            break
    if best is None:
        raise ValueError(f"no phrase of {bars} bars in {mode} begins on {first} and is {cadence}")
    return best[1]


def _by_bar(slots: list[Slot], bars: int) -> Phrase:
    """Return the chords of each bar; a bar without a change repeats the last chord."""
    phrase: list[tuple[str, ...]] = []
    for bar in range(bars):
        inside = [slot for slot in slots if slot.half // 2 == bar]
        texts = tuple(slot.text for slot in inside)
        if not inside or inside[0].half % 2:
            texts = (phrase[-1][-1], *texts)
        phrase.append(texts if len(set(texts)) > 1 else texts[:1])
    return tuple(phrase)


def _slots(
    rng: np.random.Generator, model: ModeHarmony, bars: int, cadence: str, rhythm: float
) -> list[Slot]:
    """Return where chords begin: by the learned chances of a change at a bar and inside it.

    At rhythm 0.5 a chance is as learned, at 0 no bar has two chords and at 1 every one. No chord
    lasts longer than two bars, a cadence onto the tonic changes before it, and a phrase of one or
    two bars has two chords.
    """
    power = (1 - rhythm) / max(rhythm, 1e-6)
    halves: list[int] = []
    for bar in range(bars):
        place = _PHRASE_BARS - 1 if bar == bars - 1 else bar % _PHRASE_BARS
        begins = rng.random() >= model.held[place] ** max(1 / max(power, 1e-6), _LEAST_HOLD)
        if not bar or bar == bars - 1 or begins or halves[-1] < 2 * bar - 2:
            halves.append(2 * bar)
        if rng.random() < model.split[place] ** power:
            halves.append(2 * bar + 1)
    last = 2 * (bars - 1)
    arrives = cadence not in ("half", "turn", "open") and last + 1 in halves and bars > 1
    if arrives and rng.random() >= rhythm * rhythm:
        # The goal comes on the beat, unless two chords a bar are the rule.
        halves.remove(last + 1)
    if len(halves) < 2:
        halves.append(1 if bars == 1 else last - 1)
    return [Slot(half, "") for half in sorted(set(halves))]


def _draw_chords(
    rng: np.random.Generator,
    model: ModeHarmony,
    slots: list[Slot],
    first: str | None,
    cadence: str,
    surprise: float,
) -> list[int] | None:
    """Return the chords of the slots, drawn given the first and the cadence; None if none fits.

    The chances of the rest of the phrase are summed from its end, so that every chord is drawn
    knowing where the phrase must arrive. surprise: how much likelier borrowed and secondary chords
    are than learned.
    """
    places = tuple(
        min(slot.half // 2, _PHRASE_BARS - 1) if slot.half // 2 < slots[-1].half // 2
        else _PHRASE_BARS - 1
        for slot in slots
    )  # fmt: skip
    pair = _drawn(rng, _first_two(model, first, cadence, surprise, places))
    if pair is None:
        return None
    chosen = [*divmod(pair, len(model.chords))]
    for done in range(2, len(places)):
        following = _drawn(rng, _next(model, cadence, surprise, places[done:], *chosen[-2:]))
        if following is None:
            return None
        chosen.append(following)
    return chosen


class _Sums(NamedTuple):
    """Weights to draw from, many times: their sum, and the sums up to each that may be drawn.

    first: the index of the first of these. size: how many weights there are; those that `upto`
    leaves out are 0.
    """

    whole: float
    upto: Floats
    first: int
    size: int


def _drawn(rng: np.random.Generator, sums: _Sums) -> int | None:
    """Return a random index by weight, from one random number; None, and no draw, if all are 0."""
    if sums.whole <= 0:
        return None
    # The method takes half the time of np.searchsorted.
    place = int(sums.upto.searchsorted(rng.random() * sums.whole, side="right"))
    return sums.first + place if place < len(sums.upto) else sums.size - 1


# A phrase is drawn again and again until it reads well, and the takes of a track ask for the same
# few phrases. The sums of 4,096 phrases, most of which begin on a given chord, take some 10 MB.
@lru_cache(maxsize=4096)
def _first_two(
    model: ModeHarmony, first: str | None, cadence: str, surprise: float, places: tuple[int, ...]
) -> _Sums:
    """Return the weights of a phrase's first two chords, by `first * chords + second`."""
    is_shortest = len(places) == _SHORTEST
    starts = _starts(model, first, is_shortest=is_shortest)
    rows = np.flatnonzero(starts)
    count = len(starts)
    goal = _leading(model, cadence, surprise, places[2:])
    second = _second_weights(model, surprise, places[1], is_shortest=is_shortest)
    pairs = np.zeros((count, count))
    pairs[rows] = starts[rows, None] * second[rows] * goal[rows]
    whole = float(pairs.sum())
    if whole <= 0 and is_shortest:
        # Of two chords the first leaves no cadence but its goal.
        pairs = np.outer(starts, goal.sum(axis=0))
        whole = float(pairs.sum())
    low, high = (rows[0], rows[-1] + 1) if rows.size else (0, count)
    return _Sums(whole, pairs[low:high].cumsum(), int(low) * count, count * count)


@lru_cache(maxsize=256)
def _starts(model: ModeHarmony, first: str | None, *, is_shortest: bool) -> Floats:
    """Return how likely a phrase begins on each chord, 0 for those that surprise.

    first: the chord on which it begins, None if any may be drawn.
    is_shortest: whether the phrase has two chords, of which the first may surprise.
    """
    if first is not None:
        return first_weights(model, first)
    return np.where(model.surprises & (not is_shortest), 0.0, 1.0) * model.starts


@lru_cache(maxsize=1024)
def _second_weights(
    model: ModeHarmony, surprise: float, place: int, *, is_shortest: bool
) -> Floats:
    """Return the weights of a phrase's second chord [first, second], which stands in bar `place`.

    is_shortest: whether the phrase has two chords, between which every change is possible.
    """
    weights = _usual_changes(model) * (model.tilts[place] * _allowed(model, surprise))
    return np.asarray(np.maximum(weights, 1e-9) if is_shortest else weights)


def _next(
    model: ModeHarmony,
    cadence: str,
    surprise: float,
    places: tuple[int, ...],
    before: int,
    last: int,
) -> _Sums:
    """Return the weights of the chord after two others; `places` are its own and the later bars."""
    row = model.changes[before, last] * model.tilts[places[0]] * _allowed(model, surprise)
    weights = row * _ahead(model, cadence, surprise, places[1:])[last]
    return _Sums(float(weights.sum()), weights.cumsum(), 0, len(weights))


@lru_cache(maxsize=256)
def _allowed(model: ModeHarmony, surprise: float) -> Floats:
    """Return each chord's weight: borrowed and secondary ones times `surprise`, the tonic lower."""
    allowed = np.ones(len(model.chords))
    allowed[model.surprises] = surprise
    allowed[[chord.root == 0 for chord in model.read]] *= _HOME_AGAIN
    allowed[[any(sign in text for sign in _UNSTABLE) for text in model.chords]] *= _SELDOM
    return allowed


@lru_cache(maxsize=32)
def _usual_changes(model: ModeHarmony) -> Floats:
    """Return the changes [before, chord], averaged over the chord before those."""
    usual: Floats = model.changes.mean(axis=0)
    return usual


# Phrases of a game share their ends. 4,096 ends take 32 MB.
@lru_cache(maxsize=4096)
def _ahead(model: ModeHarmony, cadence: str, surprise: float, places: tuple[int, ...]) -> Floats:
    """Return `_leading`, kept for the next phrases that end alike."""
    return _leading(model, cadence, surprise, places)


def _leading(model: ModeHarmony, cadence: str, surprise: float, places: tuple[int, ...]) -> Floats:
    """Return how likely two chords [before, last] lead to the cadence over the remaining chords.

    places: the bars of the phrase in which the remaining chords stand.
    """
    if not places:
        return cadence_weights(model, cadence)
    later = _ahead(model, cadence, surprise, places[1:])
    distinct = _distinct_changes(model)
    weighed = _weighed_changes(model, surprise, places[0])
    sums: Floats = (weighed * later.take(distinct.last, axis=0)).sum(axis=1)
    return np.asarray(sums.take(distinct.row))


class _Distinct(NamedTuple):
    """The distinct rows of a model's changes; most do not depend on the chord before the last.

    rows [rows, chord]: weights of the next chord. last [rows]: the chord before it. row [chord,
    chord]: the index of the row for the last two chords.
    """

    rows: Floats
    last: Integers
    row: Integers


@lru_cache(maxsize=32)
def _distinct_changes(model: ModeHarmony) -> _Distinct:
    """Return the distinct rows of a model's changes."""
    count = len(model.chords)
    rows: list[Floats] = []
    last: list[int] = []
    row = np.empty((count, count), np.int64)
    for chord in range(count):
        found, which = np.unique(model.changes[:, chord], axis=0, return_inverse=True)
        row[:, chord] = which.ravel() + len(last)
        rows.append(found)
        last += [chord] * len(found)
    return _Distinct(np.concatenate(rows), np.array(last, np.int64), row)


@lru_cache(maxsize=64)
def _weighed_changes(model: ModeHarmony, surprise: float, place: int) -> Floats:
    """Return the rows of `_Distinct`, weighted for a bar of the phrase.

    place: the bar of the phrase. surprise: factor on borrowed and secondary chords.
    """
    weighed: Floats = _distinct_changes(model).rows * (
        model.tilts[place] * _allowed(model, surprise)
    )
    return weighed


def forget_phrases() -> None:
    """Give up what is kept for the next phrases; the notes stay as they are.

    It is up to some 40 MB, and most of it that of the last track.
    """
    for kept in (_first_two, _second_weights, _ahead, _weighed_changes):
        kept.cache_clear()


def first_weights(model: ModeHarmony, first: str) -> Floats:
    """Return 1 for the chord that a phrase begins on; if unknown, for the chords on its root.

    The chord's own text replaces it afterwards.
    """
    stem = stem_of(first)
    if stem in model.chords:
        return np.array([float(text == stem) for text in model.chords])
    root = parse_chord(first, Key(0, model.mode)).root
    near = np.array([float(chord.root == root) for chord in model.read])
    return near if near.any() else model.shares.copy()


@lru_cache(maxsize=256)
def cadence_weights(model: ModeHarmony, cadence: str) -> Floats:
    """Return how well the last two chords suit a cadence, float64 [before, last].

    In a mode that lacks a chord for it, any chord on the tonic ends it, and a chord on the second
    degree, or any, comes before.
    """
    roots = np.array([_family_root(chord.root, model) for chord in model.read])
    seventh = np.array([len(chord.pitch_classes) > 3 for chord in model.read])
    plain = ~np.array([any(sign in text for sign in _UNRESTING) for text in model.chords])
    home = ~model.surprises & plain
    tonic = (roots == 0) & home & ~seventh
    tonic = _first_with_any(tonic, roots == 0)
    dominant = np.isin(roots, _DOMINANTS[model.family]) & home
    if model.family in ("major", "minor"):
        # The dominant has the leading tone.
        dominant &= np.array([11 in chord.pitch_classes for chord in model.read])
    anything = np.ones(len(roots), np.bool_)
    away = home & ~seventh & (roots != 0)
    dominant = _first_with_any(dominant, away)
    if cadence in ("half", "turn"):
        of_seventh, of_triad = (_HALF_SEVENTH, 1.0) if cadence == "half" else (1.0, _TURN_TRIAD)
        ends = np.where(dominant, np.where(seventh, of_seventh, of_triad), 0.0)
        leads = np.isin(roots, _PREDOMINANTS) | (cadence == "half")
        return _outer(np.where(leads, 1.0, 0.5), ends)
    if cadence == "open":
        ends = _first_with_any(np.isin(roots, _OPEN[model.family]) & away, away)
        return _outer(anything, ends)
    if cadence == "deceptive":
        ends = _first_with_any(np.isin(roots, _DECEPTIVE[model.family]) & away, away & ~dominant)
        return _outer(dominant & (roots != _FOURTH), ends)
    before = {
        "closed": dominant,
        "plagal": (roots == _FOURTH) & plain,
        "modal": np.isin(roots, _MODAL[model.family]) & plain,
    }[cadence]
    before = _first_with_any(before, (roots == _SECOND) & home, anything)
    return _outer(before, tonic)


def _outer(before: NDArray[np.generic], last: NDArray[np.generic]) -> Floats:
    return np.outer(before.astype(np.float64), last.astype(np.float64))


def _first_with_any(*masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the first mask with a true element, or the last mask if none has one."""
    return next((mask for mask in masks if mask.any()), masks[-1])


def _family_root(root: int, model: ModeHarmony) -> int:
    """Return the root of the same degree in the mode that the changes are borrowed from."""
    scale, family = MODES[model.mode], MODES[model.family]
    return family[scale.index(root)] if root in scale and len(scale) == len(family) else root


def _has_surprise(chosen: list[int], model: ModeHarmony) -> bool:
    return bool(model.surprises[chosen].any())


@lru_cache(maxsize=32)
def _surprise_names(model: ModeHarmony) -> frozenset[str]:
    return frozenset(
        text for text, is_one in zip(model.chords, model.surprises, strict=True) if is_one
    )


def inverted(
    rng: np.random.Generator, model: ModeHarmony, chosen: list[int], first: str | None = None
) -> list[str]:
    """Return the chords with their basses: a learned inversion that moves the bass in a usual way.

    The last chord stands on its root, the first mostly does.
    """
    texts: list[str] = []
    bass = 0
    for order, place in enumerate(chosen):
        if not order and first is not None:
            texts.append(first)
            bass = parse_chord(first, Key(0, model.mode)).bass
            continue
        weights = [0.0] * len(_INVERSIONS)
        is_last = order == len(chosen) - 1
        basses, shares = _basses(model)[place]
        for inversion, low in enumerate(basses):
            if low is None or (inversion and is_last):
                continue
            step = (low - bass + 5) % OCTAVE - 5
            weights[inversion] = shares[inversion] * (
                model.motion.get(step, 0.005) if order else 1.0
            )
            if inversion:
                weights[inversion] *= _INVERTED
            if inversion and not order:
                weights[inversion] *= _FIRST_INVERTED
        weights[2] *= _SECOND_INVERSION
        inversion = _pick_of_few(rng, weights)
        texts.append(model.chords[place] + _INVERSIONS[inversion])
        low = basses[inversion]
        bass = model.read[place].root if low is None else low
    return texts


_INVERSIONS = ("", "/3", "/5", "/7")


@lru_cache(maxsize=32)
def _basses(model: ModeHarmony) -> tuple[tuple[tuple[int | None, ...], tuple[float, ...]], ...]:
    """Return each chord's bass by inversion, None where it has none, and the learned shares."""

    def bass_of(name: str, figure: str) -> int | None:
        """Return the bass's pitch class of a chord with a figure; None if they form no chord."""
        if figure and "sus" in name:
            return None
        try:
            return parse_chord(name + figure, Key(0, model.mode)).bass
        except ValueError:
            return None

    return tuple(
        (tuple(bass_of(name, figure) for figure in _INVERSIONS), tuple(shares))
        for name, shares in zip(model.chords, model.inversions.tolist(), strict=True)
    )


def _pick_of_few(rng: np.random.Generator, weights: list[float]) -> int:
    """Return `_pick` of a few weights, for which arrays take longer; 0 if all are 0."""
    sums = list(accumulate(weights))
    if sums[-1] <= 0:
        return 0
    return min(bisect_right(sums, float(rng.random()) * sums[-1]), len(weights) - 1)
