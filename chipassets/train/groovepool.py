"""Replaces bars that only one song has by bars drawn from the statistics of similar bars."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from chipassets.seeds import derive_rng
from chipassets.train.drumbars import KINDS, DrumBar, DrumSong
from chipassets.train.groovefamilies import (
    FILL_BEATS,
    STEPS,
    Family,
    Key,
    distance,
    joined,
    without_crash,
)
from chipassets.units import STEPS_PER_BEAT

_DISTINCTIVE_HITS = 10
_NEIGHBOURS = 12
_DRAWS = 256
_LOST = 1.0


class Pool:
    """All bars of the corpus, from which a replacement of a distinctive bar is drawn."""

    def __init__(self, families: Iterable[Family], songs: Iterable[DrumSong]) -> None:
        self.songs: dict[tuple[str, Key], set[str]] = defaultdict(set)
        self.bars: dict[tuple[str, Key], DrumBar] = {}
        for song in songs:
            for bar in filter(None, song.bars):
                self.songs[song.metre, frozenset(without_crash(bar))].add(song.name)
        for family in families:
            for bar in (*family.base, *family.variants, *family.fills.values()):
                self.bars.setdefault((family.metre, frozenset(bar)), bar)

    def is_distinctive(self, bar: DrumBar, metre: str) -> bool:
        """Return whether only one song has the bar and it has more than ten hits."""
        return len(bar) > _DISTINCTIVE_HITS and len(self.songs[metre, frozenset(bar)]) < 2

    def drawn_anew(self, bar: DrumBar, metre: str, name: str) -> DrumBar:
        """Return a bar drawn from the onset probabilities of the nearest bars.

        Each of them counts by its nearness, and the bar itself at most as much as all others
        together. Of many draws the likeliest is taken that has a similar number of hits, keeps a
        downbeat, and is neither the bar itself nor another that only one song has.
        """
        near = sorted(
            (distance(bar, other), tuple(sorted(key)))
            for (word, key), other in self.bars.items()
            if word == metre and key != frozenset(bar)
        )[:_NEIGHBOURS]
        weights = [math.exp(-gap / 0.25) for gap, _ in near]
        others = [self.bars[metre, frozenset(key)] for _, key in near]
        own = min(1.0, sum(weights))
        total = own + sum(weights)
        chance: dict[tuple[int, str], float] = defaultdict(float)
        loud: dict[tuple[int, str], list[float]] = defaultdict(list)
        for weight, other in ((own, bar), *zip(weights, others, strict=True)):
            for hit, velocity in other.items():
                chance[hit] += weight / total
                loud[hit].append(velocity)
        hits = sorted(chance)
        p = np.array([chance[hit] for hit in hits])
        p = np.clip(p**2 / (p**2 + (1 - p) ** 2), 0.02, 0.98)
        rng = derive_rng("groove bank", name, metre)
        best: tuple[float, DrumBar] | None = None
        for _ in range(_DRAWS):
            drawn = rng.random(len(hits)) < p
            fresh = {hit: sum(loud[hit]) / len(loud[hit])
                     for hit, on in zip(hits, drawn, strict=True) if on}  # fmt: skip
            key = frozenset(fresh)
            begins = any(step == 0 for step, _ in fresh) or all(step for step, _ in bar)
            copied = len(self.songs.get((metre, key), ())) == 1
            if not fresh or copied or not begins or len(key ^ bar.keys()) < 2:
                continue
            score = float(np.where(drawn, np.log(p), np.log(1 - p)).sum())
            score -= _LOST * sum(abs(count_of(fresh, kind) - count_of(bar, kind)) for kind in KINDS)
            if best is None or score > best[0]:
                best = (score, fresh)
        return best[1] if best else {hit: v for hit, v in bar.items() if hit[0] % 2 == 0}


def count_of(bar: DrumBar, kind: str) -> int:
    """Return how many hits of a kind a bar has."""
    return sum(other == kind for _, other in bar)


def _edited(bar: DrumBar, old: DrumBar, new: DrumBar) -> DrumBar:
    """Return a bar with the changes from `old` to `new` where it equals `old`."""
    edited = dict(bar)
    for hit in old.keys() ^ new.keys():
        if (hit in bar) == (hit in old):
            edited.pop(hit, None)
            if hit in new:
                edited[hit] = new[hit]
    return edited


def generalise(family: Family, pool: Pool, name: str) -> Family:
    """Return a family without bars of more than ten hits that only one song has."""
    base = list(family.base)
    variants, fills = list(family.variants), dict(family.fills)
    sampled = False
    for number, bar in enumerate(family.base):
        if not pool.is_distinctive(bar, family.metre):
            continue
        fresh = pool.drawn_anew(bar, family.metre, f"{name} {number}")
        base = [_edited(other, bar, fresh) for other in base]
        base[number] = fresh
        variants = [_edited(other, bar, fresh) for other in variants]
        fills = {size: _edited(other, bar, fresh) for size, other in fills.items()}
        sampled = True
    for number, bar in enumerate(variants):
        if pool.is_distinctive(bar, family.metre):
            variants[number] = pool.drawn_anew(bar, family.metre, f"{name} variant {number}")
            sampled = True
    for size, bar in fills.items():
        if pool.is_distinctive(bar, family.metre):
            fresh = pool.drawn_anew(bar, family.metre, f"{name} {size}")
            fills[size] = joined(
                base[-1], fresh, max(STEPS[family.metre] - STEPS_PER_BEAT * FILL_BEATS[size], 0)
            )
            sampled = True
    base_keys = {frozenset(bar) for bar in base}
    variants = [bar for bar in variants if frozenset(bar) not in base_keys]
    return replace(
        family, base=tuple(base), variants=variants, fills=fills, sampled=family.sampled or sampled
    )
