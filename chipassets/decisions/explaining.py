"""Explains a bar of a take, as composed or rerolled. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chipassets.compose.explain import (
    BarExplained,
    bar_notes,
    explain_sketch,
    explain_take_bar,
)
from chipassets.compose.reroll import TUNE
from chipassets.decisions.auditions import (
    MAX_TAKES,
    Audition,
    TakeName,
    as_take,
    chosen_number,
    list_takes,
    take_of,
)
from chipassets.decisions.rerolling import Rerolled, read_origin, tries_of
from chipassets.decisions.stored_bar import BarStored, stored_bar
from chipassets.errors import UsageError
from chipassets.lock import LockedTake
from chipassets.music.notes import LEAD, PARTS


def explain_bar(
    audition: Audition, bar: int, take: TakeName | None = None
) -> BarExplained | BarStored:
    """Return how a bar (from 1) of a take, by default the chosen one, was composed.

    A rerolled take is composed once more: in its new bars the new parts are explained, elsewhere
    the take that it was made of. Of a take of another plan or composer, which cannot be composed
    once more, what is stored is returned.

    Raises:
        UsageError: there is no such bar or take, all are rejected, or a person wrote the bar.
    """
    track = audition.track
    bars = _bars_of(audition, take)
    if not 1 <= bar <= bars:
        raise UsageError(f"track {track.name!r} has no bar {bar}; its bars are 1 to {bars}")
    if take is not None and str(take).strip().isdecimal():
        number = int(str(take).strip()) - 1
        if not 0 <= number < MAX_TAKES:
            raise UsageError(f"track {track.name!r} has no take {take}; takes count from 1")
        return explain_take_bar(track, audition.model, number, bar - 1)
    found = take_of(audition, take) if take is not None else audition.current
    if found is None or (found.as_version is None and take is None):
        chosen = _chosen_take(audition)
        if chosen is None and audition.current is not None:
            return stored_bar(audition, audition.current, bar - 1)
        if chosen is None:
            raise UsageError(f"all takes of track {track.name!r} are rejected; name one by --take")
        return explain_take_bar(track, audition.model, chosen, bar - 1)
    return _explained(audition, found, bar - 1)


def _bars_of(audition: Audition, take: TakeName | None) -> int:
    """Return the bars of a take: of a held or repaired one those of its notes, else the plan's."""
    name = str(take).strip() if take is not None else ""
    for version in audition.versions:
        if version.name == name:
            return version.score.bars
    if not name and audition.current is not None:
        return audition.current.score.bars
    return audition.track.bars


def _chosen_take(audition: Audition) -> int | None:
    """Return the number of the take that a build would use; None if it is composed no more."""
    if audition.current and not audition.is_held:
        return audition.current.number
    return chosen_number(audition, list_takes(audition))


def _explained(audition: Audition, take: LockedTake, bar: int) -> BarExplained | BarStored:
    """Return how a bar (from 0) of a take or version came about."""
    made = read_origin(take)
    if made is None:
        return _composed(audition, take, bar)
    for base in _bases(audition, take, made.base):
        if made.text is not None:
            again = _rerolled(audition, take, base, made.text)
            if again is None:
                continue
            found = _merged(audition, again, base, take, bar)
        elif bar_notes(take.score, bar) == bar_notes(base.score, bar):
            found = _explained(audition, base, bar)
        else:
            raise UsageError(
                f"bar {bar + 1} of take {take.name} was written by hand: it is {take.origin}; "
                f"--take {base.name} explains the bar as it was composed"
            )
        return replace(found, version=take.name, origin=take.origin)
    return stored_bar(audition, take, bar)


def _composed(audition: Audition, take: LockedTake, bar: int) -> BarExplained | BarStored:
    """Return how a bar of a take came about that has its number's notes, or what is stored."""
    candidates = list_takes(audition)
    if take.number >= len(candidates):
        return stored_bar(audition, take, bar)
    now = candidates[take.number].score
    if bar >= now.bars or bar_notes(now, bar) != bar_notes(take.score, bar):
        return stored_bar(audition, take, bar)
    return explain_take_bar(audition.track, audition.model, take.number, bar)


def _bases(audition: Audition, take: LockedTake, name: str) -> Iterator[LockedTake]:
    """Yield the takes of that name from which a version may have been made."""
    for version in audition.versions:
        if version.name == name or (not version.version and name == str(version.number + 1)):
            yield as_take(audition, version)
    before = audition.before
    if before is not None and before.name == name and before is not take:
        yield before
    if name.isdecimal():
        yield take_of(audition, name)


def _rerolled(audition: Audition, take: LockedTake, base: LockedTake, text: str) -> Rerolled | None:
    """Return the attempt at a reroll that has a version's notes; None if no attempt has them."""
    names = [version.name for version in audition.versions]
    place = names.index(take.name) if take.name in names else 0
    tries = tries_of(audition, base, text)
    return next(tries.matching(take.score, place), None)


def _merged(
    audition: Audition, again: Rerolled, base: LockedTake, take: LockedTake, bar: int
) -> BarExplained | BarStored:
    """Return the bar with its new parts explained by the reroll, the others by the base."""
    if bar not in again.wanted.bars:
        return _explained(audition, base, bar)
    new = explain_sketch(again.track, again.made, take.number, bar)
    source = new.returns_from
    if source is not None and source - 1 not in again.wanted.bars:
        new = replace(new, returns_from=None)
    parts = {LEAD if part == TUNE else part for part in again.wanted.parts}
    if set(PARTS) <= parts:
        return replace(new, notes=bar_notes(take.score, bar))
    old = _explained(audition, base, bar)
    if isinstance(old, BarStored):
        return stored_bar(audition, take, bar)
    if LEAD not in parts:
        new = replace(new, cell=old.cell, tune=old.tune, costs=old.costs)
    roles = {part: (new if part in parts else old).roles[part] for part in PARTS}
    return replace(new, roles=roles, notes=bar_notes(take.score, bar))
