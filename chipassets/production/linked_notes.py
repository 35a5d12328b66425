"""Completes the plans of tracks that follow others with the notes of those others' takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chipassets.lock import LockedTake
from chipassets.music.bridges import bridge_chords
from chipassets.music.chords import moved_chord
from chipassets.music.keys import Key
from chipassets.music.motifs import IN_MODE
from chipassets.music.notes import LEAD, Motif, Note
from chipassets.music.score import Score
from chipassets.music.score_text import score_to_lines
from chipassets.plan.links import BRIDGE, VARIANT, Link, varied_key
from chipassets.plan.trackplan import BuildPlan, Melody, Progression, TrackPlan
from chipassets.stored.cache_keys import as_played, is_held

_THEME_BARS = 4
_PLAIN_MILLIBPM = 120_000


def linked(plan: BuildPlan, takes: Mapping[str, LockedTake]) -> BuildPlan:
    """Return the plan with the notes of the tracks that others follow, as far as they are known.

    A bridge has the keys in which the two others are played, accepted ones as they were accepted.
    """
    if not any(track.link for track in plan.tracks):
        return plan
    tempi = {track.name: track.tempo_millibpm for track in plan.tracks}
    played = {
        track.name: as_played(track, take)
        if (take := takes.get(track.name)) and is_held(track, take)
        else track
        for track in plan.tracks
    }
    return replace(
        plan,
        tracks=tuple(
            _bridging(track, takes.get(track.name), played)
            if track.link and track.link.kind == BRIDGE
            else _linked(track, takes, tempi)
            for track in plan.tracks
        ),
    )


def _bridging(
    track: TrackPlan,
    take: LockedTake | None,
    played: Mapping[str, TrackPlan],
) -> TrackPlan:
    """Return a bridge between two tracks as they are played, at the tempo of the first one."""
    link = track.link
    if link is None or link.of not in played or link.to not in played:
        return track
    start, goal = played[link.of], played[link.to]
    chords = bridge_chords(start.key, goal.key, track.bars)
    return replace(
        track,
        # A bridge that is held is in the key of its notes.
        key=track.key
        if take and is_held(track, take) and track.key == take.score.key
        else goal.key,
        tempo_millibpm=start.tempo_millibpm if link.tempo_percent else track.tempo_millibpm,
        progressions=(Progression("", chords),),
        link=replace(link, start=start.key),
    )


def waiting(plan: BuildPlan) -> set[str]:
    """Return the tracks that cannot be made before the ones that they follow."""
    return {track.name for track in plan.tracks if track.link and track.link.waits}


def _linked(
    track: TrackPlan, takes: Mapping[str, LockedTake], tempi: Mapping[str, int]
) -> TrackPlan:
    """Return the plan of a track with the notes, or the keys, of the tracks that it follows."""
    link = track.link
    if link is None or link.of not in takes:
        return track
    score = takes[link.of].score
    # The tempo does not affect notes, so it is left out of the lines.
    lines = tuple(score_to_lines(replace(score, tempo_millibpm=_PLAIN_MILLIBPM)))
    track = replace(
        track,
        link=replace(link, source=lines),
        bars=score.bars,
        beats_per_bar=score.beats_per_bar,
        form=score.sections or track.form,
        key=_key(track, score, link) if link.mode is not None else track.key,
    )
    take = takes.get(track.name)
    if link.kind != VARIANT and take and is_held(track, take):
        return _related(track, score)
    tempo = track.tempo_millibpm
    if link.tempo_percent:
        tempo = round(tempi.get(link.of, score.tempo_millibpm) * link.tempo_percent / 100)
    track = replace(track, tempo_millibpm=tempo)
    if link.kind != VARIANT:
        return _related(track, score)
    return replace(track, loops=score.loop_start_bar is not None)


def _key(track: TrackPlan, score: Score, link: Link) -> Key:
    """Return the key on the tonic of the other track's score, in the wanted mode."""
    if link.kind != VARIANT:
        return Key(score.key.tonic, track.key.mode)
    return varied_key(score.key, link.name, link.mode or "")


def _related(track: TrackPlan, score: Score) -> TrackPlan:
    """Return the track with the other's chords and theme, on the same degrees of its own mode."""
    chords = tuple(
        tuple(moved_chord(name, score.key, track.key) for name in bar.split())
        for bar in score.chords
    )
    theme = _theme(track, score)
    return replace(
        track,
        progressions=(Progression("", chords),) if chords else (),
        melodies=(*track.melodies, theme) if theme else track.melodies,
    )


def _theme(track: TrackPlan, score: Score) -> Melody | None:
    """Return the tune of the first phrase of the first section, in the key of its score."""
    section = next((s for s in score.sections if s.name[0].isupper()), None)
    if section is None or not score.is_voiced:
        return None
    bars = min(section.bars, _THEME_BARS)
    first = section.start_bar * score.steps_per_bar
    last = first + bars * score.steps_per_bar
    notes = tuple(
        Note(n.start_step - first, min(n.duration_steps, last - n.start_step), n.pitch)
        for n in score.part(LEAD)
        if first <= n.start_step < last
    )
    if not notes:
        return None
    name = f"theme-of-{track.link.of}" if track.link else "theme"
    key = Key(score.key.tonic, score.key.mode)
    steps = bars * score.steps_per_bar
    return Melody(section.name.rstrip("'"), Motif(name, notes, steps, key, IN_MODE))
