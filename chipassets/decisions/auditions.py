"""Auditions: lists a track's takes; accepts, rejects, rolls more. Decisions go into the lock.

An audition keeps the takes that were composed for it, and `reopen` passes them to the next
audition, so that a series of decisions composes each take once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from chipassets.compose.weights import Model, open_model
from chipassets.errors import CheckError, UsageError
from chipassets.lock import (
    ACCEPTED,
    Choices,
    Lock,
    LockedTake,
    Rejection,
    Version,
    Watch,
    change_lock,
    merge_takes,
    notes_sha256,
    read_lock,
)
from chipassets.manifest import load_manifest
from chipassets.music.score import Score
from chipassets.originality import GramIndex, open_index
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.casting import (
    Candidate,
    as_candidate,
    cast,
    choose_candidate,
    judged,
    lock_take,
    retempoed,
    roll,
)
from chipassets.production.linked_notes import linked
from chipassets.resolve.build_plan import resolve
from chipassets.stored.cache_keys import as_played, is_held, notes_key, plan_key, with_held_takes
from chipassets.stored.facts import decided_on

MAX_TAKES = 512
"""The largest number of takes of a track; more are rarely better."""


TakeName = int | str
"""A take by its number from 1, "5.2", the second version of take 5, or "accepted"."""

THE_ACCEPTED = "accepted"
"""The name of the accepted or frozen take, also where its number belongs to other music now."""

_NAME = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Audition:
    """What an audition of one track needs: its plan, the model, and the lock's entry."""

    manifest: Path
    plan: BuildPlan
    track: TrackPlan
    model: Model
    grams: GramIndex | None
    locked: dict[str, LockedTake]
    composed: list[Candidate] = field(default_factory=list, compare=False, repr=False)
    watch: Watch | None = field(default=None, compare=False, repr=False)
    """Called with the lock before and after each decision."""

    @property
    def before(self) -> LockedTake | None:
        """The locked take of the track, even if it is stale."""
        return self.locked.get(self.track.name)

    @property
    def is_held(self) -> bool:
        """Whether the locked take is kept when the plan changes: it is accepted, or frozen."""
        return is_held(self.track, self.before)

    @property
    def current(self) -> LockedTake | None:
        """The locked take of the track if a build would use it, else None."""
        before = self.before
        if before is None or self.is_held:
            return before
        key = notes_key(self.track, self.model.sha256, self.grams.sha256 if self.grams else "")
        return before if before.notes_key == key else None

    @property
    def choices(self) -> Choices:
        """The decisions about the track's takes."""
        return Choices(self.before.rejected, self.before.rolled) if self.before else Choices()

    @property
    def versions(self) -> tuple[Version, ...]:
        """The track's versions in the lock: repaired, imported, or replaced takes."""
        return self.before.versions if self.before else ()


def open_audition(manifest: Path, track: str, model: str | None = None) -> Audition:
    """Return the audition for a track of a manifest; UsageError if there is no such track."""
    loaded = load_manifest(manifest)
    only = resolve(loaded, model_override=model, only=(track,))
    whole = (
        resolve(loaded, model_override=model)
        if only.tracks[0].match or only.tracks[0].link
        else only
    )
    lock = read_lock(manifest).renamed({one.name: one.was for one in whole.tracks})
    # A track's plan depends on the track that it matches, whose take may be held.
    playing = linked(with_held_takes(whole, lock.without({track}).takes), lock.takes)
    plan = replace(playing, tracks=tuple(one for one in playing.tracks if one.name == track))
    return Audition(
        manifest=manifest,
        plan=plan,
        track=plan.tracks[0],
        model=open_model(plan.model),
        grams=open_index(plan.model),
        locked=lock.takes,
    )


