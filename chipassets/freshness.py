"""Keys: hashes of everything that decides a result, and what they say about a stored one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chipassets.arrange import ARRANGE_VERSION
from chipassets.bundle import Index, KeysEntry, find_faults
from chipassets.compose import COMPOSE_VERSION
from chipassets.lock import LockedTake
from chipassets.render import RENDER_VERSION
from chipassets.score import score_to_lines
from chipassets.shape import SHAPE_VERSION
from chipassets.takes import TAKES_VERSION
from chipassets.trackplan import BuildPlan, TrackPlan

# What may change in a plan without the notes being composed again.
_COLOUR_FIELDS = ("name", "moods", "tempo_millibpm", "sound", "scene_like")
_COLOUR_CHARACTER = ("groove", "lead", "inner", "bass")


def notes_key(track: TrackPlan, model_sha256: str) -> str:
    """Return the hash of all that decides which notes a track gets: plan, model, code versions."""
    fields = _without(asdict(track), _COLOUR_FIELDS)
    fields["character"] = _without(fields["character"], _COLOUR_CHARACTER)
    versions = (COMPOSE_VERSION, SHAPE_VERSION, TAKES_VERSION)
    return _hash({"plan": fields, "model": model_sha256, "versions": versions})


def audio_key(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> str:
    """Return the hash of all that decides the files of a track, given its notes."""
    fields = {name: asdict(track)[name] for name in (*_COLOUR_FIELDS, "scene", "seed", "character")}
    return _hash(
        {
            "score": score_to_lines(take.score),
            "plan": fields,
            "game": plan.game,
            "chip": plan.chip,
            "formats": plan.formats,
            "filter": plan.filter_name,
            "loudness": plan.loudness_lufs,
            "versions": (ARRANGE_VERSION, RENDER_VERSION),
        }
    )


def keys_of(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> KeysEntry:
    """Return both keys of a track for the index."""
    return KeysEntry(notes=take.notes_key, audio=audio_key(plan, track, take))


def stale_notes(
    plan: BuildPlan, locked: dict[str, LockedTake], model_sha256: str
) -> dict[str, str]:
    """Return, by track, why the lock does not hold its notes; fresh tracks are left out."""
    reasons = {}
    for track in plan.tracks:
        take = locked.get(track.name)
        if take is None:
            reasons[track.name] = "not composed yet: the lock has no notes for it"
        elif take.notes_key != notes_key(track, model_sha256):
            reasons[track.name] = "its plan, the model or the composer changed since it was locked"
    return reasons


def stale_audio(
    plan: BuildPlan, locked: dict[str, LockedTake], index: Index, folder: Path
) -> dict[str, str]:
    """Return, by track with fresh notes, why the bundle does not hold its files as it should."""
    entries = {entry.name: entry for entry in index.tracks}
    reasons = {}
    for track in plan.tracks:
        entry = entries.get(track.name)
        take = locked.get(track.name)
        if take is None:
            continue
        if entry is None:
            reasons[track.name] = "the bundle has no such track"
        elif entry.keys != keys_of(plan, track, take):
            reasons[track.name] = "its notes, sound or formats changed since the bundle was built"
        elif faults := find_faults(folder, list(entry.files.values())):
            reasons[track.name] = "; ".join(faults)
    return reasons


def _without(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
