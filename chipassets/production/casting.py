"""Casting: which take a track gets, rolling more of them while none is good enough.

Takes are numbered from 0 and take n of a track is always the same music, however many are rolled.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast as cast_type

from chipassets.compose.composer import Composed, compose_with_costs
from chipassets.compose.variant import vary
from chipassets.compose.weights import Model
from chipassets.errors import CheckError
from chipassets.lock import ACCEPTED, Choices, LockedTake, TakeRow, notes_sha256
from chipassets.music.score import Score
from chipassets.originality import GramIndex
from chipassets.plan.links import VARIANT
from chipassets.plan.trackplan import TrackPlan
from chipassets.selection.judging import judge
from chipassets.selection.moods import complaints, notes_can_fit, unmet
from chipassets.selection.takes import Rating, choose_rated, explain
from chipassets.shape import shape
from chipassets.stored.cache_keys import notes_key, plan_key
from chipassets.stored.facts import notes_facts

MAX_BLOCKS = 3
"""The most blocks of takes that are composed before the least bad take is chosen."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A composed and shaped take with its number, its rating and the tags that it does not keep."""

    number: int
    score: Score
    rating: Rating
    complaints: tuple[str, ...]
    is_rejected: bool

    @property
    def is_good(self) -> bool:
        """Whether the take is neither rejected nor refused, and keeps its tags."""
        return not (self.is_rejected or self.rating.refused or self.complaints)


def roll(
    track: TrackPlan,
    model: Model,
    grams: GramIndex | None,
    choices: Choices,
    first: int,
    count: int,
    report: Callable[[str], None],
    progress: Callable[[float], None] | None = None,
) -> tuple[Candidate, ...]:
    """Return `count` rated takes of a track, from number `first` on.

    `progress` is called with the finished share, rising to 1, if the composer reports it.
    """
    report("compose")
    raw = _compose(track, model, first, count, progress)
    report("shape")
    unwanted = {item.notes_sha256 for item in choices.rejected}
    return tuple(
        _candidate(
            track, first + place, replace(take, score=shape(take.score, track)), grams, unwanted
        )
        for place, take in enumerate(raw)
    )


def _compose(
    track: TrackPlan,
    model: Model,
    first: int,
    count: int,
    progress: Callable[[float], None] | None,
) -> tuple[Composed, ...]:
    """Return composed takes: a variant's only one, the composer's, or Magenta's own."""
    if track.link is not None and track.link.kind == VARIANT:
        # There is only one take: another roll would give the same notes.
        return (Composed(vary(track)),) if first == 0 and count else ()
    if track.reference is None:
        return compose_with_costs(track, model, first, count, progress)
    # Imported by name: it belongs to an extra, on which a build must not depend.
    composer = importlib.import_module("chipassets.train.reference").compose_takes
    compose = cast_type("Callable[[TrackPlan, Model, int, int], tuple[Score, ...]]", composer)
    return tuple(Composed(score) for score in compose(track, model, first, count))


def judged(candidates: Sequence[Candidate], choices: Choices) -> tuple[Candidate, ...]:
    """Return the takes with `is_rejected` set as the choices say."""
    unwanted = {item.notes_sha256 for item in choices.rejected}
    return tuple(
        replace(item, is_rejected=bool(unwanted) and notes_sha256(item.score) in unwanted)
        for item in candidates
    )


def retempoed(candidates: Sequence[Candidate], track: TrackPlan) -> list[Candidate]:
    """Return the takes at the tempo of a plan that asks for the same notes.

    The tags are judged anew, because they depend on the tempo.
    """
    return [
        replace(
            item,
            score=replace(item.score, tempo_millibpm=track.tempo_millibpm),
            complaints=complaints(unmet(item.rating.metrics, track)),
        )
        for item in candidates
    ]


def as_candidate(
    track: TrackPlan, number: int, score: Score, grams: GramIndex | None, choices: Choices
) -> Candidate:
    """Return a finished score as take `number`, rated like any other."""
    unwanted = {item.notes_sha256 for item in choices.rejected}
    return _candidate(track, number, Composed(score), grams, unwanted)


