"""The whole program on one page: a plan becomes a bundle.

Notes come from the lock where it still fits, and are composed where it doesn't; files come from
the bundle where they still fit, and are made where they don't. Then the lock is written, then the
bundle is put in place in one step.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.bundle import (
    ATTRIBUTES_PATH,
    Index,
    TrackEntry,
    prepare_place,
    try_place,
    write_bundle,
)
from chipassets.errors import CheckError
from chipassets.lock import Choices, Lock, LockedTake, change_lock, merge_locks, try_lock
from chipassets.plan.formats import FORMATS
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.held_chips import (
    heard_on,
    other_chip_warnings,
    outdated_warnings,
    refuse_frozen_on_other_chip,
)
from chipassets.production.linked_notes import waiting
from chipassets.production.provenance import index_of, provenance
from chipassets.production.stock import Stock, take_stock, take_stock_of_notes
from chipassets.resolve.plan_warnings import plan_warnings, warning_lines
from chipassets.stored.cache import Cache, open_cache
from chipassets.stored.cache_keys import is_held
from chipassets.stored.facts import CHIP_FACT, decided_on, home_key_text

if TYPE_CHECKING:
    from chipassets.cluster import Cluster
    from chipassets.production.produce import BuildInputs, Produced

_MOST_ROUNDS = 5
"""How often a build starts again when decisions about takes were made meanwhile."""


@dataclass(frozen=True, slots=True)
class StockTaken:
    """The tracks that will be made again, and why each of them; effort: how much each is, in 16ths.

    A track that is composed counts once for each take beside its rendering. composed: why, by
    track, its notes are composed anew.
    """

    stale: dict[str, str]
    effort: dict[str, int] = field(default_factory=dict)
    composed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageEntered:
    """A track entered a stage."""

    track: str
    stage: str


@dataclass(frozen=True, slots=True)
class TrackDone:
    """A track is finished, and kept for the next build if this one is stopped.

    how: "composed", "from the cache" or "from the lock".
    """

    track: str
    how: str = "composed"


@dataclass(frozen=True, slots=True)
class Built:
    """The bundle is in place.

    `done` says of each track: composed, from the cache, from the lock, or kept. `warnings` are what
    a person should hear about: tags that the music does not keep, and so on. absent: the tracks
    that the lock keeps and the manifest does not have.
    """

    folder: Path
    index: Index
    done: dict[str, str]
    changed: bool
    warnings: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


Event = StockTaken | StageEntered | TrackDone | Built


def check(plan: BuildPlan, manifest: Path, folder: Path) -> list[str]:
    """Return one line for everything that a build would change; writes nothing."""
    stock = take_stock(plan, manifest, folder)
    refuse_frozen_on_other_chip(stock, manifest)
    found = [f"track {name!r}: {why}" for name, why in stock.stale.items()]
    if stock.index is None:
        return stock.others + _lines(stock.notes)
    if not found and not stock.others:
        kept = {entry.name: entry for entry in stock.index.tracks}
        entries = [kept[track.name] for track in stock.plan.tracks]
        index, _ = _index(stock, folder, entries, stock.lock.takes)
        if index != stock.index:
            found = ["the index is not what the manifest and this version of chipassets give"]
    return found + stock.others


def check_notes(plan: BuildPlan, manifest: Path) -> list[str]:
    """Return one line for each track that a build would compose; needs no bundle."""
    return _lines(take_stock_of_notes(plan, manifest).notes)


def _lines(reasons: Mapping[str, str]) -> list[str]:
    """Return "track NAME: WHY" for each track and reason."""
    return [f"track {name!r}: {why}" for name, why in reasons.items()]


def build(
    plan: BuildPlan,
    manifest: Path,
    folder: Path,
    jobs: int = 1,
    *,
    strict: bool = False,
    recompose: bool = False,
    locked: bool = False,
    use_cache: bool = True,
    on: str | None = None,
    dry: bool = False,
) -> Iterator[Event]:
    """Make the folder hold the plan's bundle and the lock its notes, telling what happens.

    `manifest` is the path of the manifest that the plan was resolved from; its lock lies beside it.
    `jobs` is how many processes make tracks; with 1 this process makes them all. `strict` makes an
    error of every warning; `recompose` gives up accepted takes that no longer follow their plan;
    `locked` composes nothing and leaves the lock alone. Finished tracks are kept in the user's
    cache, unless `use_cache` is false, so that the next build continues a build that was stopped.
    `on` is the address of a cluster's scheduler, which then makes the tracks. `dry` writes nothing:
    the build ends without `Built` if there is a track to make or a lock to write, and else says in
    `changed` whether it would write the bundle.

    Raises:
        CheckError: `locked`, and the lock does not cover the plan.
        ManifestError: a frozen take would sound otherwise on the game's chip.
        ClusterError: the cluster is not there or went away; what it finished is kept.
        ChipassetsError: nothing was changed, or only the lock was brought up to date.
    """
    place = prepare_place(folder, plan.game)
    stock = take_stock(plan, manifest, folder, recompose=recompose)
    refuse_frozen_on_other_chip(stock, manifest)
    if locked and stock.notes:
        raise CheckError(
            "\n".join(["the lock does not cover the manifest (--locked):", *_lines(stock.notes)])
        )
    if stock.stale and dry:
        return
    if stock.stale:
        try_place(place)
    if stock.notes:
        try_lock(manifest)
    if not stock.stale:
        yield StockTaken({})
        lock = _keep_lock(stock, manifest, {}, locked=locked or dry)
        if locked or not dry or replace(lock, manifest=manifest.name) == stock.before:
            yield _finish(stock, folder, lock, {}, {}, {}, strict=strict, dry=dry)
        return
    done: dict[str, str] = {}
    made: dict[str, Produced] = {}
    with open_cache(place.folder.parent, is_wanted=use_cache) as cache, _cluster(on) as cluster:
        for _ in range(_MOST_ROUNDS):
            yield StockTaken(stock.stale, _effort(stock), stock.notes)
            held_back = waiting(stock.plan)
            produced = {n: p for n, p in made.items() if _still_holds(stock, n, p)}
            produced |= yield from _produce(stock, {*produced, *held_back}, jobs, cache, cluster)
            made |= produced
            for name, item in produced.items():
                done.setdefault(name, _how(stock, name, item))
            takes = {name: item.take for name, item in produced.items() if name in stock.notes}
            lock = _keep_lock(stock, manifest, takes, locked=locked)
            names = [name for name in _names(stock) if name not in held_back]
            used = {name: _take(stock, produced, name) for name in names}
            if not held_back and all(lock.takes.get(n) == take for n, take in used.items()):
                break
            stock = take_stock(plan, manifest, folder)
        else:
            raise CheckError("the lock changes all the time; build again when it has come to rest")
        files = {
            file.path: cache.path_of(file)
            for item in produced.values()
            for file in item.entry.all_files()
        }
        built = _finish(stock, folder, lock, produced, files, done, strict=strict)
        # No fault of the music: it is no reason for a strict build to fail.
        trouble = [cache.trouble] if cache.trouble else []
        yield replace(built, warnings=[*built.warnings, *trouble])


def _names(stock: Stock) -> list[str]:
    """Return the names of the plan's tracks, in its order."""
    return [track.name for track in stock.plan.tracks]