def reopen(audition: Audition) -> Audition:
    """Return the audition in the present state: others' decisions, and the takes still valid.

    Takes are valid while the plan asks for the same notes; a changed tempo only changes their
    speed.
    """
    fresh = open_audition(audition.manifest, audition.track.name)
    fresh = replace(fresh, watch=audition.watch)
    keys = {(plan_key(at.track), at.model.sha256) for at in (audition, fresh)}
    if len(keys) > 1:
        return fresh
    return replace(fresh, composed=retempoed(audition.composed, fresh.track))


def list_takes(
    audition: Audition, progress: Callable[[float], None] | None = None
) -> tuple[Candidate, ...]:
    """Return all takes of the track that a build would consider, by number from 0.

    `progress` is called with the share, rising to 1, of what had to be composed.
    """
    count = audition.track.takes + audition.choices.rolled
    current = audition.current
    # A take that was found when a build rolled on keeps its number once it is accepted.
    if current and (not audition.is_held or current.plan_key == plan_key(audition.track)):
        count = max(count, current.of)
    _compose_up_to(audition, count, progress)
    return judged(audition.composed[:count], audition.choices)


def _compose_up_to(
    audition: Audition, count: int, progress: Callable[[float], None] | None
) -> None:
    """Compose the audition's takes up to a number of `count`."""
    first = len(audition.composed)
    if first < count:
        choices, missing = audition.choices, count - first
        audition.composed.extend(
            roll(
                audition.track,
                audition.model,
                audition.grams,
                choices,
                first,
                missing,
                _silent,
                progress,
            )
        )


def chosen_number(audition: Audition, candidates: tuple[Candidate, ...]) -> int | None:
    """Return the number of the take that a build would use; None if it is not among these.

    None also for an accepted take whose plan has changed: its number now belongs to other music.
    """
    if audition.current:
        locked = notes_sha256(audition.current.score)
        same = (item.number for item in candidates if notes_sha256(item.score) == locked)
        return next(same, None)
    if all(item.is_rejected for item in candidates):
        return None
    return choose_candidate(audition.track, candidates).number


def outlived(audition: Audition) -> LockedTake | None:
    """Return the held take if its plan has changed since, so that its number is another piece's."""
    held = audition.before if audition.is_held else None
    if held is None or held.as_version:
        return None
    return held if chosen_number(audition, list_takes(audition)) is None else None


def list_outlived(audition: Audition) -> tuple[LockedTake, Candidate] | None:
    """Return the held take whose plan has changed, rated like a take; None if there is none."""
    held = outlived(audition)
    if held is None:
        return None
    track = as_played(audition.track, held)
    rated = as_candidate(track, held.number, held.score, audition.grams, audition.choices)
    return held, rated


def list_versions(audition: Audition) -> tuple[tuple[Version, Candidate], ...]:
    """Return the track's versions in the lock, each rated like a take."""
    return tuple(
        (
            version,
            as_candidate(
                as_played(audition.track, as_take(audition, version)),
                version.number, version.score, audition.grams, audition.choices,
            ),
        )
        for version in audition.versions
    )  # fmt: skip


def as_take(audition: Audition, version: Version) -> LockedTake:
    """Return a version as if it were the track's take, with the state that it had then."""
    before = audition.before
    assert before is not None  # noqa: S101 - whoever has a version has a take
    return replace(
        before,
        number=version.number,
        of=max(before.of, version.number + 1),
        why=f"{ACCEPTED}{version.why}" if version.accepted else version.why,
        score=version.score,
        notes_key=version.notes_key,
        plan_key=version.plan_key,
        facts=version.facts,
        accepted=version.accepted,
        before=version.before,
    )


