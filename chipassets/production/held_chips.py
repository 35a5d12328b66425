"""Accepted and frozen takes that differ from what the manifest asks for now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chipassets.chips.profiles import CHIPS
from chipassets.errors import ManifestError, Problem
from chipassets.lock import Lock
from chipassets.manifest.yaml_reader import read_document
from chipassets.production.linked_notes import linked
from chipassets.production.stock import Stock
from chipassets.stored.cache_keys import is_held, outdated_choices
from chipassets.stored.facts import CHIP_FACT


@dataclass(frozen=True, slots=True)
class _Moved:
    track: str
    is_frozen: bool
    chip: str
    words: str


def refuse_frozen_on_other_chip(stock: Stock, manifest: Path) -> None:
    """Raise ManifestError for frozen takes that sound otherwise on the game's chip."""
    problems = []
    for found in _moved(stock):
        if not found.is_frozen:
            continue
        mark = _mark(manifest, found.track)
        problems.append(
            Problem(
                f"{manifest}:{mark[0]}:{mark[1]}",
                f"track {found.track!r} is frozen as {found.chip} plays it",
                f"on {stock.plan.chip} {found.words}",
                f"write chip: {found.chip}, take lock: frozen away, or accept it as "
                f"{stock.plan.chip} plays it: chipassets takes {manifest} --accept {found.track}",
            )
        )
    if problems:
        raise ManifestError(tuple(problems))


def other_chip_warnings(stock: Stock) -> list[str]:
    """Return a line for each accepted take that the chip does not play as it was accepted."""
    return [
        f"track {found.track!r}: it was accepted on {found.chip}, and on {stock.plan.chip} "
        f"{found.words}; accept it again if it is to be so"
        for found in _moved(stock)
        if not found.is_frozen
    ]


def outdated_warnings(stock: Stock, lock: Lock) -> list[str]:
    """Return a line for each accepted or frozen take of a lock whose track changed."""
    return outdated_choices(linked(stock.asked, lock.takes), lock, stock.model)


def held_warnings(stock: Stock) -> list[str]:
    """Return what a build of the stock would warn of and what it would refuse, for held takes."""
    refused = [
        f"track {found.track!r} is frozen as {found.chip} plays it, and on {stock.plan.chip} "
        f"{found.words}: a build refuses it until it is accepted so"
        for found in _moved(stock)
        if found.is_frozen
    ]
    return [*outdated_warnings(stock, stock.lock), *other_chip_warnings(stock), *refused]


def _moved(stock: Stock) -> Iterator[_Moved]:
    """Yield each held take that the game's chip plays differently, with the differences."""
    for track in stock.plan.tracks:
        take = stock.lock.takes.get(track.name)
        if take is None or not is_held(track, take):
            continue
        chip = dict(take.facts).get(CHIP_FACT) or heard_on(stock, track.name)
        if chip == stock.plan.chip or chip not in CHIPS:
            continue
        # Imported here, because a build on the same chip needs no stage for it.
        from chipassets.arrange.on_chips import compare_chips

        words = compare_chips(take.score, chip, stock.plan.chip).words
        if words:
            yield _Moved(track.name, track.frozen, chip, words)


def heard_on(stock: Stock, track: str) -> str:
    """Return the chip of the bundle if that has the track, else the plan's.

    Locks of older versions do not say on which chip a take was accepted; its bundle does.
    """
    index = stock.index
    if index is not None and any(entry.name == track for entry in index.tracks):
        return index.chip
    return stock.plan.chip


def _mark(manifest: Path, track: str) -> tuple[int, int]:
    """Return the line and column of the track's `lock:`, else of the track."""
    document, _ = read_document(manifest.read_bytes(), str(manifest))
    mark = document.mark(("tracks", track, "lock"))
    return mark.line, mark.column
