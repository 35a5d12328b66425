"""Merges locks track by track; no decision gets lost."""

from __future__ import annotations

from dataclasses import replace

from chipassets.lock.entries import Lock, LockedTake, Rejection, Version


def merge_locks(base: Lock, ours: Lock, theirs: Lock) -> tuple[Lock, list[str]]:
    """Return the merge of two changes of `base`, and the tracks with different accepted notes.

    For those the merge has ours. A track that one side removed and the other changed stays.
    """
    merged: dict[str, LockedTake] = {}
    conflicts = []
    for name in sorted(ours.takes.keys() | theirs.takes.keys()):
        sides = base.takes.get(name), ours.takes.get(name), theirs.takes.get(name)
        if _is_conflict(*sides):
            conflicts.append(name)
        take = merge_takes(*sides)
        if take is not None:
            merged[name] = take
    is_ours = ours.home != base.home or theirs.home == base.home
    home = ours.home if is_ours else theirs.home
    return Lock(merged, ours.manifest or theirs.manifest, home), conflicts


def merge_takes(
    base: LockedTake | None, ours: LockedTake | None, theirs: LockedTake | None
) -> LockedTake | None:
    """Return the merge of two changes of a take; None if it is removed.

    If both changed it, the accepted one is kept, else ours; rejections, rolled takes and versions
    of both are kept.
    """
    winner = _winner(base, ours, theirs)
    if winner is None:
        return None
    return replace(winner, versions=_merged_versions(winner, ours, theirs))


def _merged_versions(
    winner: LockedTake, ours: LockedTake | None, theirs: LockedTake | None
) -> tuple[Version, ...]:
    """Return the winner's versions, then those that only the other side has."""
    for version in (v for side in (ours, theirs) if side for v in side.versions):
        winner = winner.with_version(version)
    return winner.versions


def _winner(
    base: LockedTake | None, ours: LockedTake | None, theirs: LockedTake | None
) -> LockedTake | None:
    """Return the take of a merge, without versions: the only one changed, else the accepted one."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        return ours or theirs
    winner = theirs if theirs.accepted and not ours.accepted else ours
    rejected = _merged_rejections(base.rejected if base else (), ours.rejected, theirs.rejected)
    return replace(winner, rejected=rejected, rolled=max(ours.rolled, theirs.rolled))


def _is_conflict(
    base: LockedTake | None, ours: LockedTake | None, theirs: LockedTake | None
) -> bool:
    """Return whether both sides accepted a take of their own, with different notes."""
    if ours is None or theirs is None or base in (ours, theirs):
        return False
    return ours.accepted and theirs.accepted and ours.score != theirs.score


def _merged_rejections(
    base: tuple[Rejection, ...], ours: tuple[Rejection, ...], theirs: tuple[Rejection, ...]
) -> tuple[Rejection, ...]:
    """Return both sides' rejections, without those that one side removed."""
    before, mine, others = (
        {item.notes_sha256: item for item in side} for side in (base, ours, theirs)
    )
    taken_back = {key for key in before if key not in mine or key not in others}
    return tuple(item for key, item in (mine | others).items() if key not in taken_back)
