"""The whole program on one page: a plan becomes a bundle.

Notes come from the lock where it still fits, and are composed where it doesn't; files come from
the bundle where they still fit, and are made where they don't. Then the lock is written, then the
bundle is put in place in one step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from chipassets.bundle import (
    ATTRIBUTES_PATH,
    Index,
    TrackEntry,
    find_faults,
    prepare_place,
    read_index,
    try_place,
    write_bundle,
    write_file,
)
from chipassets.cache import Cache, open_cache
from chipassets.casting import Choices
from chipassets.compose.weights import Model, open_model
from chipassets.errors import CheckError
from chipassets.freshness import outdated_choices, stale_audio, stale_notes
from chipassets.lock import LockedTake, lock_path, lock_to_bytes, read_lock
from chipassets.originality import GramIndex, open_index
from chipassets.produce import Produced, album_files, produce_track
from chipassets.provenance import index_of, provenance
from chipassets.trackplan import BuildPlan, TrackPlan
from chipassets.workers import report_stage, run_tasks


@dataclass(frozen=True, slots=True)
class StockTaken:
    """The tracks that will be made again, and why each of them; effort: how much each is, in 16ths.

    A track that is composed counts once for each take beside its rendering.
    """

    stale: dict[str, str]
    effort: dict[str, int]


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
    how: str


@dataclass(frozen=True, slots=True)
class Built:
    """The bundle is in place.

    `done` says of each track: composed, from the cache, from the lock, or kept. `warnings` are what
    a person should hear about: tags that the music does not keep, and so on.
    """

    folder: Path
    index: Index
    done: dict[str, str]
    changed: bool
    warnings: list[str] = field(default_factory=list)


Event = StockTaken | StageEntered | TrackDone | Built


@dataclass(frozen=True, slots=True)
class Stock:
    """What is there already, and why parts of it no longer fit the plan, by track."""

    model: Model
    grams: GramIndex | None
    locked: dict[str, LockedTake]
    index: Index | None
    notes: dict[str, str]
    audio: dict[str, str]
    others: list[str] = field(default_factory=list)

    @property
    def stale(self) -> dict[str, str]:
        """Why each track that must be made again is stale."""
        return self.audio | self.notes


def take_stock(plan: BuildPlan, manifest: Path, folder: Path, *, recompose: bool = False) -> Stock:
    """Return what the lock and the bundle hold for the plan and what is stale; writes nothing."""
    model = open_model(plan.model)
    locked = read_lock(lock_path(manifest))
    grams = open_index(plan.model)
    grams_sha256 = grams.sha256 if grams else ""
    notes = stale_notes(plan, locked, model.sha256, grams_sha256, recompose=recompose)
    try:
        index = read_index(folder)
    except CheckError as error:
        every = {track.name: str(error) for track in plan.tracks}
        return Stock(model, grams, locked, None, notes, every, [str(error)])
    names = {track.name for track in plan.tracks}
    others = [
        f"track {entry.name!r} is in the bundle but not in the manifest"
        for entry in index.tracks
        if entry.name not in names
    ]
    others += find_faults(folder, index.shared_files())
    fresh = {name: take for name, take in locked.items() if name not in notes}
    return Stock(
        model, grams, locked, index, notes, stale_audio(plan, fresh, index, folder), others
    )


def check(plan: BuildPlan, manifest: Path, folder: Path) -> list[str]:
    """Return one line for everything that a build would change; writes nothing."""
    stock = take_stock(plan, manifest, folder)
    found = [f"track {name!r}: {why}" for name, why in stock.stale.items()]
    if stock.index is None:
        return stock.others + [f"track {name!r}: {why}" for name, why in stock.notes.items()]
    if not found and not stock.others:
        kept = {entry.name: entry for entry in stock.index.tracks}
        entries = [kept[track.name] for track in plan.tracks]
        index, _ = _index(plan, stock, folder, entries, stock.locked)
        if index != stock.index:
            found = ["the index is not what the manifest and this version of chipassets give"]
    return found + stock.others


def build(
    plan: BuildPlan,
    manifest: Path,
    folder: Path,
    jobs: int,
    *,
    strict: bool = False,
    recompose: bool = False,
    use_cache: bool = True,
) -> Iterator[Event]:
    """Make the folder hold the plan's bundle and the lock its notes, telling what happens.

    `strict` makes an error of every warning; `recompose` gives up accepted takes that no longer
    follow their plan. What is finished is kept in the user's cache, unless `use_cache` is false,
    so that a build that is stopped is gone on with.

    Raises:
        ChipassetsError: nothing was changed, or only the lock was brought up to date.
    """
    place = prepare_place(folder, plan.game)
    stock = take_stock(plan, manifest, folder, recompose=recompose)
    if stock.stale:
        try_place(place)
    yield StockTaken(stock.stale, _effort(plan, stock))
    if not stock.stale:
        yield _finish(plan, manifest, folder, stock, {}, {}, strict=strict)
        return
    with open_cache(place.folder.parent, is_wanted=use_cache) as cache:
        produced: dict[str, Produced] = {}
        shared = (replace(plan, tracks=()), stock.model, stock.grams, cache)
        for name, stage, result in run_tasks(jobs, _work, _tasks(plan, stock), shared):
            if stage is not None:
                yield StageEntered(name, stage)
            else:
                produced[name] = result
                yield TrackDone(name, _how(stock, name, result))
        files = {
            file.path: cache.path_of(file)
            for item in produced.values()
            for file in item.entry.all_files()
        }
        yield _finish(plan, manifest, folder, stock, produced, files, strict=strict)


def _finish(
    plan: BuildPlan,
    manifest: Path,
    folder: Path,
    stock: Stock,
    produced: dict[str, Produced],
    made: Mapping[str, Path],
    *,
    strict: bool,
) -> Built:
    names = [track.name for track in plan.tracks]
    takes = {
        name: produced[name].take if name in produced else stock.locked[name] for name in names
    }
    if takes != stock.locked:
        write_file(lock_path(manifest), lock_to_bytes(takes))
    index, shared = _index(plan, stock, folder, _entries(plan, stock, produced), takes)
    warnings = [*outdated_choices(plan, takes), *_track_warnings(index)]
    if strict and warnings:
        raise CheckError("\n".join(["the bundle was not written (--strict):", *warnings]))
    changed = index != stock.index or bool(produced) or bool(stock.others)
    if changed:
        write_bundle(folder, index, {**shared, **made})
    done = {name: _how(stock, name, produced.get(name)) for name in names}
    return Built(folder, index, done, changed, warnings)


_RENDERING_TAKES = 4
"""To render a track costs about as much as to compose so many takes of it."""


def _effort(plan: BuildPlan, stock: Stock) -> dict[str, int]:
    return {
        track.name: track.total_steps
        * (_RENDERING_TAKES + (track.takes if track.name in stock.notes else 0))
        for track in plan.tracks
        if track.name in stock.stale
    }


def _how(stock: Stock, name: str, made: Produced | None) -> str:
    if name in stock.notes:
        return "composed" if made is None or made.is_composed else "from the cache"
    return "from the lock" if name in stock.audio else "kept"


def _tasks(plan: BuildPlan, stock: Stock) -> dict[str, tuple[TrackPlan, LockedTake | Choices]]:
    """Return the arguments of each stale track, the longest first so that no core waits long."""
    tracks = sorted(plan.tracks, key=lambda track: -track.total_steps)
    return {
        track.name: (
            track,
            _choices(stock, track.name) if track.name in stock.notes else stock.locked[track.name],
        )
        for track in tracks
        if track.name in stock.stale
    }


def _choices(stock: Stock, name: str) -> Choices:
    """What someone decided about a track's takes; it outlives a change of the plan."""
    before = stock.locked.get(name)
    return Choices(before.rejected, before.rolled) if before else Choices()


