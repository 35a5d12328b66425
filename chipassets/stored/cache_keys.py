"""Keys: hashes of everything that decides a result, and what they say about a stored one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from chipassets.bundle import Index, KeysEntry, TrackEntry, fault_finder, find_faults
from chipassets.compose.model import Model
from chipassets.lock import Choices, Lock, LockedTake
from chipassets.music.score_text import score_to_lines
from chipassets.plan.formats import FORMATS
from chipassets.plan.plain_values import plain_values
from chipassets.plan.trackplan import SOUND_FIELDS, TEMPO, BuildPlan, TrackPlan, unsaid
from chipassets.stored.facts import (
    BARS,
    COLOUR_FIELDS,
    GROOVE,
    METRE,
    changes,
    file_changes,
    notes_facts,
    notes_fields,
    versions,
    without,
)
from chipassets.units import PULSE_STEPS, STEPS_PER_BEAT
from chipassets.versions import (
    ARRANGE_VERSION,
    CHIPFILES_VERSION,
    RENDER_VERSION,
    encoder_version,
)

# The fields of a plan that are in the files and in the index besides the notes.
_FILE_FIELDS = ("scene", "seed", "character", "pulse_steps")


def notes_key(track: TrackPlan, model_sha256: str, grams_sha256: str = "") -> str:
    """Return the hash of everything that decides a track's notes: plan, model, corpus, versions."""
    hashes = (model_sha256, grams_sha256)
    return hash_of({"plan": notes_fields(track), "model": hashes, "versions": versions()})


def plan_key(track: TrackPlan) -> str:
    """Return the hash of what a track's plan says about notes; the number of takes is left out."""
    return hash_of(without(notes_fields(track), ("takes",)))


