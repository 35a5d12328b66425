"""Measures whether the notes of a track fit its tags: its scene and its moods.

A mood is relative to its scene: a calm boss is calm for a boss. So the ranges of a mood are those
of the presets for the scene with only that mood, and the ranges of a scene those without moods.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from chipassets.music.keys import Key
from chipassets.music.metrics import Metrics
from chipassets.plan.presets import MOODS, SCENES, Preset, character
from chipassets.plan.trackplan import MODE, PACE, REGISTER, TEMPO, VOICES, Range, TrackPlan

# Chosen by hand: a tag may miss half of its points, and a feature half a range's width.
_FITTING_SCORE = 0.5
"""A tag fits from this score on."""
_MOST_OUTSIDE = 0.5
"""The distance, in widths of the range, up to which a feature of the notes may lie outside it."""
_CLEARLY_BETTER = 0.2
"""By how much another scene's score must be higher for the music to resemble that scene."""
_MODE_RANGE = Range(0.75, 1.25)
"""The mode measures 1 if the mood lists it; else 0, outside the range, which gives no points."""

# Speed and density carry arousal, the mode valence; voices and register colour both.
_WEIGHTS = {TEMPO: 1.0, MODE: 1.0, PACE: 1.5, VOICES: 1.0, REGISTER: 1.0}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A declared tag beside what was measured.

    measured: feature values by name. wanted: the tag's range of each feature, except for features
    that the manifest sets itself, as no notes could change them. score: 0..1, the weighted points.
    fits: whether the score is high enough. resembles: the scene whose ranges the features fit best.
    """

    tag: str
    measured: dict[str, float]
    wanted: dict[str, Range]
    score: float
    fits: bool
    resembles: str
    given: tuple[str, ...] = ()

    @property
    def outside(self) -> str:
        """Return in one phrase the features outside their ranges, and the scene it resembles."""
        outside = [
            _span_text(name, self.measured[name], wanted)
            for name, wanted in self.wanted.items()
            if wanted.distance(self.measured[name])
        ]
        said = ", ".join(outside) or f"score {self.score:.2f}"
        like = f"it measures like {self.resembles}, " if self.resembles != self.tag else ""
        return like + said


def complaints(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """Return one line for each group of tags that miss the same features."""
    tags: dict[str, list[str]] = {}
    for item in evidence:
        if not item.fits:
            tags.setdefault(item.outside, []).append(item.tag)
    return tuple(f"does not sound {' or '.join(names)}: {why}" for why, names in tags.items())


def _span_text(name: str, value: float, wanted: Range) -> str:
    """Return how a measure misses a mood, in words."""
    label = name.replace("_", " ")
    if name == MODE:
        return "its mode is not one of the mood's"
    return f"{label} {value:g} (wanted {wanted.low:g} to {wanted.high:g})"


def mood_evidence(metrics: Metrics, track: TrackPlan) -> tuple[Evidence, ...]:
    """Return the evidence for each mood of a track, in its order."""
    return tuple(_evidence(mood, _mood_preset(track, mood), metrics, track) for mood in track.moods)


def scene_evidence(metrics: Metrics, track: TrackPlan) -> Evidence:
    """Return the evidence for a track's scene shifted by its moods, with the most similar scene."""
    own = _evidence(track.scene, _track_preset(track), metrics, track)
    best = max(
        (_evidence(name, character(name), metrics, track) for name in SCENES),
        key=lambda found: found.score,
    )
    outdone = best.score > own.score + _CLEARLY_BETTER and best.tag != _base(track)
    resembles = best.tag if outdone else track.scene
    return replace(own, resembles=resembles, fits=own.fits and resembles == track.scene)


def unmet(metrics: Metrics, track: TrackPlan) -> tuple[Evidence, ...]:
    """Return the evidence of the tags that do not fit: the scene first, then moods."""
    every = (scene_evidence(metrics, track), *mood_evidence(metrics, track))
    return tuple(item for item in every if not item.fits)


def notes_can_fit(track: TrackPlan) -> bool:
    """Return whether any notes could fit the track's tags: tempo and key are set by the plan."""
    sound = track.character
    ideal = _IDEAL | {
        "onsets_per_beat": sound.density.middle,
        "polyphony": sound.polyphony.middle,
        "lead_pitch": sound.lead_pitch.middle,
    }
    return not unmet(Metrics(**ideal), track)  # type: ignore[arg-type]


