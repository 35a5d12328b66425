"""What a scene and its moods ask for, beside the track's measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from chipassets.bundle import MoodEvidence, SceneEvidence, TrackEntry
from chipassets.report.pitches import say_pitch

# The field of the plan's character, its name for people, and the metric that measures it.
_RANGES = (
    ("density", "Notes a beat", "onsets_per_beat"),
    ("polyphony", "Notes at once", "polyphony"),
    ("lead_pitch", "Middle of the top line", "lead_pitch"),
)
# A larger limit is not a pitch or a rate: the file is damaged.
_LARGEST = 1000
_WORDS = (("groove", "Groove"), ("lead", "Lead"), ("inner", "Inner voice"), ("bass", "Bass"))

_FEATURES = {
    "tempo_bpm": "Tempo, bpm",
    "notes_per_second": "Notes a second",
    "polyphony": "Notes at once",
    "lead_pitch": "Middle of the top line",
    "mode": "Mode",
}

# Other measurements to show: metric, name, meaning.
FIGURES = (
    ("scale_consistency", "In one scale", "share of notes in the best of 24 scales"),
    ("groove_consistency", "Groove holds", "similarity of the rhythms of neighbouring bars"),
    ("repetition", "Bars repeated", "share of bars that equal an earlier one"),
    ("on_beat_rate", "On the beat", "share of notes that start on a beat"),
    (
        "leap_rate",
        "Leaps of the top line",
        "share beyond a fifth, the bass in the tune's rests too",
    ),
    ("lead_range", "Range of the top line", "semitones, the bass in the tune's rests too"),
    ("empty_beat_rate", "Empty beats", "share of beats in which nothing sounds"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One requirement: its name, its value, the measured value, and whether they agree."""

    name: str
    asked: str
    found: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class TagEvidence:
    """A scene or a mood beside the measurements, and how well they agree, 0..1."""

    kind: str
    tag: str
    fits: bool
    score: float
    remark: str
    rows: list[Evidence]


def gather_tags(track: TrackEntry) -> list[TagEvidence]:
    """Return the index's evidence for the track's scene and for each of its moods."""
    found = []
    scene = track.scene_evidence
    if scene:
        other = scene.resembles not in ("", scene.scene)
        remark = f"; resembles {scene.resembles} more" if other else ""
        rows = _tag_rows(scene, track.key)
        found.append(TagEvidence("Scene", scene.scene, scene.fits, scene.score, remark, rows))
    for mood in track.evidence:
        rows = _tag_rows(mood, track.key)
        found.append(TagEvidence("Mood", mood.mood, mood.fits, mood.score, "", rows))
    return found


def _tag_rows(found: MoodEvidence | SceneEvidence, key: str) -> list[Evidence]:
    """Return the ranges of a tag beside the measurements, and what the manifest sets itself.

    key: the track's key in words.
    """
    judged = [
        _tag_row(name, limits, found.measured[name], key)
        for name, limits in found.wanted.items()
        if _is_range(limits) and name in found.measured
    ]
    given = [
        Evidence(_label(name), "given", key if name == "mode" else _say_number(value), None)
        for name, value in found.measured.items()
        if name in found.given and name not in found.wanted
    ]
    return judged + given


def _label(name: str) -> str:
    """Return the words for a feature, or its name with spaces."""
    return _FEATURES.get(name, name.replace("_", " "))


def _tag_row(name: str, limits: list[float], found: float, key: str) -> Evidence:
    """Return whether a measure lies in the limits of a mood or scene."""
    label = _label(name)
    if name == "mode":
        # Measured as 1 or 0: whether the key's mode is among the tag's modes.
        fits = limits[0] <= found <= limits[1]
        return Evidence(label, "one of its own", key, fits)
    return _range(label, limits, found, _in_words(name, key))


def gather_evidence(track: TrackEntry, plan: dict[str, Any]) -> list[Evidence]:
    """Return each requirement in the bundle's plan of the track, with the measured value.

    Empty if the plan does not have the track.
    """
    asked = _find_plan(track.name, plan)
    character = asked.get("character")
    if not isinstance(character, dict):
        return []
    found = [_key(track, asked), _tempo(track, asked)]
    for name, label, metric in _RANGES:
        limits = character.get(name)
        if _is_range(limits) and metric in track.metrics:
            found.append(_range(label, limits, track.metrics[metric], _in_words(name, track.key)))
    found += [
        Evidence(label, str(character[word]), "as asked", None)
        for word, label in _WORDS
        if word in character
    ]
    return [item for item in found if item]


def _is_range(limits: object) -> TypeGuard[list[float]]:
    """Return whether the value is a pair of plausible numbers."""
    return (
        isinstance(limits, list)
        and len(limits) == 2
        and all(isinstance(limit, int | float) and abs(limit) < _LARGEST for limit in limits)
    )


def _find_plan(name: str, plan: dict[str, Any]) -> dict[str, Any]:
    """Return a track's plan in the provenance; empty if it has none."""
    tracks = plan.get("tracks")
    rows = tracks if isinstance(tracks, list) else []
    return next((row for row in rows if isinstance(row, dict) and row.get("name") == name), {})


def _key(track: TrackEntry, asked: dict[str, Any]) -> Evidence:
    """Return whether the track has the key that was asked for."""
    fit = track.metrics.get("key_fit")
    found = track.key if fit is None else f"{fit:.0%} of notes in {track.key}"
    wanted = str(asked.get("key", track.key))
    # How many notes lie in the key is no wish: borrowed chords and leading tones lie outside it.
    return Evidence("Key", wanted, found, wanted == track.key)


def _tempo(track: TrackEntry, asked: dict[str, Any]) -> Evidence | None:
    """Return whether the track has the wanted tempo, to one per cent; None if none was wanted."""
    wanted = asked.get("tempo_millibpm")
    if not isinstance(wanted, int):
        return None
    near = abs(wanted / 1000 - track.tempo_bpm) <= 0.01 * track.tempo_bpm
    return Evidence("Tempo", f"{wanted / 1000:g} bpm", f"{track.tempo_bpm:.1f} bpm", near)


def _in_words(name: str, key: str) -> Callable[[float], str]:
    """Return what says the values of a feature: a pitch is spelled as in the key."""
    if name == "lead_pitch":
        return lambda value: say_pitch(round(value), key)
    return _say_number


def _say_number(value: float) -> str:
    return f"{value:.1f}"


def _range(label: str, limits: list[float], found: float, say: Callable[[float], str]) -> Evidence:
    """Return a row that says whether a value lies within its limits."""
    low, high = limits
    return Evidence(label, f"{say(low)} to {say(high)}", say(found), low <= found <= high)
