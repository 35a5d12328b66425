"""Renamed tracks: a new track that asks for exactly the notes of a removed one."""

from __future__ import annotations

from pathlib import Path

from chipassets.lock import read_lock
from chipassets.manifest import Manifest
from chipassets.plan.trackplan import BuildPlan
from chipassets.resolve.build_plan import resolve
from chipassets.stored.facts import changes, notes_facts

_MOST_PAIRS = 500


def guess_renames(manifest: Manifest, plan: BuildPlan, path: Path) -> dict[str, str]:
    """Return the likely former name of each track that the lock does not know.

    The track says in the manifest what the former one said when its locked take was composed;
    what follows from other tracks may differ. Each former name is returned once.
    """
    lock = read_lock(path)
    takes = lock.takes
    gone = [
        name
        for name, take in takes.items()
        if name not in manifest.tracks
        and take.facts
        and all(track.was != name for track in plan.tracks)
    ]
    new = [track.name for track in plan.tracks if track.name not in takes and not track.was]
    found: dict[str, str] = {}
    pairs = [(one, other) for one in new for other in gone]
    for name, old in pairs[:_MOST_PAIRS]:
        if name in found or old in found.values():
            continue
        track = manifest.tracks[name].model_copy(update={"was": old})
        called = manifest.model_copy(update={"tracks": manifest.tracks | {name: track}})
        planned = resolve(called, only=(name,)).tracks[0]
        facts = notes_facts(planned, "", "", "")
        if not changes(plan, planned, takes[old].facts, facts, lock.home, own_only=True):
            found[name] = old
    return found
