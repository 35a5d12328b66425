"""Tracks that follow another track: variants (`like`), families, and bridges (`from`, `to`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from chipassets.chips.profiles import CHIPS
from chipassets.manifest.instruments import read_colours
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.sound import FILTER_SCHEMA, read_filter
from chipassets.manifest.wishes import (
    DRUMS_SCHEMA,
    TEXTURE_SCHEMA,
    read_drums,
    read_texture,
)
from chipassets.music.keys import MODES
from chipassets.nearest import did_you_mean
from chipassets.plan.links import VARIANTS
from chipassets.plan.trackplan import Drums

_BASE, _TEMPO, _MODE, _REGISTER = "base", "tempo", "mode", "register"
_TEXTURE, _DRUMS, _FILTER, _INSTRUMENTS = "texture", "drums", "filter", "instruments"
_KEYS = (_BASE, _TEMPO, _MODE, _REGISTER, _TEXTURE, _DRUMS, _FILTER, _INSTRUMENTS)
_SLOWEST, _FASTEST = 40, 250
_MOST_OCTAVES = 2
_EXAMPLE = "write variant: night, or {tempo: 90%, mode: minor, texture: held, drums: none}"


@dataclass(frozen=True, slots=True)
class VariantOptions:
    """The changes of a variant, those of its row in `VARIANTS` included."""

    name: str = ""
    tempo_percent: float = 100
    mode: str = ""
    register: int = 0
    texture: str | None = None
    drums: Drums | None = None
    filter: str | None = None
    instruments: Mapping[str, str] = field(default_factory=dict)


def read_variant(value: Any, context: Context) -> VariantOptions:
    """Return a variant given by name or as a mapping; Refusal, naming the key, otherwise."""
    if isinstance(value, str):
        return _row(value, context)
    if not isinstance(value, dict) or not value:
        raise refuse("a variant is a name, or a mapping of changes", _EXAMPLE)
    faults = [
        Fault("a variant has no such key", did_you_mean(name, _KEYS, "keys"), (name,),
              on_key=True)
        for name in value if name not in _KEYS
    ]  # fmt: skip
    said = VariantOptions()
    if _BASE in value:
        try:
            said = _row(value[_BASE], context)
        except Refusal as refusal:
            faults += [replace(fault, at=(_BASE, *fault.at)) for fault in refusal.faults]
    for name in (key for key in _KEYS[1:] if key in value):
        try:
            said = _with(said, name, value[name], context)
        except Refusal as refusal:
            faults += [replace(fault, at=(name, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return said


def _row(name: Any, context: Context) -> VariantOptions:
    """Return the changes of a built-in variant; Refusal for an unknown name."""
    if not isinstance(name, str) or name not in VARIANTS:
        fix = did_you_mean(name, VARIANTS, "variants")
        raise refuse("there is no variant of this name", fix)
    row = VARIANTS[name]
    colours = {"lead": row.lead, "inner": row.inner}
    return VariantOptions(
        name,
        row.tempo_percent,
        row.mode,
        row.register,
        row.texture or None,
        Drums(row.drums) if row.drums else None,
        row.filter if row.filter in CHIPS[context.chip].filters else None,
        {role: instrument for role, instrument in colours.items() if instrument},
    )


def _with(said: VariantOptions, name: str, value: Any, context: Context) -> VariantOptions:
    """Return the variant with one of its keys set; Refusal for an invalid value."""
    if name == _TEMPO:
        return replace(said, tempo_percent=_percent(value))
    if name == _MODE:
        if not isinstance(value, str) or value not in MODES:
            fix = did_you_mean(value, MODES, "modes")
            raise refuse("there is no mode of this name", fix)
        return replace(said, mode=value)
    if name == _REGISTER:
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not -_MOST_OCTAVES <= value <= _MOST_OCTAVES
        ):
            why = f"register is a whole number of octaves from -{_MOST_OCTAVES} to {_MOST_OCTAVES}"
            raise refuse(why, "write register: -1 for an octave lower")
        return replace(said, register=value)
    if name == _TEXTURE:
        return replace(said, texture=read_texture(value, context))
    if name == _DRUMS:
        return replace(said, drums=read_drums(value, context))
    if name == _FILTER:
        return replace(said, filter=read_filter(value, context))
    colours = read_colours(value, context)
    return replace(said, instruments={**said.instruments, **colours})


def _percent(value: Any) -> float:
    """Return the percentage of a text like "90%"; Refusal if it is out of range."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) else ""
    try:
        number = float(text) if isinstance(value, str) and value.strip().endswith("%") else 0.0
    except ValueError:
        number = 0.0
    if not _SLOWEST <= number <= _FASTEST:
        why = f"a variant's tempo is a share of the original's, from {_SLOWEST}% to {_FASTEST}%"
        raise refuse(
            why, "write it like 90%, or write tempo: in the track for quarter notes a minute"
        )
    return number


def _read_track(value: Any, _: Context) -> str:
    if not isinstance(value, str) or not value:
        raise refuse("the value is the name of another track", "write like like: overworld")
    return value


_TRACK = {"type": "string", "minLength": 1, "examples": ["overworld"]}
_COLOURS = {"type": "object", "minProperties": 1}


def _of(text: str) -> Reads:
    return Reads(_read_track, {**_TRACK, "description": text})


LikeTrack = Annotated[
    str,
    _of("The track of which this one is a variant: its notes, accepted or chosen, bar for bar."),
]
Family = Annotated[
    str,
    _of(
        "A track of the same family: its form, metre, chords and theme are this one's too, in a "
        "mode and with instruments of its own."
    ),
]
From = Annotated[str, _of("The track that a bridge starts from; to: is where it leads.")]
To = Annotated[str, _of("The track that a bridge leads to: one or two bars in both keys.")]
VariantField = Annotated[
    VariantOptions,
    Reads(
        read_variant,
        {
            "anyOf": [
                {"enum": list(VARIANTS)},
                {
                    "type": "object",
                    "minProperties": 1,
                    "properties": {
                        _BASE: {
                            "enum": list(VARIANTS),
                            "description": "The built-in variant that it starts from.",
                        },
                        _TEMPO: {
                            "type": "string",
                            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$",
                            "examples": ["125%"],
                            "description": "As a share of the original's tempo.",
                        },
                        _MODE: {"enum": list(MODES)},
                        _REGISTER: {
                            "type": "integer",
                            "minimum": -_MOST_OCTAVES,
                            "maximum": _MOST_OCTAVES,
                            "description": "Octaves by which tune and second voice move.",
                        },
                        _TEXTURE: TEXTURE_SCHEMA,
                        _DRUMS: DRUMS_SCHEMA,
                        _FILTER: FILTER_SCHEMA,
                        _INSTRUMENTS: _COLOURS,
                    },
                    "additionalProperties": False,
                },
            ],
            "description": "What a track changes in the track named by like:. "
            + "; ".join(f"{name}: it {row.says}" for name, row in VARIANTS.items())
            + ".",
        },
    ),
]