def _take(stock: Stock, produced: Mapping[str, Produced], name: str) -> LockedTake:
    """Return the take of a track: the one just made, else the lock's."""
    return produced[name].take if name in produced else stock.lock.takes[name]


def _cluster(on: str | None) -> AbstractContextManager[Cluster | None]:
    """Return the cluster at an address, to be opened; nothing without one."""
    if on is None:
        return nullcontext()
    # Imported here, because a build on this machine needs none of it.
    from chipassets.cluster import open_cluster

    return open_cluster(on)


def _still_holds(stock: Stock, name: str, made: Produced) -> bool:
    """Whether what was made of a track in an earlier round is what it is to be in this one."""
    return name in stock.audio and stock.lock.takes.get(name) == made.take


def _produce(
    stock: Stock, others: Collection[str], jobs: int, cache: Cache, cluster: Cluster | None
) -> Generator[Event, None, dict[str, Produced]]:
    """Make every stale track but the others, telling what happens, and return them by name."""
    # Imported here and below, because a build with nothing to do needs no stage.
    from chipassets.production.produce import BuildInputs
    from chipassets.production.workers import run_tasks

    produced: dict[str, Produced] = {}
    tasks = {name: task for name, task in _tasks(stock).items() if name not in others}
    inputs = BuildInputs(replace(stock.plan, tracks=()), stock.model, stock.grams, cache)
    happenings = (
        run_tasks(jobs, _work, tasks, (inputs,))
        if cluster is None
        else cluster.run_tracks(inputs, tasks)
    )
    for name, stage, result in happenings:
        if stage is not None:
            yield StageEntered(name, stage)
        else:
            produced[name] = replace(result, take=_with_history(stock, name, result.take))
            yield TrackDone(name, _how(stock, name, result))
    return produced