def _work(
    plan: BuildPlan,
    model: Model,
    grams: GramIndex | None,
    cache: Cache,
    track: TrackPlan,
    locked: LockedTake | Choices,
) -> Produced:
    def report(stage: str) -> None:
        report_stage(track.name, stage)

    return produce_track(plan, model, grams, cache, track, locked, report)


def _track_warnings(index: Index) -> list[str]:
    return [f"track {track.name!r}: {said}" for track in index.tracks for said in track.warnings]


def _entries(plan: BuildPlan, stock: Stock, produced: dict[str, Produced]) -> list[TrackEntry]:
    kept = {entry.name: entry for entry in stock.index.tracks} if stock.index else {}
    return [
        produced[track.name].entry if track.name in produced else kept[track.name]
        for track in plan.tracks
    ]


def _index(
    plan: BuildPlan,
    stock: Stock,
    folder: Path,
    entries: list[TrackEntry],
    takes: Mapping[str, LockedTake],
) -> tuple[Index, dict[str, bytes]]:
    """Return the index of the entries, and by path the files that belong to no single track."""
    return index_of(
        plan,
        stock.model,
        entries,
        provenance(plan, stock.model, takes),
        album_files(plan, takes),
        attributes=not _has_own_attributes(folder, stock.index),
    )


def _has_own_attributes(folder: Path, index: Index | None) -> bool:
    """Whether someone has told git already what the folder's files are."""
    if index is not None and index.attributes is not None:
        return False
    return os.path.lexists(folder / ATTRIBUTES_PATH)