def _candidate(
    track: TrackPlan,
    number: int,
    take: Composed,
    grams: GramIndex | None,
    unwanted: set[str],
) -> Candidate:
    """Return a composed take with its rating; rejected if its notes are unwanted."""
    score = take.score
    found = judge(score, track, grams, take.search_cost, take.critic)
    is_rejected = bool(unwanted) and notes_sha256(score) in unwanted
    return Candidate(number, score, found.rating, found.complaints, is_rejected)


def cast(
    track: TrackPlan,
    model: Model,
    grams: GramIndex | None,
    choices: Choices,
    report: Callable[[str], None],
    known: Sequence[Candidate] = (),
) -> LockedTake:
    """Return the best take of a track that is not rejected.

    While every take is refused, rejected or misses its tags, as many more are rolled, up to
    MAX_BLOCKS times; then the least bad one is taken, and its reason says so. Takes that only miss
    tags are not rolled again where tempo and key, which are the plan's, are what misses. `known`
    are the track's first takes, if they are composed already.

    Raises:
        CheckError: every take is rejected.
    """
    is_variant = track.link is not None and track.link.kind == VARIANT
    block = 1 if is_variant else track.takes + choices.rolled
    candidates = judged(known[:block], choices)
    if len(candidates) < block:
        missing = block - len(candidates)
        candidates += roll(track, model, grams, choices, len(candidates), missing, report)
    for more in range(1, MAX_BLOCKS):
        if is_variant or not _wants_more(track, candidates):
            break
        first = block + (more - 1) * track.takes
        candidates += roll(track, model, grams, choices, first, track.takes, report)
    return lock_take(track, model, grams, choices, candidates, choose_candidate(track, candidates))


def _wants_more(track: TrackPlan, candidates: Sequence[Candidate]) -> bool:
    """Return whether more takes are worth composing: none is good, and a better one may exist."""
    if any(candidate.is_good for candidate in candidates):
        return False
    usable = any(not (item.is_rejected or item.rating.refused) for item in candidates)
    return not usable or notes_can_fit(track)


def choose_candidate(track: TrackPlan, candidates: Sequence[Candidate]) -> Candidate:
    """Return the best of the takes that are not rejected; CheckError if all are rejected."""
    wanted = [candidate for candidate in candidates if not candidate.is_rejected]
    if not wanted:
        raise CheckError(
            f"all {len(candidates)} takes of track {track.name!r} are rejected; roll more "
            f"(chipassets takes MANIFEST {track.name} --roll 16), or change its seed"
        )
    ratings = [candidate.rating for candidate in wanted]
    choice = choose_rated(ratings, [not candidate.complaints for candidate in wanted])
    return wanted[choice.index]


def lock_take(
    track: TrackPlan,
    model: Model,
    grams: GramIndex | None,
    choices: Choices,
    candidates: Sequence[Candidate],
    chosen: Candidate,
    *,
    accepted: bool = False,
) -> LockedTake:
    """Return the lock entry of the chosen (or accepted) one of the candidates."""
    field = [item for item in candidates if item is chosen or not item.is_rejected]
    keeps_tags = [not item.complaints for item in field]
    why = explain([item.rating for item in field], field.index(chosen), keeps_tags)
    return LockedTake(
        notes_key=notes_key(track, model.sha256, grams.sha256 if grams else ""),
        number=chosen.number,
        of=len(candidates),
        why=f"{ACCEPTED}{why}" if accepted else why,
        score=chosen.score,
        accepted=accepted,
        plan_key=plan_key(track),
        rejected=choices.rejected,
        rolled=choices.rolled,
        table=tuple(map(_table_row, candidates)),
        facts=notes_facts(track, model.name, model.sha256, grams.sha256 if grams else ""),
    )


def _table_row(item: Candidate) -> TakeRow:
    """Return a candidate as a row of the table of takes."""
    against = ["rejected"] * item.is_rejected
    against += [f"refused: {item.rating.refused}"] if item.rating.refused else []
    return TakeRow(
        number=item.number,
        total=round(item.rating.total, 3),
        verdict="; ".join([*against, *item.complaints]),
        features=tuple(
            (feature.name, float(round(feature.value, 3)), float(round(feature.points, 2)))
            for feature in item.rating.features
        ),
    )
