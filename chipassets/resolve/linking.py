"""Tracks that follow another: what they take from the other's plan before notes are composed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chipassets.manifest import Manifest
from chipassets.manifest.linked import VariantOptions
from chipassets.manifest.settings import changed_by
from chipassets.music.bridges import bridge_chords
from chipassets.music.keys import Key
from chipassets.plan.links import BRIDGE, FAMILY, VARIANT, Link, varied_key
from chipassets.plan.trackplan import (
    MODE,
    PACE,
    REGISTER,
    TEMPO,
    VOICES,
    Progression,
    Range,
    TrackPlan,
    Wish,
)

Planned = Callable[[str], TrackPlan]


def link_track(manifest: Manifest, track: TrackPlan, planned: Planned) -> TrackPlan:
    """Return the plan of a track with what it takes from the track that it follows, if any.

    planned: the plans by track name.
    """
    said = manifest.tracks[track.name]
    if said.like:
        return _variant(manifest, track, planned(said.like))
    if said.family:
        return _relative(manifest, track, planned(said.family))
    if said.from_track and said.to:
        return _bridge(manifest, track, planned(said.from_track), planned(said.to))
    return track


def _variant(manifest: Manifest, track: TrackPlan, original: TrackPlan) -> TrackPlan:
    """Return the original's plan with the variant's changes; the notes follow when they exist."""
    said = manifest.tracks[track.name]
    variant = said.variant or VariantOptions()
    changes = changed_by(variant)
    levels = _levels(original)
    own = Wish(
        drums=said.drums or changes.drums,
        texture=said.texture or changes.texture or "",
        dynamics_db=levels.pop("", None),
    )
    softer = (Wish(section, dynamics_db=level) for section, level in levels.items())
    colours = track.character
    return replace(
        original,
        name=track.name,
        scene=track.scene,
        scene_like=track.scene_like,
        moods=track.moods,
        own_moods=track.own_moods,
        key=said.key or varied_key(original.key, variant.name, variant.mode),
        tempo_millibpm=_tempo(said.tempo)
        or round(original.tempo_millibpm * variant.tempo_percent / 100),
        character=replace(
            original.character, lead=colours.lead, inner=colours.inner, bass=colours.bass
        ),
        sound=track.sound,
        takes=1,
        match=None,
        given=(TEMPO, MODE, REGISTER, PACE, VOICES),
        frozen=track.frozen,
        was=track.was,
        wishes=tuple(wish for wish in (own, *softer) if wish != Wish()),
        filter_name=track.filter_name,
        level_db=track.level_db,
        link=Link(
            VARIANT,
            original.name,
            name=variant.name,
            tempo_percent=0 if said.tempo else variant.tempo_percent,
            register=variant.register,
            mode=None if said.key else variant.mode,
        ),
    )


def _levels(original: TrackPlan) -> dict[str, float]:
    """Return the levels in dB that the original sets, by section; "" is the whole track."""
    return {
        wish.section: wish.dynamics_db for wish in original.wishes if wish.dynamics_db is not None
    }


def _tempo(said: Range | None) -> int:
    return round(500 * (said.low + said.high)) if said else 0


def _relative(manifest: Manifest, track: TrackPlan, other: TrackPlan) -> TrackPlan:
    """Return the plan of a track of a family: form, tempo and tonic of the other, its own mode."""
    said = manifest.tracks[track.name]
    return replace(
        track,
        bars=other.bars,
        beats_per_bar=other.beats_per_bar,
        pulse_steps=other.pulse_steps,
        form=other.form,
        loops=other.loops if said.loop is None else said.loop,
        key=said.key or Key(other.key.tonic, track.key.mode),
        tempo_millibpm=_tempo(said.tempo) or other.tempo_millibpm,
        link=Link(
            FAMILY,
            other.name,
            tempo_percent=0 if said.tempo else 100,
            mode=None if said.key else "",
        ),
    )


def _bridge(manifest: Manifest, track: TrackPlan, start: TrackPlan, goal: TrackPlan) -> TrackPlan:
    """Return the plan of one or two bars from one track's key and instruments to another's."""
    said = manifest.tracks[track.name]
    named = said.instruments or {}
    colours = {role: getattr(goal.character, role) for role in ("lead", "inner", "bass")
               if role not in named}  # fmt: skip
    return replace(
        track,
        key=goal.key,
        tempo_millibpm=_tempo(said.tempo) or start.tempo_millibpm,
        character=replace(track.character, **colours),
        progressions=(Progression("", bridge_chords(start.key, goal.key, track.bars)),),
        given=(TEMPO, MODE),
        link=Link(
            BRIDGE,
            start.name,
            to=goal.name,
            tempo_percent=0 if said.tempo else 100,
            start=start.key,
        ),
    )
