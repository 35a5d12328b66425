"""Wishes for the accompaniment (drums, texture, bass and others), for a track or by section."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from chipassets.compose.grooves import METRES, STYLES, groove_named
from chipassets.compose.ideas import BASS_ROLES, INNER_ROLES
from chipassets.manifest.chords_field import LINE_SCHEMA, SECTION, read_chords
from chipassets.manifest.instruments import DRUMS, read_colours
from chipassets.manifest.melody_field import (
    SECTION_MELODY_SCHEMA,
    WrittenMelody,
    melody_of_section,
)
from chipassets.manifest.mood import DENSITY_SPAN, REGISTER_SPAN
from chipassets.manifest.motif_field import MOTIF_SCHEMA, MotifUse, read_motif
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.tonality import KEY_SCHEMA, read_key
from chipassets.manifest.words import choose
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Drums, Range, Wish

_KINDS: Mapping[str, str] = {
    "kick": "kick", "snare": "snare", "hat": "closed_hat", "open_hat": "open_hat", "tom": "tom",
    "crash": "crash",
}  # fmt: skip
_FILLS, _GROOVE = "fills", "groove"
_PATTERN = re.compile(r"[xXo.\-| ]*[xXo.\-][xXo.\-| ]*")
_MAX_STEPS = 128
_EXAMPLE = 'write drums: none, drums: march, or {kick: "x...x...", hat: "x.x."}'


def read_drums(value: Any, _: Context) -> Drums:
    """Return the wish for the drums; Refusal, naming the key, otherwise."""
    if isinstance(value, str):
        return _groove(value)
    if not isinstance(value, dict) or not value:
        raise refuse("drums are a groove by name, or written strokes", _EXAMPLE)
    for word in ("swing", "shuffle"):
        if word in value:
            why = "swing holds for all voices"
            fix = f"write {word}: in the track, beside drums:"
            raise Refusal(Fault(why, fix, (word,), on_key=True))
    keys = (*_KINDS, _FILLS, _GROOVE)
    groove = ""
    strokes, fills = [], False
    faults: list[Fault] = []
    for name, said in value.items():
        if name not in keys:
            fix = did_you_mean(name, keys, "drums")
            faults.append(Fault("there is no such drum", fix, (name,), on_key=True))
        elif name == _FILLS:
            if not isinstance(said, bool) and said not in ("on", "off"):
                faults.append(Fault("fills are on or off", "write on or off", (name,)))
            fills = said in (True, "on")
        elif name == _GROOVE:
            try:
                groove = _groove(str(said)).groove
            except Refusal as refusal:
                faults += [replace(fault, at=(name, *fault.at)) for fault in refusal.faults]
        elif not isinstance(said, str) or not _PATTERN.fullmatch(said):
            why = "a pattern has x for a stroke, X for an accent, o for a soft one and . for none"
            faults.append(Fault(why, 'write it like "x...x..."', (name,)))
        else:
            plain = re.sub(r"[| ]", "", said).replace("-", ".")
            strokes.append((_KINDS[name], plain))
    if groove and strokes and not faults:
        faults = [Fault("drums have either strokes or a groove", "keep one of the two")]
    if groove and not faults:
        return Drums(groove, (), fills if _FILLS in value else True)
    if not strokes and not faults:
        faults = [Fault("fills: needs a groove or strokes", _EXAMPLE)]
    if faults:
        raise Refusal(*faults)
    return Drums("", tuple(strokes), fills)


def _groove(name: str) -> Drums:
    """Return the drums of a named groove, or refuse the name."""
    if name not in STYLES:
        try:
            groove_named(name)
        except ValueError:
            fix = did_you_mean(name, STYLES, "grooves") + ", or a learned one like rock-03"
            raise refuse("there is no groove of this name", fix) from None
    return Drums(name)


def pattern_fault(drums: Drums, bar_steps: int) -> Fault | None:
    """Return why drums do not fit bars of this length in 16ths; None if they do."""
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
                f"write a length that divides the bar, like {bar_steps // 2}, or whole bars, "
                f"like {bar_steps}",
                (name,),
            )
    return None


def bass_fault(line: tuple[tuple[int, int, int], ...], bar_steps: int) -> Fault | None:
    """Return why a written bass does not fit bars of this length in 16ths; None if it does.

    line: as `_degrees` returns it, so that its last entry starts with the pattern's length.
    """
    steps = line[-1][0]
    if steps % bar_steps and bar_steps % steps:
        return Fault(
            f"the pattern of the bass has {steps} steps (16ths), and a bar {bar_steps}",
            f"write a length that divides the bar, like {bar_steps // 2}, or whole bars, like "
            f"{bar_steps}",
        )
    return None


def _in_bars_of(groove: str, bar_steps: int) -> str:
    """Return the name of the groove in a metre whose bar has `bar_steps` 16ths."""
    stem = groove.partition("@")[0]
    metre = next((name for name, steps in METRES.items() if steps == bar_steps), "4/4")
    return stem if metre == "4/4" else f"{stem}@{metre}"


def read_texture(value: Any, _: Context) -> str:
    """Return the role of the second voice."""
    return choose(value, tuple(INNER_ROLES), "texture")


def _read_bass(value: Any, _: Context) -> str | tuple[tuple[int, int, int], ...]:
    """Return the role of the bass, or a written pattern: degrees with their steps and lengths."""
    if isinstance(value, str) and any(sign.isdigit() for sign in value):
        return _degrees(value)
    return choose(value, tuple(BASS_ROLES), "bass role")


def _degrees(text: str) -> tuple[tuple[int, int, int], ...]:
    """Return (step, length in steps, degree from 1) for each note of a line with a word per 16th.

    A last entry (pattern's length in steps, 0, 0) follows the notes.
    """
    found: list[tuple[int, int, int]] = []
    offset = 0
    words = text.replace("|", " ").split()
    if len(words) > _MAX_STEPS:
        raise refuse(f"a pattern has at most {_MAX_STEPS} steps", "shorten it")
    for step, word in enumerate(words):
        offset = text.index(word, offset)
        holds = bool(found) and sum(found[-1][:2]) == step
        if word == "-" and holds:
            found[-1] = (found[-1][0], found[-1][1] + 1, found[-1][2])
        elif word in _DEGREES:
            found.append((step, 1, int(word)))
        elif word != ".":
            why = "a pattern of the bass has degrees from 1 to 8, - to hold one, . to rest"
            if word == "-":
                why = "'-' has no note to hold"
            fix = 'write it like "1 - . . 5 - . . 8 - . . 5 - . ."'
            raise Refusal(Fault(why, fix, offset=offset, found=f"'{word[:20]}'"))
        offset += len(word)
    return (*found, (len(words), 0, 0))


_DEGREES = frozenset("12345678")


DYNAMICS: Mapping[str, float] = {
    "pp": -12.0, "p": -9.0, "mp": -6.0, "mf": -4.0, "f": -2.0, "ff": 0.0,
}  # fmt: skip
"""The level of each dynamics mark in decibels, relative to the loudest."""


def read_dynamics(value: Any, _: Context) -> float:
    """Return the level of a dynamics mark in decibels."""
    if isinstance(value, str) and value in DYNAMICS:
        return DYNAMICS[value]
    why = "dynamics are a mark such as mf"
    raise refuse(why, did_you_mean(value, DYNAMICS, "marks"))


def read_swing(value: Any, _: Context) -> float:
    """Return the position of a beat's second 8th, in percent of the beat."""
    return _late(value, "swing is the position of a beat's second 8th", "62%")


def read_shuffle(value: Any, _: Context) -> float:
    """Return the position of an 8th's second 16th, in percent of the 8th."""
    return _late(value, "shuffle is the position of an 8th's second 16th", "58%")


def _late(value: Any, why: str, example: str) -> float:
    """Return a swing in percent; Refusal, with the reason `why`, for other values."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        percent = float(text[:-1]) if text.endswith("%") else 0.0
    except ValueError:
        percent = 0.0
    if not _STRAIGHT <= percent <= _MOST_SWING:
        raise refuse(f"{why}, {_STRAIGHT}% to {_MOST_SWING}%", f"write it like {example}")
    return percent


_STRAIGHT, _MOST_SWING = 50, 75


def read_density(value: Any, _: Context) -> Range:
    """Return a range of notes per beat."""
    return DENSITY_SPAN.read(value)


def read_register(value: Any, _: Context) -> Range:
    """Return a range of MIDI pitches."""
    return REGISTER_SPAN.read(value)


def _read_instruments(value: Any, context: Context) -> Mapping[str, str]:
    """Return the instruments of a section by part; a drum kit is refused."""
    if isinstance(value, dict) and DRUMS in value:
        fault = Fault(
            "a drum kit holds for the whole track", "set it in the track", (DRUMS,), on_key=True
        )
        raise Refusal(fault)
    return read_colours(value, context)


_READERS: Mapping[str, Callable[[Any, Context], Any]] = {
    "drums": read_drums,
    "texture": read_texture,
    "bass": _read_bass,
    "density": read_density,
    "register": read_register,
    "dynamics": read_dynamics,
    "instruments": _read_instruments,
    "chords": read_chords,
    "key": read_key,
}
OPTIONS_OF_A_SECTION = (*_READERS, "motif", "melody")
_FIELDS = {"dynamics": "dynamics_db"}
_COLOURS = {"lead": "lead", "inner": "inner", "bass": "low"}
_WHOLE_TRACK = (
    "metre", "loop", "mood", "primer", "layers", "leave", "arpeggio", "takes", "temperature",
    "form", "ending", "pickup", "final_key", "filter", "level", "avoid", "sounds_like", "swing",
    "shuffle", "guidance",
    "chromatic", "seed", "scene",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionOptions:
    """What a track sets for its sections: wishes, motifs and melodies."""

    wishes: tuple[Wish, ...] = ()
    motifs: tuple[MotifUse, ...] = ()
    melodies: tuple[WrittenMelody, ...] = ()


def read_sections(value: Any, context: Context) -> SectionOptions:
    """Return the settings of each section; Refusal, naming the key, for anything else."""
    example = "write it like {B: {drums: none, texture: arpeggio}}"
    if not isinstance(value, dict) or not value:
        raise refuse("sections is a mapping of the form's section names to their options", example)
    faults: list[Fault] = []
    wishes: list[Wish] = []
    motifs: list[MotifUse] = []
    melodies: list[WrittenMelody] = []
    for section, said in value.items():
        if not SECTION.fullmatch(str(section)):
            why = "it is not the name of a section"
            faults.append(Fault(why, "write it like A: or B':", (section,), on_key=True))
        elif not isinstance(said, dict) or not said:
            faults.append(Fault("a section is a mapping of options", example, (section,)))
        else:
            wish = Wish(section)
            for name, what in said.items():
                try:
                    if name == "motif":
                        uses = read_motif(what, context)
                        motifs += [replace(use, section=section) for use in uses]
                    elif name == "melody":
                        melodies.append(melody_of_section(section, what, context))
                    else:
                        wish = _with(wish, name, _reader(name)(what, context))
                except Refusal as refusal:
                    at = (section, name)
                    faults += [replace(fault, at=(*at, *fault.at)) for fault in refusal.faults]
            wishes.append(wish)
    if faults:
        raise Refusal(*faults)
    return SectionOptions(tuple(wishes), tuple(motifs), tuple(melodies))


def _with(wish: Wish, name: str, what: Any) -> Wish:
    """Return the wish with one of its fields set."""
    if name == "instruments":
        return replace(wish, **{_COLOURS[role]: said for role, said in what.items()})
    if name == "bass" and not isinstance(what, str):
        return replace(wish, bass_line=what)
    if name == "chords":
        return replace(wish, chords=what[0].bars)
    return replace(wish, **{_FIELDS.get(name, name): what})


def _reader(name: str) -> Callable[[Any, Context], Any]:
    """Return the reader of a key of a section; for a key of the whole track, one that refuses."""
    if name in _READERS:
        return _READERS[name]
    if name == "tempo":
        fault = Fault(
            "all bars of a track are equally long: loops, layers and bar lines depend on it",
            "write the section in notes twice or half as long, or make it a separate track",
            on_key=True,
        )
    elif name == "length":
        fault = Fault(
            "the form sets the length of a section", "write it like form: A B:8 A", on_key=True
        )
    elif name in _WHOLE_TRACK:
        fault = Fault(
            "it holds for the whole track",
            f"write it in the track; a section has {', '.join(OPTIONS_OF_A_SECTION)}",
            on_key=True,
        )
    else:
        fix = did_you_mean(name, OPTIONS_OF_A_SECTION, "keys of a section")
        fault = Fault("there is no such key of a section", fix, on_key=True)
    raise Refusal(fault)


_PATTERN_SCHEMA = {
    "type": "string",
    "pattern": f"^{_PATTERN.pattern}$",
    "examples": ["x..x..x."],
}
DRUMS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": list(STYLES)},
        {
            "type": "string",
            "pattern": r"^[a-z_]+-[0-9]+(@.*)?$",
            "examples": ["rock-03"],
        },
        {
            "type": "object",
            "properties": {
                **dict.fromkeys(_KINDS, _PATTERN_SCHEMA),
                _FILLS: {"enum": ["on", "off", True, False]},
                _GROOVE: {"type": "string", "examples": ["rock"]},
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    ],
    "description": "none, a groove by name, or strokes by drum, one sign a 16th: x, X an accent, "
    "o soft, . none; fills: on lets phrases close with a fill; {groove: rock, fills: off} is a "
    "groove without them.",
}
TEXTURE_SCHEMA = {
    "enum": list(INNER_ROLES),
    "description": "; ".join(f"{name}: {says}" for name, says in INNER_ROLES.items()) + ".",
}
_BASS_SCHEMA = {
    "anyOf": [
        {"enum": list(BASS_ROLES)},
        {
            "type": "string",
            "pattern": r"^[\s|]*([.][\s|]+)*[1-8]([\s|]+([-.]|[1-8]))*[\s|]*$",
            "examples": ["1 - . . 5 - . . 8 - . . 5 - . ."],
        },
    ],
    "description": "; ".join(f"{name}: {says}" for name, says in BASS_ROLES.items())
    + ". Or a pattern, a sign each 16th: a degree over the chord's root, - to hold it, . to rest.",
}

DYNAMICS_SCHEMA: dict[str, Any] = {
    "enum": list(DYNAMICS),
    "description": "How loud: "
    + ", ".join(f"{name} {decibels:g} dB" for name, decibels in DYNAMICS.items())
    + " below the loudest.",
}
DENSITY_SCHEMA = DENSITY_SPAN.schema("Notes per beat, of all pitched voices together.")
REGISTER_SCHEMA = REGISTER_SPAN.schema(
    "MIDI pitches among which the top line's median lies; 60 is C4."
)

Swing = Annotated[
    float,
    Reads(
        read_swing,
        {
            "type": "string",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$",
            "examples": ["60%"],
            "description": "The position of a beat's second 8th, for all voices: 50% is straight, "
            "66% triplet swing, 75% a dotted shuffle.",
        },
    ),
]
Shuffle = Annotated[
    float,
    Reads(
        read_shuffle,
        {
            "type": "string",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$",
            "description": "The position of an 8th's second 16th, for all voices: 50% is "
            "straight, 58% a light shuffle, 66% a triplet shuffle.",
            "examples": ["58%"],
        },
    ),
]
Dynamics = Annotated[float, Reads(read_dynamics, DYNAMICS_SCHEMA)]
DrumsField = Annotated[Drums, Reads(read_drums, DRUMS_SCHEMA)]
Texture = Annotated[str, Reads(read_texture, TEXTURE_SCHEMA)]
BassRole = Annotated[str | tuple[tuple[int, int, int], ...], Reads(_read_bass, _BASS_SCHEMA)]
SectionsField = Annotated[
    SectionOptions,
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
                    "density": DENSITY_SCHEMA,
                    "register": REGISTER_SCHEMA,
                    "dynamics": DYNAMICS_SCHEMA,
                    "chords": LINE_SCHEMA,
                    "key": {
                        **KEY_SCHEMA,
                        "description": "The key of a section of another letter than A.",
                    },
                    "motif": MOTIF_SCHEMA,
                    "melody": SECTION_MELODY_SCHEMA,
                    "instruments": {
                        "type": "object",
                        "minProperties": 1,
                        "properties": {
                            role: {"type": "string", "examples": ["bell"]} for role in _COLOURS
                        },
                        "additionalProperties": False,
                    },
                },
                "additionalProperties": False,
            },
            "description": "Options of a section, by its name or letter.",
        },
    ),
]