def _with_history(stock: Stock, name: str, take: LockedTake) -> LockedTake:
    """Return a new take with the track's stored versions; an accepted take it replaces is added."""
    before = stock.lock.takes.get(name)
    if before is None or name not in stock.notes:
        return take
    found = replace(take, versions=before.versions)
    return found.with_version(before.replaced()) if before.accepted else found


def _keep_lock(
    stock: Stock, manifest: Path, takes: Mapping[str, LockedTake], *, locked: bool
) -> Lock:
    """Bring the lock up to date with what was composed, and return it as it is then.

    What others have decided about a track since the stock was taken goes before what was composed.
    """
    home = home_key_text(stock.asked.home)
    ours = replace(stock.lock, takes=stock.lock.takes | dict(takes), home=home)
    ours = replace(ours, takes=ours.takes | _decided_on(stock, ours))
    if locked or replace(ours, manifest=manifest.name) == stock.before:
        return ours
    return change_lock(manifest, lambda now: merge_locks(stock.before, now, ours)[0])


def _decided_on(stock: Stock, lock: Lock) -> dict[str, LockedTake]:
    """Return the takes whose stored chip changes.

    A frozen or accepted track's take gets a chip if it has none, as in locks of older versions:
    that of the bundle, which plays it, or else the plan's. Any other take loses it.
    """
    found = {}
    for track in stock.plan.tracks:
        take = lock.takes.get(track.name)
        if take is None:
            continue
        known = dict(take.facts).get(CHIP_FACT, "")
        is_decided = track.frozen or take.accepted
        wanted = (known or heard_on(stock, track.name)) if is_decided else ""
        if known != wanted:
            found[track.name] = replace(take, facts=decided_on(take.facts, wanted))
    return found


def _finish(
    stock: Stock,
    folder: Path,
    lock: Lock,
    produced: Mapping[str, Produced],
    made: Mapping[str, Path],
    done: Mapping[str, str],
    *,
    strict: bool,
    dry: bool = False,
) -> Built:
    """Write the bundle if anything changed, and return the result of the build.

    CheckError for warnings with `strict`; nothing is written then, nor with `dry`.
    """
    index, shared = _index(stock, folder, _entries(stock, produced), lock.takes)
    warnings = [
        *outdated_warnings(stock, lock),
        *_track_warnings(index),
    ]
    warnings += _cartridge_warnings(stock.plan, index) + _rival_warnings(stock)
    warnings += other_chip_warnings(stock)
    warnings += warning_lines(said for said in plan_warnings(_composed(stock)) if said.in_bundle)
    if strict and warnings:
        raise CheckError("\n".join(["the bundle was not written (--strict):", *warnings]))
    changed = index != stock.index or bool(produced) or bool(stock.others)
    if changed and not dry:
        write_bundle(folder, index, {**shared, **made})
    told = {name: done.get(name, "kept") for name in _names(stock)}
    return Built(folder, index, told, changed, warnings, stock.absent)


_RENDERING_TAKES = 4
"""Rendering a track costs about as much as composing this number of its takes."""


