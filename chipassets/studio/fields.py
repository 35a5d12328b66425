"""The keys that the page can change, with their descriptions from the manifest's schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chipassets.manifest import manifest_schema
from chipassets.manifest.edit import flow_text
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.units import amount_of

TRACK_KEYS = (
    "scene", "mood", "key", "tempo", "length", "metre", "form", "drums", "texture", "bass",
    "dynamics", "swing", "takes", "seed", "lock",
)  # fmt: skip
GAME_KEYS = ("chip", "filter", "model", "seed", "loudness")


def fields(values: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the fields of tracks and of the game: key, description, choices, examples, is_list.

    values: the manifest's values; its custom scenes and moods are choices too.
    """
    schema = manifest_schema()
    own = {"scene": _names(values, "scenes"), "mood": _names(values, "moods")}
    track = schema["$defs"]["Track"]["properties"]
    return {
        "track": [_field(key, track[key], own.get(key, [])) for key in TRACK_KEYS],
        "game": [_field(key, schema["properties"][key], []) for key in GAME_KEYS],
    }


def _names(values: Mapping[str, Any], part: str) -> list[str]:
    found = values.get(part)
    return [str(name) for name in found] if isinstance(found, dict) else []


def _field(key: str, schema: Mapping[str, Any], own: list[str]) -> dict[str, Any]:
    """Return what the page needs to show an input for a key."""
    choices = list(dict.fromkeys([*_words(schema), *own]))
    return {
        "key": key,
        "description": schema.get("description", ""),
        "choices": choices,
        "examples": [str(example) for example in schema.get("examples", ())],
        "is_list": any(choice.get("type") == "array" for choice in _ways(schema)),
    }


def _ways(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schema and, in turn, the choices inside it."""
    yield schema
    for choice in schema.get("anyOf", ()):
        yield from _ways(choice)


def _words(schema: Mapping[str, Any]) -> list[str]:
    return [str(word) for choice in _ways(schema) for word in choice.get("enum", ())]


def said(values: object, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the values that a track, or the game, sets for these keys, as YAML on one line."""
    mapping = values if isinstance(values, dict) else {}
    return {key: _as_typed(mapping[key]) for key in keys if key in mapping}


def _as_typed(value: object) -> str:
    """Return a value as a user would type it: words of a list with commas."""
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return ", ".join(value)
    return value if isinstance(value, str) else flow_text(value)


def track_is(track: TrackPlan) -> dict[str, str]:
    """Return the plan's values for a track's keys, as text."""
    bars = amount_of(track.bars, "bar")
    return {
        "scene": track.scene,
        "mood": ", ".join(track.moods),
        "key": str(track.key),
        "tempo": f"{track.tempo_millibpm / 1000:g}",
        "length": bars,
        "metre": track.metre,
        "form": " ".join(f"{section.name}:{section.bars}" for section in track.form),
        "takes": str(track.takes),
        "lock": "frozen" if track.frozen else "open",
    }


def game_is(plan: BuildPlan) -> dict[str, str]:
    """Return the plan's values for the game's keys, as text."""
    return {
        "chip": plan.chip,
        "filter": plan.filter_name,
        "model": plan.model,
        "loudness": f"{plan.loudness_lufs:g} LUFS",
    }