def take_of(audition: Audition, take: TakeName | None = None) -> LockedTake:
    """Return a take as a lock entry; by default the one that a build would use.

    UsageError for a take that does not exist.
    """
    if take is None:
        if audition.current:
            return audition.current
        candidates = list_takes(audition)
        return _as_locked(audition, candidates, choose_candidate(audition.track, candidates))
    if str(take).strip() == THE_ACCEPTED:
        if audition.before is None or not audition.is_held:
            raise UsageError(f"no take of track {audition.track.name!r} is accepted")
        return audition.before
    found = _NAME.fullmatch(str(take).strip())
    if found is None:
        raise UsageError(
            f"{str(take)[:60]!r} is not a take; takes are numbers from 1, versions like 5.1, and "
            f"{THE_ACCEPTED}"
        )
    if found[2] is None:
        candidates = list_takes(audition)
        return _as_locked(audition, candidates, _numbered(audition, candidates, int(found[1])))
    name = f"{int(found[1])}.{int(found[2])}"
    for version in audition.versions:
        if version.name == name:
            return as_take(audition, version)
    known = ", ".join(version.name for version in audition.versions)
    raise UsageError(
        f"track {audition.track.name!r} has no take {name}; its versions are "
        f"{known or 'none so far'}"
    )


def _as_locked(
    audition: Audition, candidates: tuple[Candidate, ...], chosen: Candidate
) -> LockedTake:
    """Return the chosen candidate as the lock stores it, with the track's earlier versions."""
    locked = lock_take(
        audition.track, audition.model, audition.grams, audition.choices, candidates, chosen
    )
    return replace(locked, versions=audition.versions)


def accept(audition: Audition, take: TakeName) -> LockedTake:
    """Lock a take, so that it stays through rebuilds. Returns the lock entry.

    The take that it replaces is kept as a version if somebody had accepted it.
    """
    return accept_take(audition, take_of(audition, take))


def what_it_replaces(audition: Audition, now: LockedTake) -> str:
    """Return a line that names the accepted take which a decision replaced, or "".

    "" also if both takes have the same notes.
    """
    before = audition.before
    if before is None or not before.accepted:
        return ""
    if notes_sha256(before.score) == notes_sha256(now.score):
        return ""
    return (
        f"\nit replaces the accepted take {before.name}, other notes; --undo brings that one back"
    )


def accept_take(audition: Audition, take: LockedTake) -> LockedTake:
    """Lock a take from `take_of`, or one derived from it."""
    sha256 = notes_sha256(take.score)
    rejected = tuple(item for item in audition.choices.rejected if item.notes_sha256 != sha256)
    why = f"{ACCEPTED}{take.why.removeprefix(ACCEPTED)}"
    locked = replace(
        take,
        accepted=True,
        why=why,
        rejected=rejected,
        rolled=audition.choices.rolled,
        before="",
        facts=decided_on(take.facts, audition.plan.chip),
    )
    before = audition.before
    if before is not None and notes_sha256(before.score) == sha256:
        locked = replace(locked, before=before.before)
    elif before is not None and (before.accepted or audition.is_held or take.as_version):
        locked = locked.replacing(before)
    return _write(audition, locked)


def undo(audition: Audition) -> LockedTake:
    """Restore the take that the accepted one replaced, with its state at that time. Returns it.

    If it replaced no accepted take, builds choose again. CheckError if no take is accepted.
    """
    current = audition.before
    if current is None or not current.accepted:
        raise CheckError(f"no take of track {audition.track.name!r} is accepted: nothing to undo")
    version = current.version_of(current.before) if current.before else None
    if version is None:
        return unaccept(audition)
    restored = as_take(audition, version)
    return _write(audition, restored.with_version(current.replaced()))


def unaccept(audition: Audition) -> LockedTake:
    """Let builds choose again for the track. Returns its take, which stays until one does.

    CheckError if no take is accepted.
    """
    current = audition.before
    if current is None or not current.accepted:
        raise CheckError(f"no take of track {audition.track.name!r} is accepted")
    why = current.why.removeprefix(ACCEPTED)
    facts = decided_on(current.facts, "")
    return _write(audition, replace(current, accepted=False, why=why, before="", facts=facts))


