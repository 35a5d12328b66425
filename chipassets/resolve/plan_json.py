"""The plan as JSON: what `chipassets plan --json` prints, and part of a bundle's provenance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chipassets.chips.chipsong import Instrument
from chipassets.music.keys import Key, spelled_pitch
from chipassets.music.motifs import IN_MODE
from chipassets.music.notes import LEAD
from chipassets.plan.plain_values import plain_values
from chipassets.plan.trackplan import (
    BuildPlan,
    Motif,
    OwnMood,
    Primer,
    Progression,
    Sound,
    TrackPlan,
    unsaid,
)


def plan_to_json(plan: BuildPlan) -> dict[str, Any]:
    """Return the plan as JSON values with keys in a fixed order: equal plans give equal texts."""
    # The tracks are written below, in another way.
    return plain_values(replace(plan, tracks=())) | {
        "formats": list(plan.formats),
        "home": {"key": str(plan.home.key), "tempo_millibpm": plan.home.tempo_millibpm},
        "tracks": [_track_json(track) for track in plan.tracks],
    }


def _track_json(track: TrackPlan) -> dict[str, Any]:
    """Return a track's plan as JSON values, without those UNSAID fields that have their default."""
    values = plain_values(track)
    empty = [name for name in ("match", "frozen", "was") if not values[name]]
    for name in (*empty, *unsaid(track)):
        del values[name]
    del values["own_moods"]
    if track.melodies:
        values["melodies"] = {
            own.section: _motif_json(own.tune)
            | ({"pickup": _primer_json(own.pickup, own.tune.key)} if own.pickup else {})
            for own in track.melodies
        }
    if track.link is not None:
        said = plain_values(track.link) | {"start": track.link.start and str(track.link.start)}
        # The notes are in the lock, under the other track's name.
        values["link"] = {name: what for name, what in said.items() if what and name != "source"}
    if track.pickup is not None:
        values["pickup"] = _primer_json(track.pickup, track.key)
    if track.final_key is not None:
        values["final_key"] = str(track.final_key)
    if track.own_moods:
        values["own_moods"] = {mood.name: own_mood_to_json(mood) for mood in track.own_moods}
    return values | {
        "moods": list(track.moods),
        "key": str(track.key),
        "primer": None if track.primer is None else _primer_json(track.primer, track.key),
        "character": {
            name: [value["low"], value["high"]] if isinstance(value, dict) else value
            for name, value in plain_values(track.character).items()
        },
        "form": form_text(track),
        "progressions": {own.section: chords_text(own) for own in track.progressions},
        "motifs": [_motif_json(motif) for motif in track.motifs],
        "guidance": dict(track.guidance),
        "sound": _sound_json(track.sound),
    }


def own_mood_to_json(mood: OwnMood) -> dict[str, Any]:
    """Return the values of a custom mood, ranges as pairs, without those that it does not set."""
    return {
        name: [value["low"], value["high"]]
        if isinstance(value, dict)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in plain_values(mood).items()
        if value and name != "name"
    }


def form_text(track: TrackPlan) -> str:
    """Return the sections of a track with their bars as text."""
    return " ".join(f"{section.name}:{section.bars}" for section in track.form)


def chords_text(progression: Progression) -> str:
    """Return chords in the manifest's notation."""
    return " | ".join(" ".join(bar) for bar in progression.bars)


def _motif_json(motif: Motif) -> dict[str, Any]:
    """Return the motif's notes and those of its settings that are not the default."""
    tune = _primer_json(Primer(motif.notes, motif.steps), motif.key)
    said: dict[str, Any] = {"name": motif.name, "key": str(motif.key), **tune}
    if motif.rival:
        said["rival_key"] = str(motif.rival)
    if motif.transform != IN_MODE:
        said["transform"] = motif.transform
    if motif.part != LEAD:
        said["part"] = motif.part
    if motif.section:
        said["section"] = motif.section
    if motif.stretch:
        said["stretch"] = True
        said["tempo_millibpm"] = motif.tempo_millibpm
    return said


def _sound_json(sound: Sound) -> dict[str, Any]:
    """Return a track's sound settings as JSON values."""
    return {
        "leave": list(sound.leave),
        "arpeggio": sound.arpeggio,
        "layers": [{"name": item.name, "voices": list(item.voices)} for item in sound.layers],
        "instruments": [_instrument_json(item) for item in sound.instruments],
        "drums": sound.drums,
    }


def _instrument_json(instrument: Instrument) -> dict[str, Any]:
    """Return the macros, and the recording if there is one, its samples as their SHA-256."""
    said = plain_values(instrument)
    for value in said.values():
        if isinstance(value, dict) and "values" in value:
            value["values"] = list(value["values"])
    if said["recording"] is None:
        del said["recording"]
    return said


def _primer_json(primer: Primer, key: Key) -> dict[str, Any]:
    """Return the notes, each as its step, name and length, spelled as in the key."""
    notes = [f"{note.start_step}:{spelled_pitch(note.pitch, key)}+{note.duration_steps}"
             for note in primer.notes]  # fmt: skip
    return {"steps": primer.steps, "notes": notes}
