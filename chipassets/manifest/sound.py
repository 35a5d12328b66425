"""The sound of a track: loudness, the console's filter, voices left free, and layers."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Annotated, Any

from chipassets.chips.profiles import CHIPS
from chipassets.manifest.numbers import check_range
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Layer, OggQuality
from chipassets.render.filters import FILTERS

DEFAULT_LOUDNESS_LUFS = -18.0
_LOUDEST, _SOFTEST = -9.0, -36.0
_BEST_QUALITY = 10.0
MAX_LAYERS = 8
_ALIASES = {"arpeggio": "inner"}
"""Other names of roles: the inner voice plays fast arpeggios."""

_LEVEL = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?) ?dB", re.ASCII)
_LEAST_LEVEL, _MOST_LEVEL = -12.0, 6.0

_ROM_BUDGET = re.compile(r"([0-9]{1,6}) ?(?:KB|KiB|kB)", re.ASCII)
_MOST_ROM = 1 << 23
"""8 MiB, the largest Game Boy cartridge."""

_LOUDNESS = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*LUFS", re.ASCII)


def _read_loudness(value: Any, _: Context) -> float:
    match = _LOUDNESS.fullmatch(value) if isinstance(value, str) else None
    number = float(match.group(1)) if match else value
    return check_range(number, "loudness", _SOFTEST, _LOUDEST, " of LUFS")


def _read_quality(value: Any, _: Context) -> OggQuality:
    """Return the quality of each kind of file, from one number for all or from a mapping."""
    kinds = tuple(field.name for field in fields(OggQuality))
    if not isinstance(value, dict):
        number = check_range(value, "quality", 0.0, _BEST_QUALITY)
        return OggQuality(*(number for _ in kinds))
    faults: list[Fault] = []
    found: dict[str, float] = {}
    for key, item in value.items():
        if key not in kinds:
            fix = did_you_mean(key, kinds, "files")
            faults.append(Fault("there is no such kind of file", fix, (key,), None, True))
            continue
        try:
            found[key] = check_range(item, "quality", 0.0, _BEST_QUALITY)
        except Refusal as refusal:
            faults += [replace(fault, at=(key, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return replace(OggQuality(), **found)


def _read_level(value: Any, _: Context) -> float:
    """Return the level in decibels."""
    match = _LEVEL.fullmatch(value) if isinstance(value, str) else None
    number = float(match.group(1)) if match else value
    return check_range(number, "level", _LEAST_LEVEL, _MOST_LEVEL, " of dB")


def _read_rom_budget(value: Any, _: Context) -> int:
    """Return the budget in bytes, from a number of bytes or of KB."""
    match = _ROM_BUDGET.fullmatch(value) if isinstance(value, str) else None
    number = int(match.group(1)) * 1024 if match else value
    if isinstance(number, float) and number == int(number):
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _MOST_ROM:
        raise refuse(f"rom_budget is a number of bytes up to {_MOST_ROM}, or of KB",
                     "write it like 8 KB or 8192")  # fmt: skip
    return number


def read_filter(value: Any, context: Context) -> str:
    """Return the filter; Refusal if the chip does not have it."""
    filters = CHIPS[context.chip].filters
    if isinstance(value, str) and value in filters:
        return value
    word = value if isinstance(value, str) else ""
    raise refuse(f"the chip {context.chip} has no filter of this name",
                 did_you_mean(word, filters, "filters"))  # fmt: skip


def _read_leave(value: Any, context: Context) -> tuple[str, ...]:
    """Return the voices that the game keeps for itself; at least one voice with pitch remains."""
    specs = CHIPS[context.chip].voices
    names = tuple(spec.name for spec in specs)
    wanted = value if isinstance(value, list) else [value]
    faults: list[Fault] = []
    taken: list[str] = []
    for index, name in enumerate(wanted):
        at = (index,) if isinstance(value, list) else ()
        try:
            found = _voices(name, context.chip) if isinstance(name, str) else ()
            if not found:
                raise refuse("a voice is named by a word", f"write one of {', '.join(names)}")
        except Refusal as refusal:
            faults += [replace(fault, at=at) for fault in refusal.faults]
            continue
        if set(found) <= set(taken):
            faults.append(Fault("the voice is in the list twice", "delete it", at))
        taken += found
    if faults:
        raise Refusal(*faults)
    tones = [spec.name for spec in specs if spec.role != "drums"]
    if all(name in taken for name in tones):
        raise refuse("no voice would be left to play the music",
                     f"keep one of {', '.join(tones)}")  # fmt: skip
    return tuple(name for name in names if name in taken)


def _read_layers(value: Any, context: Context) -> tuple[Layer, ...]:
    """Return the voices that each layer adds; no voice is in two layers."""
    if not isinstance(value, list) or len(value) > MAX_LAYERS:
        raise refuse(f"layers are a list of at most {MAX_LAYERS}, each with its voices",
                     "write like [bass+drums, +lead, +inner]")  # fmt: skip
    layers: list[Layer] = []
    faults: list[Fault] = []
    for index, text in enumerate(value):
        try:
            layers.append(_read_layer(text, index, layers, context.chip))
        except Refusal as refusal:
            faults += [replace(fault, at=(index,)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return tuple(layers)


def _read_layer(value: Any, index: int, before: list[Layer], chip: str) -> Layer:
    """Return a layer's voices; Refusal if one is unknown or in an earlier layer."""
    if not isinstance(value, str):
        raise refuse("a layer is its voices, joined by +", "write like bass+drums")
    text = value.strip()
    if index and not text.startswith("+"):
        raise refuse("layers add up: each is played on top of those before it",
                     f"write +{text}" if text else "write like +lead")  # fmt: skip
    words = [word.strip() for word in text.removeprefix("+").split("+")]
    if not all(words):
        raise refuse("a layer without a voice is silent", "name a voice, like +lead")
    voices = tuple(name for word in words for name in _voices(word, chip))
    taken = {name for layer in before for name in layer.voices}
    twice = [name for place, name in enumerate(voices) if name in taken or name in voices[:place]]
    if twice:
        raise refuse(f"the voice {twice[0]} is in a layer already", "name it once")
    return Layer("+".join(words), voices)