def keep_version(audition: Audition, base: LockedTake, score: Score, origin: str) -> Version:
    """Store notes derived from a take as its next version in the lock, and return the version."""
    version = Version(
        number=base.number,
        version=base.next_version(base.number),
        origin=origin,
        score=score,
        notes_key=base.notes_key,
        plan_key=base.plan_key or plan_key(audition.track),
        facts=base.facts,
    )
    held = audition.before if audition.before is not None else base
    kept = _write(audition, held.with_version(version)).version_of(notes_sha256(score))
    assert kept is not None  # noqa: S101 - it was written just now
    return kept


def reject(audition: Audition, take: TakeName) -> LockedTake:
    """Mark a take as never to be chosen. Returns the take that is chosen now.

    An accepted take stays, unless it is the rejected one: then the accepted take that it replaced
    is restored. CheckError if no take is left.
    """
    refused = take_of(audition, take)
    rejection = Rejection(refused.number, notes_sha256(refused.score))
    known = {item.notes_sha256 for item in audition.choices.rejected}
    added = () if rejection.notes_sha256 in known else (rejection,)
    choices = replace(audition.choices, rejected=(*audition.choices.rejected, *added))
    return _decide(audition, choices)


def roll_more(
    audition: Audition, count: int, progress: Callable[[float], None] | None = None
) -> LockedTake:
    """Have `count` more takes composed from now on. Returns the take chosen among all.

    An accepted take stays. UsageError beyond MAX_TAKES.
    """
    rolled = audition.choices.rolled + count
    if count < 1 or audition.track.takes + rolled > MAX_TAKES:
        raise UsageError(
            f"{count} more takes: track {audition.track.name!r} has {audition.track.takes} and "
            f"{audition.choices.rolled} rolled; at most {MAX_TAKES} in all are possible"
        )
    _compose_up_to(audition, audition.track.takes + rolled, progress)
    return _decide(audition, replace(audition.choices, rolled=rolled))


def _decide(audition: Audition, choices: Choices) -> LockedTake:
    """Lock the decisions, and the take that they lead to."""
    current = audition.current
    unwanted = {item.notes_sha256 for item in choices.rejected}
    if current and current.before and notes_sha256(current.score) in unwanted:
        replaced = current.version_of(current.before)
        if replaced is not None and replaced.accepted and current.before not in unwanted:
            restored = as_take(audition, replaced).with_version(current.replaced())
            return _write(audition, replace(restored, rejected=choices.rejected))
    if current and audition.is_held and notes_sha256(current.score) not in unwanted:
        kept = replace(current, rejected=choices.rejected, rolled=choices.rolled)
        return _write(audition, kept)
    known = tuple(audition.composed)
    return _write(
        audition, cast(audition.track, audition.model, audition.grams, choices, _silent, known)
    )


def _numbered(audition: Audition, candidates: tuple[Candidate, ...], take: int) -> Candidate:
    """Return the take of a number from 1; UsageError if there is none."""
    if not 1 <= take <= len(candidates):
        raise UsageError(
            f"track {audition.track.name!r} has no take {take}; "
            f"its takes are 1 to {len(candidates)}, and --roll composes more"
        )
    return candidates[take - 1]


def _write(audition: Audition, locked: LockedTake) -> LockedTake:
    """Write a take to the present lock, with others' decisions made meanwhile."""
    name, was = audition.track.name, audition.track.was

    def decide(now: Lock) -> Lock:
        """Return the lock with the decision merged into what another program wrote meanwhile."""
        named = now.renamed({name: was})
        merged = merge_takes(audition.before, locked, named.takes.get(name))
        return named if merged is None else named.with_take(name, _decided(locked, merged))

    return change_lock(audition.manifest, decide, audition.watch).takes[name]


def _decided(locked: LockedTake, merged: LockedTake) -> LockedTake:
    """Return the present take with this decision: another process may have chosen another take."""
    return replace(locked, rejected=merged.rejected, rolled=merged.rolled, versions=merged.versions)


def _silent(stage: str) -> None:
    """Ignore the stage: an audition shows none."""
