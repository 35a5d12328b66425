"""Stock: what lock and bundle hold for a plan, which parts are stale, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from chipassets.bundle import Index, find_faults, open_place, read_index
from chipassets.compose.weights import Model, open_model
from chipassets.errors import BundleError, CheckError
from chipassets.lock import Choices, Lock, line_of, lock_path, read_lock, read_text
from chipassets.originality import GramIndex, open_index
from chipassets.plan.trackplan import BuildPlan
from chipassets.production.linked_notes import linked, waiting
from chipassets.stored.cache_keys import (
    contradicted_line,
    is_held,
    outdated_accepted,
    stale_audio,
    stale_notes,
    with_held_takes,
)


@dataclass(frozen=True, slots=True)
class Stock:
    """What lock and bundle hold, and why parts of it are stale, by track.

    asked: the plan of the manifest. plan: the same, with what held takes keep. before: the lock
    as read. lock: the same with renamed tracks under their new names.
    """

    asked: BuildPlan
    plan: BuildPlan
    model: Model
    grams: GramIndex | None
    before: Lock
    lock: Lock
    notes: dict[str, str]
    index: Index | None = None
    audio: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    @property
    def stale(self) -> dict[str, str]:
        """Why each track that must be made again is stale."""
        return self.audio | self.notes

    @property
    def grams_sha256(self) -> str:
        """The hash of the corpus index, "" without one."""
        return self.grams.sha256 if self.grams else ""

    @property
    def absent(self) -> list[str]:
        """The tracks that the lock keeps and the manifest does not have."""
        names = {track.name for track in self.plan.tracks}
        return [name for name in self.lock.takes if name not in names]

    def choices(self, name: str) -> Choices:
        """Return the decisions about a track's takes; a change of the plan does not drop them."""
        before = self.lock.takes.get(name)
        return Choices(before.rejected, before.rolled) if before else Choices()


def take_stock_of_notes(plan: BuildPlan, manifest: Path, *, recompose: bool = False) -> Stock:
    """Return what the lock holds for the plan, and what is stale; writes nothing.

    recompose: whether accepted takes that no longer fit the plan are replaced.

    Raises:
        CheckError: the lock is damaged, in conflict, or holds notes that are not of its plan.
    """
    model, grams = open_model(plan.model), open_index(plan.model)
    before = read_lock(manifest)
    lock = before.renamed({track.name: track.was for track in plan.tracks})
    unwanted = outdated_accepted(linked(plan, lock.takes), lock) if recompose else set()
    playing = with_held_takes(plan, lock.without(unwanted).takes)
    sha256 = grams.sha256 if grams else ""
    first = stale_notes(playing, lock, model, sha256, unwanted)
    followed = linked(
        playing,
        {
            n: t
            for n, t in lock.takes.items()
            if n not in first or not any(track.name == n for track in playing.tracks)
        },
    )
    # Keys of a plan take time, and mostly no track follows another.
    notes = first if followed is playing else stale_notes(followed, lock, model, sha256, unwanted)
    playing = followed
    notes = {
        name: _waits(playing, name) if name in waiting(playing) and name in lock.takes else why
        for name, why in notes.items()
    }
    lock = _as_played(playing, lock, notes)
    stock = Stock(plan, playing, model, grams, before, lock, notes)
    _refuse_strays(stock, manifest)
    return stock


def _waits(plan: BuildPlan, name: str) -> str:
    """Return why a linked track is not composed yet."""
    of = next(track.link.of for track in plan.tracks if track.name == name and track.link)
    return f"it follows {of!r}, whose notes come first"


def _as_played(plan: BuildPlan, lock: Lock, stale: Collection[str]) -> Lock:
    """Return the lock with the plan's tempi; accepted and frozen takes keep their own.

    Takes of stale tracks are left as they are.
    """
    takes = dict(lock.takes)
    for track in plan.tracks:
        take = takes.get(track.name)
        if take is None or track.name in stale or is_held(track, take):
            continue
        score = replace(take.score, tempo_millibpm=track.tempo_millibpm)
        takes[track.name] = replace(take, score=score)
    return replace(lock, takes=takes)


def take_stock(plan: BuildPlan, manifest: Path, folder: Path, *, recompose: bool = False) -> Stock:
    """Return what lock and bundle hold for the plan, and what is stale; writes nothing."""
    stock = take_stock_of_notes(plan, manifest, recompose=recompose)
    names = [track.name for track in stock.plan.tracks]
    try:
        open_place(folder, plan.game)
        index = read_index(folder)
    except (CheckError, BundleError) as error:
        missing = dict.fromkeys(names, str(error))
        return _with_bundle(stock, None, missing, [str(error)])
    others = [
        f"track {entry.name!r} is in the bundle but not in the manifest"
        for entry in index.tracks
        if entry.name not in names
    ]
    others += find_faults(folder, index.shared_files())
    fresh = {name: take for name, take in stock.lock.takes.items() if name not in stock.notes}
    return _with_bundle(stock, index, stale_audio(stock.plan, fresh, index, folder), others)


def _with_bundle(
    stock: Stock, index: Index | None, audio: dict[str, str], others: list[str]
) -> Stock:
    return Stock(
        stock.asked, stock.plan, stock.model, stock.grams, stock.before, stock.lock, stock.notes,
        index, audio, others,
    )  # fmt: skip


def _refuse_strays(stock: Stock, manifest: Path) -> None:
    """Raise CheckError for a lock whose notes contradict the plan or the lock itself."""
    for asked, track in zip(stock.asked.tracks, stock.plan.tracks, strict=True):
        take = stock.lock.takes.get(track.name)
        if take is None or track.name in stock.notes:
            continue
        found = contradicted_line(asked if is_held(asked, take) else track, take)
        if found:
            word, why = found
            path = lock_path(manifest)
            line = line_of(read_text(path) or "", track.name, "score", word)
            raise CheckError(
                f"{path}:{line}: track {track.name!r}: {why}; it was edited or merged by hand: "
                "restore it from version control, or remove the entry to compose again"
            )
