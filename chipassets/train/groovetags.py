"""Measures grooves, and assigns style words to them."""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.train.drumbars import DrumBar
from chipassets.train.metre import BAR_STEPS
from chipassets.units import STEPS_PER_BEAT

_LOUD = {"kick": 1.0, "snare": 1.0, "closed_hat": 0.45, "open_hat": 0.6, "tom": 0.9, "crash": 0.8}


def features_of(bars: Sequence[DrumBar], metre: str) -> dict[str, float]:
    """Return the features of a groove's base bars.

    hits: drums per beat. onsets: steps with a drum, per beat. backbeat: share of beats 2 and 4 with
    a snare. half_time: share of bars with a snare on 3 and none on 2 and 4. syncopation: share of
    kicks off the beat, those on 8ths counted half. off: share of onsets off the 8ths. swing: share
    of the beats with an onset off the beat that have it only on the last 16th. gallop: share of
    beats with kick, snare or tom on the 1st, 3rd and 4th 16th and not the 2nd, half of those on
    only the first three. four: share of beats with a kick. snares, kicks, hats: their shares of
    hits. drive: loudness of the hits per beat.
    """
    steps = BAR_STEPS[metre]
    beats = len(bars) * steps // STEPS_PER_BEAT
    hits = [(n * steps + step, kind) for n, bar in enumerate(bars) for step, kind in sorted(bar)]
    on = {step for step, _ in hits}

    def steps_of(*kinds: str) -> set[int]:
        """Return the steps on which one of these kinds is struck."""
        return {step for step, kind in hits if kind in kinds}

    kicks, snares = steps_of("kick"), steps_of("snare")
    drums = steps_of("kick", "snare", "tom")
    back = [n * steps + at for n in range(len(bars)) for at in _back_steps(metre)]
    half = [
        n
        for n in range(len(bars))
        if metre == "4/4" and 16 * n + 8 in snares
        and not {16 * n + 4, 16 * n + 12} & snares
    ]  # fmt: skip
    in_beat = [
        frozenset(s % STEPS_PER_BEAT for s in on if s // STEPS_PER_BEAT == beat)
        for beat in range(beats)
    ]
    drum_beat = [
        frozenset(s % STEPS_PER_BEAT for s in drums if s // STEPS_PER_BEAT == beat)
        for beat in range(beats)
    ]
    moving = [beat for beat in in_beat if beat - {0}]
    gallops = sum({frozenset({0, 2, 3}): 1.0, frozenset({0, 1, 2}): 0.5}.get(beat, 0.0)
                  for beat in drum_beat)  # fmt: skip
    count = max(len(hits), 1)
    return {
        "hits": len(hits) / beats,
        "onsets": len(on) / beats,
        "backbeat": sum(step in snares for step in back) / len(back),
        "half_time": len(half) / len(bars),
        "syncopation": sum((0, 1.0, 0.5, 1.0)[s % STEPS_PER_BEAT] for s in kicks)
        / max(len(kicks), 1),
        "off": sum(s % 2 for s in on) / max(len(on), 1),
        "swing": sum(beat - {0} == {3} for beat in moving) / max(len(moving), 1),
        "gallop": gallops / beats,
        "four": sum(STEPS_PER_BEAT * beat in kicks for beat in range(beats)) / beats,
        "snares": len(snares) / count,
        "kicks": len(kicks) / count,
        "hats": len(steps_of("closed_hat", "open_hat")) / count,
        "drive": sum(_LOUD[kind] * (0.5 + v / 2) for bar in bars for (_, kind), v in bar.items())
        / beats,
    }


def _back_steps(metre: str) -> tuple[int, ...]:
    return {"4/4": (4, 12), "3/4": (4, 8), "6/8": (6,)}[metre]


def density_rank(values: Sequence[float]) -> list[float]:
    """Return each value's rank among all of them, 0..1; equal values have equal ranks."""
    ordered = sorted(values)
    last = max(len(ordered) - 1, 1)
    return [
        (ordered.index(value) + len(ordered) - 1 - ordered[::-1].index(value)) / 2 / last
        for value in values
    ]


def styles_of(features: dict[str, float], metre: str, swung: bool) -> tuple[str, ...]:
    """Return the style words that fit a groove, the best first."""
    if metre != "4/4":
        return ("waltz",) if metre == "3/4" else ("six_eight",)
    f = features
    words: list[str] = []
    marked = f["backbeat"] >= 0.5 or f["half_time"] >= 0.5
    if swung or (f["swing"] >= 0.6 and f["off"] >= 0.15):
        words.append("shuffle")
    if f["gallop"] >= 0.37:
        words.append("gallop")
    if f["snares"] >= 0.45 and f["hats"] <= 0.35 and f["onsets"] <= 2.6:
        words.append("march")
    if (f["snares"] == 0 and f["kicks"] <= 0.5) or (f["kicks"] == 0 and f["snares"] < 0.2):
        words.append("pulse")
    if marked and f["onsets"] <= 1.8 and f["off"] <= 0.25:
        words.append("ballad")
    if (marked and f["onsets"] >= 2.4) or (f["four"] >= 0.9 and f["onsets"] >= 1.9):
        words.append("drive")
    if marked and 1.2 <= f["onsets"] <= 3.2:
        words.append("rock")
    if not words and f["onsets"] <= 1.5:
        words.append("pulse" if f["snares"] < 0.2 else "ballad")
    return tuple(words) or ("rock" if f["onsets"] < 2.6 else "drive",)