def _effort(stock: Stock) -> dict[str, int]:
    """Return the estimated effort of each stale track, in steps to compose and render."""
    return {
        track.name: track.total_steps
        * (_RENDERING_TAKES + (track.takes if track.name in stock.notes else 0))
        for track in stock.plan.tracks
        if track.name in stock.stale
    }


def _how(stock: Stock, name: str, made: Produced) -> str:
    """Return where a track came from, as the summary says it."""
    if name in stock.notes:
        return "composed" if made.is_composed else "from the cache"
    return "from the lock"


def _tasks(stock: Stock) -> dict[str, tuple[TrackPlan, LockedTake | Choices]]:
    """Return the arguments of each stale track, the longest first so that no core waits long."""
    tracks = sorted(stock.plan.tracks, key=lambda track: -track.total_steps)
    return {
        track.name: (
            track,
            stock.choices(track.name)
            if track.name in stock.notes
            else stock.lock.takes[track.name],
        )
        for track in tracks
        if track.name in stock.stale
    }


def _work(inputs: BuildInputs, track: TrackPlan, locked: LockedTake | Choices) -> Produced:
    """Return the finished track; runs in a worker process."""
    from chipassets.production.produce import produce_track
    from chipassets.production.workers import report_stage

    def report(stage: str) -> None:
        report_stage(track.name, stage)

    return produce_track(inputs, track, locked, report)


def _composed(stock: Stock) -> BuildPlan:
    """Return the plan of the tracks whose notes follow it, not those that a person accepted."""
    takes = stock.lock.takes
    follow = [
        track
        for track in stock.plan.tracks
        if (take := takes.get(track.name)) is None or not is_held(track, take)
    ]
    return replace(stock.plan, tracks=tuple(follow))


def _track_warnings(index: Index) -> list[str]:
    return [f"track {track.name!r}: {said}" for track in index.tracks for said in track.warnings]


def _entries(stock: Stock, produced: Mapping[str, Produced]) -> list[TrackEntry]:
    """Return the index entries of all tracks: those just made, else those of the old index."""
    kept = {entry.name: entry for entry in stock.index.tracks} if stock.index else {}
    return [produced[name].entry if name in produced else kept[name] for name in _names(stock)]


def _index(
    stock: Stock, folder: Path, entries: list[TrackEntry], takes: Mapping[str, LockedTake]
) -> tuple[Index, dict[str, bytes]]:
    """Return the index of the entries, and by path the files that belong to no single track."""
    plan, model = stock.plan, stock.model
    return index_of(
        plan,
        model,
        entries,
        provenance(plan, model, takes),
        _album_files(plan, takes),
        attributes=not _has_own_attributes(folder, stock.index),
    )


def _album_files(plan: BuildPlan, takes: Mapping[str, LockedTake]) -> dict[str, tuple[str, bytes]]:
    """Return path and content, by kind, of the files that hold all tracks."""
    if not any(FORMATS[name].has_album for name in plan.formats):
        return {}
    from chipassets.production.produce import album_files

    return album_files(plan, takes)


def _rival_warnings(stock: Stock) -> list[str]:
    """Return a warning for each renamed track with different decisions under both names."""
    rivals = stock.lock.rivals({track.name: track.was for track in stock.asked.tracks})
    return [
        f"track {new!r}: the lock has other decisions under its old name {old!r} (take "
        f"{stock.lock.takes[old].name}, of {new!r} take {stock.lock.takes[new].name}); keep one: "
        f"takes --forget {old}, or takes --forget {new} and build again"
        for new, old in rivals.items()
    ]


def _cartridge_warnings(plan: BuildPlan, index: Index) -> list[str]:
    if "cartridge" not in plan.formats:
        return []
    from chipassets.production.cartridge import cartridge_warnings

    return cartridge_warnings(plan, index)


def _has_own_attributes(folder: Path, index: Index | None) -> bool:
    """Whether the folder has a .gitattributes already."""
    if index is not None and index.attributes is not None:
        return False
    return os.path.lexists(folder / ATTRIBUTES_PATH)
