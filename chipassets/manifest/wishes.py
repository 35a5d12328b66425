"""What is wanted of the accompaniment, for a track or by section: drums, texture and bass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from chipassets.compose.grooves import METRES, STYLES, groove_named
from chipassets.compose.ideas import BASS_ROLES, INNER_ROLES
from chipassets.manifest.chords_field import SECTION
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, did_you_mean, refuse
from chipassets.manifest.words import choose
from chipassets.plan.trackplan import Drums, Wish

_KINDS: Mapping[str, str] = {
    "kick": "kick", "snare": "snare", "hat": "closed_hat", "open_hat": "open_hat", "tom": "tom",
    "crash": "crash",
}  # fmt: skip
_FILLS, _SWING = "fills", "swing"
_PATTERN = re.compile(r"[xXo.\-| ]*[xXo.\-][xXo.\-| ]*")
_MAX_STEPS = 128
_EXAMPLE = 'write drums: none, drums: march, or {kick: "x...x...", hat: "x.x."}'


def read_drums(value: Any, _: Context) -> Drums:
    """Return what is said of the drums; Refusal, by key, for what is none."""
    if isinstance(value, str):
        return _groove(value)
    if not isinstance(value, dict) or not value:
        raise refuse("drums are a groove by name, or written strokes", _EXAMPLE)
    if _SWING in value:
        why = "strokes lie on a grid of 16ths, between which nothing can swing by percents"
        fix = "delete it, or choose drums: shuffle, whose off-beats are late"
        raise Refusal(Fault(why, fix, (_SWING,), on_key=True))
    keys = (*_KINDS, _FILLS)
    strokes, fills = [], False
    faults: list[Fault] = []
    for name, said in value.items():
        if name not in keys:
            fix = did_you_mean(str(name), keys, "drums")
            faults.append(Fault("there is no such drum", fix, (name,), on_key=True))
        elif name == _FILLS:
            if not isinstance(said, bool) and said not in ("on", "off"):
                faults.append(Fault("fills are on or off", "write on or off", (name,)))
            fills = said in (True, "on")
        elif not isinstance(said, str) or not _PATTERN.fullmatch(said):
            why = "a pattern has x for a stroke, X for an accent, o for a soft one and . for none"
            faults.append(Fault(why, 'write it like "x...x..."', (name,)))
        else:
            plain = re.sub(r"[| ]", "", said).replace("-", ".")
            strokes.append((_KINDS[name], plain))
    if not strokes and not faults:
        faults = [Fault("fills alone say nothing to play", _EXAMPLE)]
    if faults:
        raise Refusal(*faults)
    return Drums("", tuple(strokes), fills)


def _groove(name: str) -> Drums:
    if name not in STYLES:
        try:
            groove_named(name)
        except ValueError:
            fix = did_you_mean(name, STYLES, "grooves") + ", or a learned one like rock-03"
            raise refuse("there is no groove of this name", fix) from None
    return Drums(name)


def pattern_fault(drums: Drums, bar_steps: int) -> Fault | None:
    """Return why drums do not fit bars of that length in 16ths, or None where they do."""
    if drums.groove and drums.groove not in STYLES:
        groove = groove_named(drums.groove)
        if groove.steps != bar_steps:
            return Fault(
                f"the groove is in {groove.metre}, and a bar of the track has {bar_steps} 16ths",
                f"choose one in the track's metre, like {_in_bars_of(drums.groove, bar_steps)}",
            )
    for kind, pattern in drums.strokes:
        steps = len(pattern)
        if steps > _MAX_STEPS or (steps % bar_steps and bar_steps % steps):
            name = next(name for name, own in _KINDS.items() if own == kind)
            return Fault(
                f"the pattern of {name} has {steps} steps (16ths), and a bar {bar_steps}",
                f"write a part of a bar that fits it, like {bar_steps // 2}, or whole bars, "
                f"like {bar_steps}",
                (name,),
            )
    return None


def _in_bars_of(groove: str, bar_steps: int) -> str:
    """Return what the groove is called in a metre of so many 16ths."""
    stem = groove.partition("@")[0]
    metre = next((name for name, steps in METRES.items() if steps == bar_steps), "4/4")
    return stem if metre == "4/4" else f"{stem}@{metre}"


def read_texture(value: Any, _: Context) -> str:
    """Return the role of the second voice."""
    return choose(value, tuple(INNER_ROLES), "texture")


def _read_bass(value: Any, _: Context) -> str:
    return choose(value, tuple(BASS_ROLES), "bass role")


_READERS: Mapping[str, Callable[[Any, Context], Any]] = {
    "drums": read_drums,
    "texture": read_texture,
    "bass": _read_bass,
}
_WHOLE_TRACK = (
    "key", "tempo", "metre", "length", "loop", "mood", "motif", "primer", "instruments", "register",
    "density", "dynamics", "layers", "leave", "arpeggio", "takes", "temperature",
)  # fmt: skip


def read_sections(value: Any, context: Context) -> tuple[Wish, ...]:
    """Return what is wanted of each section; Refusal, by key, for what cannot be said of one."""
    example = "write it like {B: {drums: none, texture: arpeggio}}"
    if not isinstance(value, dict) or not value:
        raise refuse("sections are a mapping of names of the form to what is wanted", example)
    faults: list[Fault] = []
    wishes: list[Wish] = []
    for section, said in value.items():
        if not SECTION.fullmatch(str(section)):
            why = "it is no section of a form"
            faults.append(Fault(why, "write it like A: or B':", (section,), on_key=True))
        elif not isinstance(said, dict) or not said:
            faults.append(Fault("a section says what is wanted of it", example, (section,)))
        else:
            wish = Wish(section)
            for name, what in said.items():
                try:
                    wish = replace(wish, **{name: _reader(name)(what, context)})
                except Refusal as refusal:
                    at = (section, name)
                    faults += [replace(fault, at=(*at, *fault.at)) for fault in refusal.faults]
            wishes.append(wish)
    if faults:
        raise Refusal(*faults)
    return tuple(wishes)


def _reader(name: str) -> Callable[[Any, Context], Any]:
    if name in _READERS:
        return _READERS[name]
    if name == "chords":
        fault = Fault(
            "chords by section are said in chords:", "write chords: {B: ...}", on_key=True
        )
    elif name in _WHOLE_TRACK:
        fault = Fault(
            "it holds for the whole track: the composer cannot change it for one section",
            f"say it in the track; a section has {', '.join(_READERS)}",
            on_key=True,
        )
    else:
        fix = did_you_mean(str(name), _READERS, "keys of a section")
        fault = Fault("there is no such key of a section", fix, on_key=True)
    raise Refusal(fault)


_PATTERN_SCHEMA = {"type": "string", "pattern": f"^{_PATTERN.pattern}$"}
DRUMS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": list(STYLES)},
        {"type": "string", "pattern": r"^[a-z_]+-[0-9]+(@.*)?$"},
        {
            "type": "object",
            "properties": {
                **dict.fromkeys(_KINDS, _PATTERN_SCHEMA),
                _FILLS: {"enum": ["on", "off", True, False]},
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    ],
    "description": "none, a groove by name, or strokes by drum, one sign a 16th: x, X an accent, "
    "o soft, . none; fills: on lets phrases close with a fill.",
}
TEXTURE_SCHEMA = {
    "enum": list(INNER_ROLES),
    "description": "; ".join(f"{name}: {says}" for name, says in INNER_ROLES.items()) + ".",
}
_BASS_SCHEMA = {
    "enum": list(BASS_ROLES),
    "description": "; ".join(f"{name}: {says}" for name, says in BASS_ROLES.items()) + ".",
}

DrumsField = Annotated[Drums, Reads(read_drums, DRUMS_SCHEMA)]
Texture = Annotated[str, Reads(read_texture, TEXTURE_SCHEMA)]
BassRole = Annotated[str, Reads(_read_bass, _BASS_SCHEMA)]
SectionsField = Annotated[
    tuple[Wish, ...],
    Reads(
        read_sections,
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": f"^({SECTION.pattern})$"},
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "drums": DRUMS_SCHEMA,
                    "texture": TEXTURE_SCHEMA,
                    "bass": _BASS_SCHEMA,
                },
                "additionalProperties": False,
            },
            "description": "What is wanted of a section, by its name or letter.",
        },
    ),
]
