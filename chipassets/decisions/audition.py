"""Auditions: hear a track's takes, accept one, reject one, roll more. What is decided is locked.

A desk remembers the takes that were composed at it, and `reopen` hands them on to the next one, so
that a series of decisions composes each take once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from chipassets import __version__
from chipassets.bundle import TrackEntry, write_bundle, write_file
from chipassets.compose.explain import BarExplained, explain_take_bar
from chipassets.compose.weights import Model, open_model
from chipassets.errors import UsageError
from chipassets.lock import (
    Choices,
    Lock,
    LockedTake,
    Rejection,
    change_lock,
    merge_takes,
    read_lock,
)
from chipassets.manifest import load_manifest
from chipassets.manifest.words import format_fault
from chipassets.originality import GramIndex, open_index
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.casting import (
    Candidate,
    cast,
    choose_candidate,
    judged,
    lock_take,
    notes_sha256,
    recoloured,
    roll,
)
from chipassets.production.outputs import OUTPUTS
from chipassets.production.produce import render_track
from chipassets.production.provenance import index_of
from chipassets.resolve.build_plan import resolve
from chipassets.stored.cache_keys import is_held, notes_key, plan_key, settled

MAX_TAKES = 512
"""So many takes of a track can be looked at: rolling on rarely finds better ones."""

_SUFFIX_FORMATS = {
    Path(output.path).suffix: name
    for name, output in OUTPUTS.items()
    if "{part}" not in output.path
}
"""The formats of one file, by its suffix."""
_PREVIEW_FORMATS = ("ogg", "midi")


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything an audition of one track needs: its plan, the model, and what is locked."""

    manifest: Path
    plan: BuildPlan
    track: TrackPlan
    model: Model
    grams: GramIndex | None
    locked: dict[str, LockedTake]
    composed: list[Candidate] = field(default_factory=list, compare=False, repr=False)

    @property
    def before(self) -> LockedTake | None:
        """The locked take of the track, whatever it was composed from."""
        return self.locked.get(self.track.name)

    @property
    def is_held(self) -> bool:
        """Whether the locked take stays whatever the plan says: it is accepted, or frozen."""
        return is_held(self.track, self.before)

    @property
    def current(self) -> LockedTake | None:
        """The locked take of the track if a build would use it."""
        before = self.before
        if before is None or self.is_held:
            return before
        key = notes_key(self.track, self.model.sha256, self.grams.sha256 if self.grams else "")
        return before if before.notes_key == key else None

    @property
    def choices(self) -> Choices:
        """What someone has decided about the track's takes."""
        return Choices(self.before.rejected, self.before.rolled) if self.before else Choices()


def open_desk(manifest: Path, track: str, model: str | None = None) -> Desk:
    """Return the desk for a track of a manifest; UsageError when it has no such track."""
    loaded = load_manifest(manifest)
    only = resolve(loaded, model_override=model, only=(track,))
    whole = resolve(loaded, model_override=model) if only.tracks[0].match else only
    lock = read_lock(manifest).renamed({one.name: one.was for one in whole.tracks})
    # Its takes follow its own plan, and that the one that it matches, which may be held.
    playing = settled(whole, lock.without({track}).takes)
    plan = replace(playing, tracks=tuple(one for one in playing.tracks if one.name == track))
    return Desk(
        manifest=manifest,
        plan=plan,
        track=plan.tracks[0],
        model=open_model(plan.model),
        grams=open_index(plan.model),
        locked=lock.takes,
    )


def reopen(desk: Desk) -> Desk:
    """Return the desk as it is by now: what others decided, and the takes that still hold.

    They hold while the plan asks for the same notes: at another tempo they are played faster.
    """
    fresh = open_desk(desk.manifest, desk.track.name)
    keys = {(plan_key(at.track), at.model.sha256) for at in (desk, fresh)}
    if len(keys) > 1:
        return fresh
    return replace(fresh, composed=recoloured(desk.composed, fresh.track))


