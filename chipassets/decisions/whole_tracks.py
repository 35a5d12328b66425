"""Decisions about whole tracks: accept what is locked, unaccept it, forget it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chipassets.errors import CheckError, UsageError
from chipassets.lock import ACCEPTED, Lock, LockedTake, Watch, change_lock
from chipassets.manifest import load_manifest
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import BuildPlan
from chipassets.production.stock import take_stock_of_notes
from chipassets.resolve.build_plan import resolve
from chipassets.stored.cache_keys import plan_key
from chipassets.stored.facts import decided_on


@dataclass(frozen=True, slots=True)
class TrackState:
    """The state of a track: its locked take, and why a build would compose it again."""

    name: str
    take: LockedTake | None
    is_frozen: bool
    is_absent: bool
    stale: str = ""

    @property
    def words(self) -> str:
        """The state in one or two words."""
        if self.take is None:
            return "not composed"
        kept = "frozen" if self.is_frozen else "accepted" if self.take.accepted else "chosen"
        return f"{kept}, not in the manifest" if self.is_absent else kept


def list_tracks(manifest: Path, model: str | None = None) -> list[TrackState]:
    """Return the state of each track, in the manifest's order, then of tracks only in the lock."""
    plan = resolve(load_manifest(manifest), model_override=model)
    stock = take_stock_of_notes(plan, manifest)
    takes = stock.lock.takes
    states = [
        TrackState(
            track.name, takes.get(track.name), track.frozen, False, stock.notes.get(track.name, "")
        )
        for track in plan.tracks
    ]
    return states + [TrackState(name, takes[name], False, True) for name in stock.absent]


def accept_tracks(manifest: Path, names: Sequence[str], watch: Watch | None = None) -> list[str]:
    """Accept the locked takes of these tracks (default all of the manifest's); return a line each.

    The take in the lock is kept, at its tempo, even if the plan asks for another one now. `watch`
    is called with the lock before and after.

    Raises:
        CheckError: the lock has no take of one of them. Nothing is changed.
        UsageError: the manifest has no such track.
    """
    plan = resolve(load_manifest(manifest))
    wanted = _checked(names, [track.name for track in plan.tracks])

    def accept(now: Lock) -> Lock:
        """Return the lock with the wanted takes accepted."""
        lock = _with_new_names(plan, now)
        missing = [name for name in wanted if name not in lock.takes]
        if missing:
            raise CheckError(
                f"the lock has no take of {', '.join(missing)}: build first, then accept"
            )
        asked = {track.name: track for track in plan.tracks}
        for name in wanted:
            take = lock.takes[name]
            # Who accepts it again accepts how this chip plays it.
            take = replace(take, facts=decided_on(take.facts, plan.chip))
            if not take.accepted:
                take = replace(
                    take,
                    accepted=True,
                    why=f"{ACCEPTED}{take.why}",
                    plan_key=take.plan_key or plan_key(asked[name]),
                )
            lock = lock.with_take(name, take)
        return lock

    takes = change_lock(manifest, accept, watch).takes
    return [f"{name}: take {takes[name].name} is accepted" for name in wanted]


def unaccept_tracks(manifest: Path, names: Sequence[str]) -> list[str]:
    """Let builds choose again for these tracks (default all).

    Return a line for each changed one.
    """
    plan = resolve(load_manifest(manifest))
    wanted = _checked(names, [track.name for track in plan.tracks])
    told: list[str] = []

    def unaccept(now: Lock) -> Lock:
        """Return the lock with the wanted takes no longer accepted."""
        lock = _with_new_names(plan, now)
        for name in wanted:
            take = lock.takes.get(name)
            if take is not None and take.accepted:
                why = take.why.removeprefix(ACCEPTED)
                facts = decided_on(take.facts, "")
                lock = lock.with_take(name, replace(take, accepted=False, why=why, facts=facts))
                told.append(f"{name}: take {take.name} is no longer accepted")
        return lock

    change_lock(manifest, unaccept)
    return told or ["none of them was accepted"]


def forget_tracks(manifest: Path, names: Sequence[str]) -> list[str]:
    """Remove tracks from the lock with all decisions about them; return a line for each.

    Without names those that are no longer in the manifest. UsageError for an unknown name.
    """
    plan = resolve(load_manifest(manifest))
    there = {track.name for track in plan.tracks}
    told: list[str] = []

    def forget(now: Lock) -> Lock:
        """Return the lock without the wanted takes."""
        lock = _with_new_names(plan, now)
        absent = [name for name in lock.takes if name not in there]
        wanted = _checked(names, list(lock.takes)) if names else absent
        for name in wanted:
            take = lock.takes[name]
            kept = "accepted take" if take.accepted else "take"
            told.append(f"{name}: forgot {kept} {take.name} of {take.of}")
        return lock.without(set(wanted))

    change_lock(manifest, forget)
    return told or ["the lock has no track that is not in the manifest"]


def _with_new_names(plan: BuildPlan, lock: Lock) -> Lock:
    return lock.renamed({track.name: track.was for track in plan.tracks})


def _checked(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the names once each, or all known ones; UsageError for an unknown name."""
    for name in names:
        if name not in known:
            raise UsageError(f"there is no track {name!r}; {did_you_mean(name, known, 'tracks')}")
    return list(dict.fromkeys(names)) if names else list(known)
