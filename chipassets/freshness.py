"""Keys: hashes of everything that decides a result, and what they say about a stored one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chipassets.arrange import ARRANGE_VERSION
from chipassets.bundle import Index, KeysEntry, find_faults
from chipassets.chipfiles import CHIPFILES_VERSION
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.errors import CheckError
from chipassets.lock import LockedTake
from chipassets.motifs import motif_pace
from chipassets.render import ENCODED_FORMATS, RENDER_VERSION, encoder_version
from chipassets.score_text import score_to_lines
from chipassets.shape import SHAPE_VERSION
from chipassets.takes import TAKES_VERSION
from chipassets.trackplan import BuildPlan, TrackPlan

# What may change in a plan without the notes being composed again.
_COLOUR_FIELDS = (
    "name", "moods", "tempo_millibpm", "sound", "scene_like", "match", "given", "own_moods",
)  # fmt: skip
# What else of a plan stands in the files and in the index, beside the notes.
_FILE_FIELDS = ("scene", "seed", "character", "pulse_steps")
_COLOUR_CHARACTER = ("lead", "inner", "bass")


def notes_key(track: TrackPlan, model_sha256: str, grams_sha256: str = "") -> str:
    """Return the hash of all that decides which notes a track gets: plan, model, corpus, code."""
    versions = (COMPOSE_VERSION, SHAPE_VERSION, TAKES_VERSION)
    hashes = (model_sha256, grams_sha256)
    return hash_of({"plan": _notes_fields(track), "model": hashes, "versions": versions})


def plan_key(track: TrackPlan) -> str:
    """Return the hash of what a track's plan says about notes, however many takes it asks for."""
    return hash_of(_without(_notes_fields(track), ("takes",)))


def _notes_fields(track: TrackPlan) -> dict[str, Any]:
    unsaid = () if track.reference else ("reference",)
    fields = _without(asdict(track), (*_COLOUR_FIELDS, *unsaid))
    fields["character"] = _without(fields["character"], _COLOUR_CHARACTER)
    fields["preset_moods"] = track.preset_moods  # textures are drawn by them
    if track.motifs and (pace := motif_pace(track.tempo_millibpm)):
        fields["motif_pace"] = pace  # the one thing that a tempo says about notes
    return fields


def audio_key(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> str:
    """Return the hash of all that decides the files of a track, given its notes."""
    fields = {name: asdict(track)[name] for name in (*_COLOUR_FIELDS, *_FILE_FIELDS)}
    if not track.own_moods:
        del fields["own_moods"]
    return hash_of(
        {
            "score": score_to_lines(take.score),
            "take": (take.number, take.of, take.why, take.accepted),
            "plan": fields,
            "game": (plan.game, plan.author, plan.copyright_line),
            "chip": plan.chip,
            "formats": plan.formats,
            "filter": plan.filter_name,
            "loudness": plan.loudness_lufs,
            "quality": asdict(plan.quality),
            "versions": (ARRANGE_VERSION, RENDER_VERSION, CHIPFILES_VERSION),
            "encoder": encoder_version() if _is_encoded(plan, track) else "",
        }
    )


def _is_encoded(plan: BuildPlan, track: TrackPlan) -> bool:
    """Whether an encoder, whose next version may give other bytes, makes files of the track."""
    return bool(track.sound.layers) or not ENCODED_FORMATS.isdisjoint(plan.formats)


def keys_of(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> KeysEntry:
    """Return both keys of a track for the index."""
    return KeysEntry(notes=take.notes_key, audio=audio_key(plan, track, take))


def stale_notes(
    plan: BuildPlan,
    locked: dict[str, LockedTake],
    model_sha256: str,
    grams_sha256: str = "",
    *,
    recompose: bool = False,
) -> dict[str, str]:
    """Return, by track, why the lock does not hold its notes; fresh tracks are left out.

    An accepted take is fresh whatever its plan says, unless `recompose` asks for another.
    """
    reasons = {}
    for track in plan.tracks:
        take = locked.get(track.name)
        if take is None:
            reasons[track.name] = "not composed yet: the lock has no notes for it"
        elif take.accepted and not (recompose and _left_its_plan(track, take)):
            _check_metre(track, take)
        elif take.notes_key != notes_key(track, model_sha256, grams_sha256):
            reasons[track.name] = "its plan, the model or the composer changed since it was locked"
    return reasons


def outdated_choices(plan: BuildPlan, locked: dict[str, LockedTake]) -> list[str]:
    """Return one line for each accepted take whose plan asks for other notes by now."""
    return [
        f"track {track.name!r}: its plan changed, and the accepted take {take.number + 1} is kept; "
        "build with --recompose for one that follows the plan, or accept another"
        for track in plan.tracks
        if (take := locked.get(track.name)) and take.accepted and _left_its_plan(track, take)
    ]


def _left_its_plan(track: TrackPlan, take: LockedTake) -> bool:
    return take.plan_key != plan_key(track)


def _check_metre(track: TrackPlan, take: LockedTake) -> None:
    if take.score.beats_per_bar != track.beats_per_bar:
        raise CheckError(
            f"track {track.name!r}: its accepted take has {take.score.beats_per_bar} beats a bar "
            f"and the plan {track.beats_per_bar}; build with --recompose, or accept another take"
        )


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
        elif faults := find_faults(folder, entry.all_files()):
            reasons[track.name] = "; ".join(faults)
    return reasons


def _without(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def hash_of(value: object) -> str:
    """Return the SHA-256, in hex, of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