def list_takes(
    desk: Desk, progress: Callable[[float], None] | None = None
) -> tuple[Candidate, ...]:
    """Return all takes of the track that a build would look at, by number from 0.

    `progress` is told the share, rising to 1, of what had to be composed for it.
    """
    count = desk.track.takes + desk.choices.rolled
    if desk.current and not desk.is_held:
        count = max(count, desk.current.of)
    _compose_up_to(desk, count, progress)
    return judged(desk.composed[:count], desk.choices)


def _compose_up_to(desk: Desk, count: int, progress: Callable[[float], None] | None) -> None:
    first = len(desk.composed)
    if first < count:
        choices, missing = desk.choices, count - first
        desk.composed.extend(
            roll(desk.track, desk.model, desk.grams, choices, first, missing, _silent, progress)
        )


def chosen_number(desk: Desk, candidates: tuple[Candidate, ...]) -> int | None:
    """Return the number of the take that a build would use, None when it is not among these.

    An accepted take whose plan has changed is not: the numbers mean other music by now.
    """
    if desk.current:
        locked = notes_sha256(desk.current.score)
        same = (item.number for item in candidates if notes_sha256(item.score) == locked)
        return next(same, None)
    if all(item.is_rejected for item in candidates):
        return None
    return choose_candidate(desk.track, candidates).number


def accept(desk: Desk, take: int) -> LockedTake:
    """Lock take number `take` (from 1): it stays through rebuilds. Returns what was locked."""
    candidates = list_takes(desk)
    chosen = _numbered(desk, candidates, take)
    fingerprint = notes_sha256(chosen.score)
    kept = tuple(item for item in desk.choices.rejected if item.notes_sha256 != fingerprint)
    choices = replace(desk.choices, rejected=kept)
    locked = lock_take(
        desk.track, desk.model, desk.grams, choices, candidates, chosen, accepted=True
    )
    return _write(desk, locked)


def reject(desk: Desk, take: int) -> LockedTake:
    """Lock that take number `take` (from 1) is never chosen again. Returns the take that now is.

    An accepted take stays, unless it is the one. CheckError when no take is left.
    """
    refused = _numbered(desk, list_takes(desk), take)
    rejection = Rejection(refused.number, notes_sha256(refused.score))
    known = {item.notes_sha256 for item in desk.choices.rejected}
    added = () if rejection.notes_sha256 in known else (rejection,)
    choices = replace(desk.choices, rejected=(*desk.choices.rejected, *added))
    return _decide(desk, choices)


def roll_more(
    desk: Desk, count: int, progress: Callable[[float], None] | None = None
) -> LockedTake:
    """Lock that `count` more takes are composed. Returns the take that is chosen among all.

    An accepted take stays. UsageError beyond MAX_TAKES.
    """
    rolled = desk.choices.rolled + count
    if count < 1 or desk.track.takes + rolled > MAX_TAKES:
        raise UsageError(
            f"{count} more takes: track {desk.track.name!r} has {desk.track.takes} and "
            f"{desk.choices.rolled} rolled; 1 to {MAX_TAKES} in all are possible"
        )
    _compose_up_to(desk, desk.track.takes + rolled, progress)
    return _decide(desk, replace(desk.choices, rolled=rolled))


def export(desk: Desk, take: int, path: Path) -> None:
    """Write take number `take` (from 1) to a file, in the format that the suffix names."""
    wanted = _SUFFIX_FORMATS.get(path.suffix.lower())
    if wanted is None:
        raise UsageError(
            f"{path} names no format that a take can have; end it in {', '.join(_SUFFIX_FORMATS)}"
        )
    if why := format_fault(wanted, desk.plan.chip):
        raise UsageError(f"{path}: {why}")
    entry, files = render_take(desk, take, (wanted,))
    write_file(path, files[entry.files[wanted].path])