def _voices(word: str, chip: str) -> tuple[str, ...]:
    """Return the chip's voices that a name or a role stands for."""
    specs = CHIPS[chip].voices
    role = _ALIASES.get(word, word)
    found = tuple(spec.name for spec in specs if role in (spec.role, spec.name))
    if not found:
        roles, own = [spec.role for spec in specs], [spec.name for spec in specs]
        also = [alias for alias, role in _ALIASES.items() if role in roles]
        names = dict.fromkeys((*roles, *also, *own))
        fix = did_you_mean(word, names, "voices")
        raise refuse(f"the chip {chip} has no voice '{word[:60]}'", fix)
    return found


def sounding_layers(
    layers: tuple[Layer, ...], chip: str, leave: tuple[str, ...]
) -> tuple[Layer, ...]:
    """Return the layers without the voices left free; voices in no layer join the last one.

    So all layers together are the whole arrangement. A layer whose voices are all left free has
    none.
    """
    named = {name for layer in layers for name in layer.voices}
    free = tuple(spec.name for spec in CHIPS[chip].voices if spec.name not in (*named, *leave))
    sounding = [
        Layer(layer.name, tuple(name for name in layer.voices if name not in leave))
        for layer in layers
    ]
    if sounding and sounding[-1].voices:
        sounding[-1] = Layer(sounding[-1].name, (*sounding[-1].voices, *free))
    return tuple(sounding)


_VOICE = {"type": "string", "examples": ["inner"]}
_LAYER = {"type": "string", "examples": ["bass+drums", "+lead"]}

Loudness = Annotated[
    float,
    Reads(
        _read_loudness,
        {
            "anyOf": [
                {"type": "number", "minimum": _SOFTEST, "maximum": _LOUDEST},
                {
                    "type": "string",
                    "pattern": r"^-[0-9]+(\.[0-9]+)?\s*LUFS$",
                    "examples": ["-16 LUFS"],
                },
            ],
            "description": "How loud every track is made (EBU R 128). Default -18 LUFS.",
        },
    ),
]
_QUALITY_NUMBER = {"type": "number", "minimum": 0, "maximum": _BEST_QUALITY}
Quality = Annotated[
    OggQuality,
    Reads(
        _read_quality,
        {
            "anyOf": [
                _QUALITY_NUMBER,
                {
                    "type": "object",
                    "properties": {field.name: _QUALITY_NUMBER for field in fields(OggQuality)},
                    "additionalProperties": False,
                },
            ],
            "description": "The Vorbis quality of OGG files, 0 to 10: for all, or by kind (ogg, "
            "split, stems, layers). Default 3.",
        },
    ),
]
Level = Annotated[
    float,
    Reads(
        _read_level,
        {
            "anyOf": [
                {"type": "number", "minimum": _LEAST_LEVEL, "maximum": _MOST_LEVEL},
                {"type": "string", "pattern": _LEVEL.pattern},
            ],
            "description": "The track's loudness relative to the game's, like -3 dB. Default by "
            "scene: a town is softer than a boss.",
        },
    ),
]
RomBudget = Annotated[
    int,
    Reads(
        _read_rom_budget,
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _MOST_ROM},
                {"type": "string", "pattern": _ROM_BUDGET.pattern},
            ],
            "description": "The size limit of what the format cartridge writes (music, player and "
            "samples), in bytes or as 8 KB (of 1024 bytes). Exceeding it is a "
            "warning, with --strict an error. Default no limit.",
        },
    ),
]
FILTER_SCHEMA: dict[str, Any] = {
    "enum": list(FILTERS),
    "description": "The console's output filter. Default that of the chip's console: famicom for "
    "nes.",
}
Filter = Annotated[
    str,
    Reads(
        read_filter,
        FILTER_SCHEMA,
    ),
]
Leave = Annotated[
    tuple[str, ...],
    Reads(
        _read_leave,
        {
            "anyOf": [
                _VOICE,
                {"type": "array", "items": _VOICE, "maxItems": 8, "uniqueItems": True},
            ],
            "description": "Voices that the track leaves free for sound effects, by name or by "
            "what they play (lead, inner, bass, drums). Default none.",
        },
    ),
]
Layers = Annotated[
    tuple[Layer, ...],
    Reads(
        _read_layers,
        {
            "type": "array",
            "items": _LAYER,
            "maxItems": MAX_LAYERS,
            "uniqueItems": True,
            "description": "Files for vertical mixing, each with the voices that it adds: "
            "[bass+drums, +lead, +arpeggio]. Default none.",
        },
    ),
]