def audio_key(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> str:
    """Return the hash of everything that decides a track's files, its notes included."""
    whole = plain_values(track)
    fields = {name: whole[name] for name in (*COLOUR_FIELDS, *_FILE_FIELDS)}
    fields |= track_sound_of_bars(track)
    if not track.own_moods:
        del fields["own_moods"]
    return hash_of(
        {
            "score": score_to_lines(take.score),
            "take": (take.number + 1, take.of, take.why, take.accepted),
            "plan": fields,
            "game": (plan.game, plan.author, plan.copyright_line),
            "chip": plan.chip,
            "formats": plan.formats,
            "filter": track.filter_name or plan.filter_name,
            "loudness": plan.loudness_lufs,
            "quality": plain_values(plan.quality),
            "versions": (ARRANGE_VERSION, RENDER_VERSION, CHIPFILES_VERSION),
            "encoder": encoder_version() if _is_encoded(plan, track) else "",
        }
    )


def notes_id(track: TrackPlan, choices: Choices, model_sha256: str, grams_sha256: str) -> str:
    """Return the cache key of a track's chosen take: a hash of plan, decisions and code.

    It covers more than `notes_key`, because tempo and tags influence which take is chosen.
    """
    return hash_of(
        {
            "notes": notes_key(track, model_sha256, grams_sha256),
            "plan": plain_values(track),
            "choices": plain_values(choices),
            "code": code_sha256(),
        }
    )


def track_id(
    plan: BuildPlan, track: TrackPlan, take: LockedTake, model_sha256: str, grams_sha256: str
) -> str:
    """Return the cache key of a track's index entry and files for given notes."""
    return hash_of(
        {
            "audio": audio_key(plan, track, take),
            "notes": take.notes_key,
            "plan": plain_values(track),
            "hashes": (model_sha256, grams_sha256),
            "code": code_sha256(),
        }
    )


@cache
def code_sha256() -> str:
    """Return the hash of the package's source and NumPy's version.

    While code is being changed, other code may give other notes under the same version numbers.
    """
    import numpy

    digest = hashlib.sha256(numpy.__version__.encode())
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def track_sound_of_bars(track: TrackPlan) -> dict[str, Any]:
    """Return the plan's settings for the sound of bars besides notes, if there are any.

    These are loudness and instruments of sections, a fade-out, and the fields of `SOUND_FIELDS`.
    """
    sections = {
        wish.section: [wish.dynamics_db, wish.lead, wish.inner, wish.low]
        for wish in track.wishes
        if wish.dynamics_db is not None or wish.lead or wish.inner or wish.low
    }
    said = {"sections": sections, "ending": track.ending}
    found = {name: what for name, what in said.items() if what}
    named = set(SOUND_FIELDS) - {"filter_name", *unsaid(track)}
    return found | {name: getattr(track, name) for name in sorted(named)}


def _is_encoded(plan: BuildPlan, track: TrackPlan) -> bool:
    """Return whether a foreign encoder, whose bytes vary by version, makes files of the track."""
    return bool(track.sound.layers) or any(FORMATS[name].codec for name in plan.formats)


def keys_of(plan: BuildPlan, track: TrackPlan, take: LockedTake) -> KeysEntry:
    """Return the notes key and the audio key of a track, for the index."""
    return KeysEntry(notes=take.notes_key, audio=audio_key(plan, track, take))


def is_held(track: TrackPlan, take: LockedTake | None) -> bool:
    """Return whether the locked take is kept when its plan changes: it is accepted or frozen."""
    return take is not None and (take.accepted or track.frozen)


def with_held_takes(plan: BuildPlan, locked: Mapping[str, LockedTake]) -> BuildPlan:
    """Return the plan with the key, metre, bars, form and open tempo of held takes.

    A track that matches a held one, and is not held itself, takes its key and tempo from it.
    """
    tracks = {
        track.name: as_played(track, take)
        if (take := locked.get(track.name)) and is_held(track, take)
        else track
        for track in plan.tracks
    }
    for name, track in tracks.items():
        other = tracks.get(track.match or "")
        if other is not None and not is_held(track, locked.get(name)):
            tracks[name] = replace(track, key=other.key, tempo_millibpm=other.tempo_millibpm)
    return replace(plan, tracks=tuple(tracks.values()))


def as_played(track: TrackPlan, take: LockedTake) -> TrackPlan:
    """Return the plan with the values that the take fixes.

    These are key, metre, bars, form, loop, groove and tempo.
    """
    score = take.score
    is_said = TEMPO in track.given and not track.match
    facts, pulse_steps = dict(take.facts), track.pulse_steps
    if score.beats_per_bar != track.beats_per_bar:
        pulse_steps = PULSE_STEPS.get(facts.get(METRE, ""), STEPS_PER_BEAT)
    groove = facts.get(GROOVE, track.character.groove)
    return replace(
        track,
        key=score.key,
        bars=score.bars,
        beats_per_bar=score.beats_per_bar,
        pulse_steps=pulse_steps,
        tempo_millibpm=track.tempo_millibpm if is_said else score.tempo_millibpm,
        loops=score.loop_start_bar is not None,
        form=score.sections or track.form,
        character=replace(track.character, groove=groove),
    )


def outdated_accepted(plan: BuildPlan, lock: Lock) -> set[str]:
    """Return the tracks whose accepted take no longer fits the plan: `recompose` replaces these."""
    return {
        track.name
        for track in plan.tracks
        if (take := lock.takes.get(track.name))
        and take.accepted
        and not track.frozen
        and _left_its_plan(track, take)
    }


def stale_notes(
    plan: BuildPlan,
    lock: Lock,
    model: Model,
    grams_sha256: str = "",
    unwanted: Collection[str] = (),
) -> dict[str, str]:
    """Return, by track, why its locked notes are stale; fresh tracks are left out.

    A held take is fresh unless its track is among `unwanted`.
    """
    reasons = {}
    for track in plan.tracks:
        take = lock.takes.get(track.name)
        if take is None:
            reasons[track.name] = "not composed yet: the lock has no notes for it"
        elif track.name in unwanted:
            reasons[track.name] = (
                "its accepted take no longer fits its plan, and --recompose replaces it"
            )
        elif is_held(track, take):
            continue
        elif take.notes_key != notes_key(track, model.sha256, grams_sha256):
            facts = notes_facts(track, model.name, model.sha256, grams_sha256)
            found = changes(plan, track, take.facts, facts, lock.home) if take.facts else []
            reasons[track.name] = "; ".join(found) or (
                "its plan, the model or the composer changed since it was locked"
            )
    return reasons


def contradicted_line(track: TrackPlan, take: LockedTake) -> tuple[str, str] | None:
    """Return the word of the lock's line where a score contradicts its plan, and why; else None.

    A held take is compared with the lock's own values instead of the plan.
    """
    facts, score = dict(take.facts), take.score
    if is_held(track, take):
        bars = facts.get(BARS, str(score.bars))
        if bars != str(score.bars):
            return "bars ", f"its notes have {score.bars} bars, and it was composed with {bars}"
        return None
    for word, found, planned in (
        ("bars ", score.bars, track.bars),
        ("beats ", score.beats_per_bar, track.beats_per_bar),
    ):
        if found != planned:
            return word, f"its notes have {found} {word}and the plan has {planned}"
    if (score.loop_start_bar is not None) != track.loops:
        ways = {True: "repeat", False: "play once"}
        return "loop ", f"its notes {ways[not track.loops]} and the plan's {ways[track.loops]}"
    return None


def outdated_choices(plan: BuildPlan, lock: Lock, model: Model) -> list[str]:
    """Return one line for each held take whose track changed in the manifest.

    Changes in other tracks, the model or the version of chipassets are ignored: held takes are
    meant to outlast those. Only a held take that no longer matches the track that it is to match is
    told.
    """
    found = _unmatched(plan, lock)
    for track in plan.tracks:
        take = lock.takes.get(track.name)
        if take is None or not is_held(track, take) or not _left_its_plan(track, take):
            continue
        facts = notes_facts(track, model.name, model.sha256, "")
        said = changes(plan, track, take.facts, facts, lock.home, own_only=True)
        if take.facts and not said:
            continue
        how = "frozen" if track.frozen else "accepted"
        why = "; ".join(said) or "its plan changed"
        found.append(
            f"track {track.name!r}: {why}, and the {how} take {take.name} is kept; "
            + (
                "take lock: frozen away"
                if track.frozen
                else "build with --recompose for one that follows the plan, or accept another"
            )
        )
    return found


def _unmatched(plan: BuildPlan, lock: Lock) -> list[str]:
    """Return one line for each held take that differs in key or tempo from what it matches."""
    played = {track.name: track for track in with_held_takes(plan, lock.takes).tracks}
    found = []
    for track in plan.tracks:
        take, other = lock.takes.get(track.name), played.get(track.match or "")
        if take is None or other is None or not is_held(track, take):
            continue
        own = played[track.name]
        if (own.key, own.tempo_millibpm) != (other.key, other.tempo_millibpm):
            how = "frozen" if track.frozen else "accepted"
            found.append(
                f"track {track.name!r}: it matches {other.name}, which plays in {_pace(other)}, "
                f"and its {how} take {take.name} is in {_pace(own)}; unaccept it, or delete match:"
            )
    return found


def _pace(track: TrackPlan) -> str:
    """Return the key and tempo of a track in words."""
    return f"{track.key} at {track.tempo_millibpm / 1000:g} bpm"


def _left_its_plan(track: TrackPlan, take: LockedTake) -> bool:
    return bool(take.plan_key) and take.plan_key != plan_key(track)


def stale_audio(
    plan: BuildPlan, locked: Mapping[str, LockedTake], index: Index, folder: Path
) -> dict[str, str]:
    """Return, by track with fresh notes, why its files in the bundle are stale."""
    entries = {entry.name: entry for entry in index.tracks}
    reasons = {}
    faults_of = fault_finder(folder)
    built: Mapping[str, Any] | None = None
    for track in plan.tracks:
        entry = entries.get(track.name)
        take = locked.get(track.name)
        if take is None:
            continue
        if entry is None:
            reasons[track.name] = "the bundle has no such track"
        elif entry.keys != keys_of(plan, track, take):
            built = _built_plan(index, folder) if built is None else built
            reasons[track.name] = _audio_cause(plan, track, take, entry, built)
        elif faults := faults_of(entry.all_files()):
            reasons[track.name] = "; ".join(faults)
    return reasons


def _audio_cause(
    plan: BuildPlan,
    track: TrackPlan,
    take: LockedTake,
    entry: TrackEntry,
    built: Mapping[str, Any],
) -> str:
    """Return what differs between the plan of a track's files and the plan of the bundle."""
    found = []
    if (entry.take.name, entry.keys.notes) != (take.name, take.notes_key):
        found.append(f"the lock has other notes: take {take.name} of {take.of}")
    elif entry.take.why != take.why:
        found.append(
            "its take was accepted" if take.accepted else "its take was chosen for another reason"
        )
    if built:
        found += file_changes(plan, track, built)
    return "; ".join(found) or "its notes in the lock, or how chipassets renders them, changed"


def _built_plan(index: Index, folder: Path) -> Mapping[str, Any]:
    """Return the plan in a bundle's provenance, {} if there is none."""
    try:
        if find_faults(folder, [index.provenance]):
            return {}
        found = json.loads((folder / index.provenance.path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    plan = found.get("plan") if isinstance(found, dict) else None
    return plan if isinstance(plan, dict) else {}


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(value: object) -> str:
    """Return the SHA-256, in hex, of a JSON value."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()