def preview(desk: Desk, take: int, folder: Path) -> None:
    """Write take number `take` (from 1) as a bundle of this one track, for a game to play."""
    entry, files = render_take(desk, take, _PREVIEW_FORMATS, layered=True)
    found = {"generator": f"chipassets {__version__}", "take": take}
    provenance = (json.dumps(found) + "\n").encode()
    index, shared = index_of(desk.plan, desk.model, [entry], provenance)
    write_bundle(folder, index, files | shared)


def render_take(
    desk: Desk, take: int, formats: tuple[str, ...], *, layered: bool = False
) -> tuple[TrackEntry, dict[str, bytes]]:
    """Return the index entry and the files, by path, of take number `take` (from 1).

    layered: with the files of the track's layers too.
    """
    candidates = list_takes(desk)
    chosen = _numbered(desk, candidates, take)
    locked = lock_take(desk.track, desk.model, desk.grams, desk.choices, candidates, chosen)
    plan = replace(desk.plan, formats=formats)
    sound = desk.track.sound if layered else replace(desk.track.sound, layers=())
    track = replace(desk.track, sound=sound)
    return render_track(plan, track, locked, desk.grams, _silent)


def explain_bar(desk: Desk, bar: int, take: int | None = None) -> BarExplained:
    """Return how a bar (from 1) of a take (from 1) came about, of the chosen one by default.

    UsageError when there is no such bar or take, or the chosen take is of an older plan.
    """
    track = desk.track
    if not 1 <= bar <= track.bars:
        raise UsageError(f"track {track.name!r} has no bar {bar}; its bars are 1 to {track.bars}")
    number = _chosen_take(desk) if take is None else take - 1
    if not 0 <= number < MAX_TAKES:
        raise UsageError(f"track {track.name!r} has no take {take}; takes count from 1")
    return explain_take_bar(track, desk.model, number, bar - 1)


def _chosen_take(desk: Desk) -> int:
    """The number of the take that a build would use, from the lock where that says it."""
    if desk.current and not desk.is_held:
        return desk.current.number
    number = chosen_number(desk, list_takes(desk))
    if number is None:
        raise UsageError(
            f"the accepted take of track {desk.track.name!r} is of an older plan or composer, so "
            "nobody knows what pulled there; name a take with --take N"
        )
    return number


def _decide(desk: Desk, choices: Choices) -> LockedTake:
    """Lock the choices, and the take that they lead to."""
    current = desk.current
    unwanted = {item.notes_sha256 for item in choices.rejected}
    if current and desk.is_held and notes_sha256(current.score) not in unwanted:
        kept = replace(current, rejected=choices.rejected, rolled=choices.rolled)
        return _write(desk, kept)
    known = tuple(desk.composed)
    return _write(desk, cast(desk.track, desk.model, desk.grams, choices, _silent, known))


def _numbered(desk: Desk, candidates: tuple[Candidate, ...], take: int) -> Candidate:
    if not 1 <= take <= len(candidates):
        raise UsageError(
            f"track {desk.track.name!r} has no take {take}; its takes are 1 to {len(candidates)}, "
            "and --roll composes more"
        )
    return candidates[take - 1]


def _write(desk: Desk, locked: LockedTake) -> LockedTake:
    """Put a take into the lock as it is by now, with what others have decided meanwhile."""
    name, was = desk.track.name, desk.track.was

    def decide(now: Lock) -> Lock:
        named = now.renamed({name: was})
        merged = merge_takes(desk.before, locked, named.takes.get(name))
        return named if merged is None else named.with_take(name, _decided(locked, merged))

    return change_lock(desk.manifest, decide).takes[name]


def _decided(locked: LockedTake, merged: LockedTake) -> LockedTake:
    """What was decided just now, whatever take another process had chosen a moment before."""
    return replace(locked, rejected=merged.rejected, rolled=merged.rolled)


def _silent(stage: str) -> None:
    """Nobody watches the stages of an audition."""
