"""Families of drum bars in one song: a base that repeats, its variants, and its fills."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chipassets.train.drumbars import DrumBar, DrumSong
from chipassets.train.metre import BAR_STEPS
from chipassets.units import STEPS_PER_BEAT

STEPS = BAR_STEPS
FILL_BEATS = {"small": 1, "medium": 2, "large": 3}
_WEIGHTS = {"kick": 2.0, "snare": 2.0, "closed_hat": 1.0, "open_hat": 1.0, "tom": 1.5, "crash": 1.0}
_SAME_FAMILY = 0.42
_MAX_VARIANTS = 3
_LEAST_MARKED = {1: 2, 2: 3, 3: 5}

Bars = tuple[DrumBar, ...]
Key = frozenset[tuple[int, str]]


@dataclass(slots=True)
class Family:
    """Bars of a song that belong together: the base, its variants, and its fills by size.

    count: the number of the song's bars in it. crash: one had a crash on the first beat. sampled: a
    bar was replaced by a drawn one, because only one song has it.
    """

    metre: str
    swung: bool
    songs: frozenset[str]
    base: Bars
    variants: list[DrumBar] = field(default_factory=list)
    fills: dict[str, DrumBar] = field(default_factory=dict)
    count: int = 0
    crash: bool = False
    sampled: bool = False


def distance(one: Mapping[tuple[int, str], float], other: Mapping[tuple[int, str], float]) -> float:
    """Return the weighted share of hits that two bars do not share, 0..1.

    Kick and snare count double; a closed hat instead of an open one is half a difference.
    """
    both = one.keys() | other.keys()
    if not both:
        return 0.0
    apart = total = 0.0
    for step, kind in both:
        weight = _WEIGHTS[kind]
        total += weight
        if ((step, kind) in one) != ((step, kind) in other):
            twin = {"closed_hat": "open_hat", "open_hat": "closed_hat"}.get(kind)
            twins = twin is not None and ((step, twin) in one or (step, twin) in other)
            apart += weight / 2 if twins else weight
    return apart / total


def families_of(song: DrumSong) -> list[Family]:
    """Return the families of a song's bars, the commonest first."""
    bars = [None if bar is None else without_crash(bar) for bar in song.bars]
    keys = [None if bar is None else frozenset(bar) for bar in bars]
    counts = Counter(key for key in keys if key)
    means = _mean_bars(bars)
    steps = STEPS[song.metre]
    least = 2 if len(bars) > 4 else 1
    rest = sorted(counts, key=lambda key: (-counts[key], sorted(key)))
    families: list[Family] = []
    while rest:
        leader = rest[0]
        if counts[leader] < least:
            break
        partner = _partner(leader, keys, counts)
        base = [leader] if partner is None else [leader, partner]
        if partner is not None and keys.index(partner) < keys.index(leader):
            base.reverse()
        near = [
            key
            for key in rest
            if key in base or min(distance(means[key], means[b]) for b in base) <= _SAME_FAMILY
        ]
        rest = [key for key in rest if key not in near]
        if len(leader) < 2 and partner is None:
            continue
        family = Family(song.metre, song.swung, frozenset({song.name}),
                        tuple(means[key] for key in base))  # fmt: skip
        _sort_others(family, base, near, keys, means, steps)
        family.count = sum(counts[key] for key in near)
        family.crash = any(
            raw and (0, "crash") in raw and key in near
            for raw, key in zip(song.bars, keys, strict=True)
        )
        families.append(family)
    return families


def without_crash(bar: DrumBar) -> DrumBar:
    """Remove a crash on the first beat: it marks a section and is not part of the groove."""
    return {(step, kind): v for (step, kind), v in bar.items() if (step, kind) != (0, "crash")}


def _mean_bars(bars: Sequence[DrumBar | None]) -> dict[frozenset[tuple[int, str]], DrumBar]:
    """Return, for each set of hits, the mean velocities of the bars that have it."""
    sums: dict[frozenset[tuple[int, str]], list[DrumBar]] = defaultdict(list)
    for bar in bars:
        if bar:
            sums[frozenset(bar)].append(bar)
    return {
        key: {hit: sum(bar[hit] for bar in same) / len(same) for hit in sorted(key)}
        for key, same in sums.items()
    }


def _partner(leader: Key, keys: Sequence[Key | None], counts: Counter[Key]) -> Key | None:
    """Return the bar that alternates with `leader`, as in A B A; None if there is none.

    It must do so at least twice, and after two fifths of the leader's occurrences or more.
    """
    turns = Counter(
        keys[at + 1]
        for at in range(len(keys) - 1)
        if keys[at] == leader and keys[at + 1] not in (leader, None, frozenset())
        and (at + 2 == len(keys) or keys[at + 2] == leader)
    )  # fmt: skip
    if not turns:
        return None
    best = min(turns, key=lambda key: (-turns[key], sorted(key or ())))
    if best is None or turns[best] < max(2, 0.4 * counts[leader]):
        return None
    return best


def _sort_others(
    family: Family,
    base: list[Key],
    near: list[Key],
    keys: Sequence[Key | None],
    means: Mapping[Key, DrumBar],
    steps: int,
) -> None:
    """Sort bars beside the base into variants and fills.

    A fill leaves the base from some beat on, is busier there or brings toms, and
    stands where a phrase ends: after the base, in an even bar of its section.
    """
    seen: Counter[Key] = Counter()
    ends: Counter[Key] = Counter()
    start = 0
    known = set(near)
    for at, key in enumerate(keys):
        if at and (keys[at - 1] is None or not keys[at - 1]):
            start = at
        if not key or key in base:
            continue
        before = keys[at - 1] if at else None
        if before in known and before is not None:
            seen[key] += 1
            ends[key] += (at - start) % 2 == 1
    for key in sorted(seen, key=lambda key: (-seen[key], sorted(key))):
        model = min(base, key=lambda b: (distance(means[b], means[key]), sorted(b)))
        size = _fill_size(means[model], means[key], steps)
        if size is not None and 2 * ends[key] > seen[key]:
            if size not in family.fills:
                tail = steps - STEPS_PER_BEAT * FILL_BEATS[size]
                family.fills[size] = joined(means[base[-1]], means[key], max(tail, 0))
        elif key in known and len(family.variants) < _MAX_VARIANTS:
            family.variants.append(means[key])


def joined(head: DrumBar, tail: DrumBar, at: int) -> DrumBar:
    """Return a bar that equals `head` before step `at` and `tail` from it on."""
    both = {hit: v for hit, v in head.items() if hit[0] < at}
    both.update({hit: v for hit, v in tail.items() if hit[0] >= at})
    return both


def _fill_size(base: DrumBar, bar: DrumBar, steps: int) -> str | None:
    """Return how much of a bar is a fill, None if it is not one: hats may pause in a fill."""
    drums = ("snare", "tom", "kick", "crash")
    changed = sorted({step for step, kind in base.keys() ^ bar.keys() if kind in drums})
    if not changed:
        return None
    beats = -(-(steps - changed[0]) // STEPS_PER_BEAT)

    def count(which: DrumBar, kinds: tuple[str, ...]) -> int:
        """Return how many hits of these kinds a bar has in its last `beats` beats."""
        return sum(step >= steps - STEPS_PER_BEAT * beats and kind in kinds for step, kind in which)

    marked = count(bar, ("snare", "tom"))
    if count(bar, drums) <= count(base, drums) or marked < _LEAST_MARKED[min(beats, 3)]:
        return None
    return "small" if beats == 1 else "medium" if beats == 2 else "large"