_IDEAL: dict[str, float] = {field.name: 0 for field in fields(Metrics)}


def wanted_ranges(preset: Preset) -> dict[str, Range]:
    """Return a preset's range of each measured feature, by name."""
    sound = preset.character
    return {
        TEMPO: preset.tempo,
        PACE: Range(
            round(sound.density.low * preset.tempo.low / 60, 2),
            round(sound.density.high * preset.tempo.high / 60, 2),
        ),
        VOICES: sound.polyphony,
        REGISTER: sound.lead_pitch,
    }


def _evidence(tag: str, preset: Preset, metrics: Metrics, track: TrackPlan) -> Evidence:
    """Return the measurements of a track beside the ranges of a tag's preset."""
    tempo = track.tempo_millibpm / 1000
    if TEMPO in track.given:
        # The tag's notes per beat, converted so that notes per second stay the same at the given
        # tempo.
        preset = replace(preset, tempo=Range(tempo, tempo))
    ranges = {**wanted_ranges(preset), MODE: _MODE_RANGE}
    wanted = {name: span for name, span in ranges.items() if name not in track.given}
    measured = {
        TEMPO: tempo,
        PACE: round(metrics.onsets_per_beat * tempo / 60, 3),
        VOICES: round(metrics.polyphony, 3),
        REGISTER: metrics.lead_pitch,
        MODE: float(_knows(preset.modes, track.key)),
    }
    gained = math.fsum(wanted[name].points(measured[name]) * _WEIGHTS[name] for name in wanted)
    weight = math.fsum(_WEIGHTS[name] for name in wanted)
    # Where all is settled, as of a variant, there is nothing that the notes could miss.
    score = round(gained / weight, 3) if weight else 1.0
    fits = score >= _FITTING_SCORE and all(
        wanted[name].distance(measured[name]) <= _MOST_OUTSIDE
        for name in (PACE, VOICES, REGISTER)
        if name in wanted
    )
    return Evidence(tag, measured, wanted, score, fits, tag, track.given)


def _knows(modes: tuple[str, ...], key: Key) -> bool:
    """Return whether a key's mode is among the modes.

    A mode that no preset uses counts if one of the modes has the same third.
    """
    if any(key.mode in row.modes for row in SCENES.values()):
        return key.mode in modes
    return Key(0, modes[0]).is_minor == key.is_minor


def _base(track: TrackPlan) -> str:
    """Return the built-in scene of a track, from which a custom scene starts."""
    return track.scene_like or track.scene


def _mood_preset(track: TrackPlan, mood: str) -> Preset:
    """Return the track's scene with only this mood; a mood that is not in the tables is custom."""
    base = _base(track)
    known = base in SCENES and mood in _known(track)
    if not known:
        return _track_preset(track)
    preset = character(base, (mood,), own_moods=track.own_moods)
    ranges = {name: getattr(track.character, name) for name in _said_ranges(track)}
    return replace(preset, character=replace(preset.character, **ranges))


def _said_ranges(track: TrackPlan) -> tuple[str, ...]:
    """Return the ranges of the track's character that the manifest says, itself or by a file.

    A track is asked for these whatever its moods would have: they are measured by them too.
    """
    like = track.sounds_like
    by_file = like is not None and like.has("register")
    by_key = any(wish.register for wish in track.wishes if not wish.section)
    return ("lead_pitch",) * (by_file or by_key) + (
        ("density", "polyphony") if like is not None and like.has("density") else ()
    )


def _known(track: TrackPlan) -> tuple[str, ...]:
    return (*MOODS, *(mood.name for mood in track.own_moods))


def _track_preset(track: TrackPlan) -> Preset:
    """Return the track's scene with all its moods and the plan's character."""
    base = _base(track)
    known = tuple(mood for mood in track.moods if mood in _known(track))
    if base not in SCENES:
        tempo = track.tempo_millibpm / 1000
        slack = Range(tempo * 0.9, tempo * 1.1)
        return Preset(slack, (track.key.mode,), track.character, track.bars, track.loops)
    preset = character(base, known, own_moods=track.own_moods)
    return replace(preset, character=track.character)
