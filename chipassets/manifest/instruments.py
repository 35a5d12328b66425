"""Custom instruments: macros with one value per frame, and which role plays which instrument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from chipassets.arrange.bank import DRUM_SOUNDS, INSTRUMENTS, KITS
from chipassets.chips.chipsong import Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.chips.recording import Recording
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.recording import (
    GAIN,
    LOOP,
    ROOT,
    SAMPLE,
    SAMPLE_KEYS,
    read_gain,
    read_loop,
    read_root,
    read_wav,
    sample_schema,
)
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.words import choose
from chipassets.nearest import did_you_mean

MAX_VALUES = 255
COLOUR_ROLES = ("lead", "inner", "bass")
DRUMS = "drums"
"""The role whose instrument is a drum kit of the chip."""

# The range of each macro (volume and duty as in the registers; arpeggio in semitones,
# pitch in units of the timer), then what the values mean, for people.
_MACROS: dict[str, tuple[int, int, str]] = {
    "volume": (0, 15, "loudness, 0 to 15"),
    "duty": (0, 3, "share of the wave that is high: 0 is 12.5 %, 1 is 25 %, 2 is 50 %, 3 is 75 %"),
    "arpeggio": (-36, 36, "semitones from the note"),
    "pitch": (-127, 127, "steps of the timer, up is lower"),
}
_VIBRATO: dict[str, tuple[int, int, str]] = {
    "delay": (0, 240, "frames before the vibrato begins"),
    "depth": (1, 100, "cents up and down"),
    "period": (2, 120, "frames of one period"),
}


def read_instrument(value: Any, context: Context) -> Instrument:
    """Return the instrument of a mapping of macros and a sample; its name is set later."""
    if not isinstance(value, dict):
        raise refuse("an instrument is a mapping of macros", "write like {volume: [15, 12, 9]}")
    faults = _Faults()
    known = (*_MACROS, "vibrato", *SAMPLE_KEYS)
    for key in value:
        if key not in known:
            fix = did_you_mean(key, known, "keys")
            faults.add(
                Fault(f"there is no key '{key[:60]}' in an instrument", fix, (key,), None, True)
            )
    macros = {
        name: faults.collect((name,), partial(_macro, value[name], *_MACROS[name][:2]))
        for name in _MACROS
        if name in value
    }
    vibrato = faults.collect(("vibrato",), lambda: _vibrato(value.get("vibrato")))
    recording = _recording(value, context, faults)
    if "volume" not in value and SAMPLE not in value:
        faults.add(Fault("an instrument without volume has no envelope and never sounds",
                         "add a line like volume: [15, 13, 11, 9, 8]"))  # fmt: skip
    faults.stop()
    return replace(Instrument("", **macros), recording=recording, **(vibrato or {}))


def _recording(value: Mapping[str, Any], context: Context, faults: _Faults) -> Recording | None:
    """Return the recording that the instrument plays, or None without one."""
    if SAMPLE not in value:
        why = "it says something of a sample, and there is none"
        for key in SAMPLE_KEYS[1:]:
            if key in value:
                faults.add(Fault(why, "add a line like sample: piano.wav", (key,), None, True))
        return None
    found: Recording | None = faults.collect(
        (SAMPLE,), lambda: read_wav(value[SAMPLE], context.folder)
    )
    root = faults.collect((ROOT,), lambda: read_root(value.get(ROOT, "C4")))
    loop = faults.collect((LOOP,), lambda: found and read_loop(value.get(LOOP), found))
    gain = faults.collect((GAIN,), lambda: read_gain(value.get(GAIN, 0)))
    if found is None or root is None or gain is None:
        return None
    return replace(found, root_pitch=root, loop_start=loop, gain_db=gain)


def check_root(name: object, value: Any) -> None:
    """Raise Refusal for an instrument with a sample and no root, which only a drum can be."""
    if name in DRUM_SOUNDS or not isinstance(value, dict) or SAMPLE not in value or ROOT in value:
        return
    raise refuse("a sample has a root, the note that was recorded", "add a line like root: C4")


class _Faults:
    """Collects what is wrong in the parts of a value."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._found.append(fault)

    def collect(self, at: tuple[str | int, ...], read: Callable[[], Any]) -> Any:
        """Return the result of `read`; if it refuses, keep its faults under `at`, return None."""
        try:
            return read()
        except Refusal as refusal:
            self._found += [replace(fault, at=(*at, *fault.at)) for fault in refusal.faults]
            return None

    def stop(self) -> None:
        """Raise Refusal if there are faults."""
        if self._found:
            raise Refusal(*self._found)


def _macro(value: Any, low: int, high: int) -> Macro:
    """Return the macro of a list, or of a mapping with values, loop and release."""
    if not isinstance(value, dict):
        return Macro(_values(value, low, high))
    keys = ("values", "loop", "release")
    faults = _Faults()
    for key in value:
        if key not in keys:
            fix = did_you_mean(key, keys, "keys")
            faults.add(Fault("there is no such key in a macro", fix, (key,), None, True))
    faults.stop()
    values = faults.collect(("values",), lambda: _values(value.get("values"), low, high))
    faults.stop()
    release = faults.collect(
        ("release",), lambda: _place(value.get("release"), 1, len(values) - 1, "release")
    )
    end = len(values) if release is None else release
    loop = faults.collect(("loop",), lambda: _place(value.get("loop"), 0, end - 1, "loop"))
    faults.stop()
    return Macro(values, loop, release)


def _values(value: Any, low: int, high: int) -> tuple[int, ...]:
    """Return the values of a macro, each from `low` to `high`."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
        raise refuse(f"a macro is a list of 1 to {MAX_VALUES} whole numbers, one a frame",
                     f"write like [{high}, {(low + high) // 2}]")  # fmt: skip
    faults = _Faults()
    for index, item in enumerate(value):
        faults.collect((index,), partial(_whole, item, low, high))
    faults.stop()
    return tuple(value)


def _whole(value: Any, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, or refuse the value."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(f"it is a whole number from {low} to {high}", "write a whole number")
    if not low <= value <= high:
        raise refuse(f"it is a whole number from {low} to {high}",
                     f"write {min(max(value, low), high)}")  # fmt: skip
    return value


def _place(value: Any, low: int, high: int, what: str) -> int | None:
    """Return the loop or release point of a macro: an index of its values, counted from 0."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise refuse(f"{what} is the index of a value, from {low} to {high}",
                     f"write {low}" if high >= low else "delete the line")  # fmt: skip
    return value


def _vibrato(value: Any) -> dict[str, int]:
    """Return the fields of `Instrument` that a vibrato sets."""
    if value is None:
        return {}
    example = "write like {delay: 18, depth: 12, period: 10}"
    if not isinstance(value, dict):
        raise refuse("vibrato is a mapping of delay, depth and period", example)
    faults = _Faults()
    for key in value:
        if key not in _VIBRATO:
            fix = did_you_mean(key, _VIBRATO, "keys")
            faults.add(Fault("there is no such key in a vibrato", fix, (key,), None, True))
    missing = [name for name in _VIBRATO if name not in value]
    if missing:
        faults.add(Fault(f"a vibrato has a {missing[0]} too", example))
    numbers = {
        name: faults.collect((name,), partial(_whole, value[name], *_VIBRATO[name][:2]))
        for name in _VIBRATO
        if name in value
    }
    faults.stop()
    return {
        "vibrato_delay_frames": numbers["delay"],
        "vibrato_depth_cents": numbers["depth"],
        "vibrato_period_frames": numbers["period"],
    }


def read_colours(value: Any, context: Context) -> Mapping[str, str]:
    """Return the instrument of each role that is named."""
    if not isinstance(value, dict) or not value:
        raise refuse(
            "instruments is a mapping of roles to instruments", "write like {lead: square}"
        )
    known = tuple(dict.fromkeys((*context.instruments, *INSTRUMENTS)))
    faults = _Faults()
    for role, name in value.items():
        if role == DRUMS:
            faults.collect((role,), partial(_kit, name, context.chip))
        elif role not in COLOUR_ROLES:
            fix = did_you_mean(role, (*COLOUR_ROLES, DRUMS), "roles")
            faults.add(Fault("there is no role of this name", fix, (role,), None, True))
        else:
            faults.collect((role,), partial(choose, name, known, "instrument"))
    faults.stop()
    return dict(value)


def _kit(name: Any, chip: str) -> str:
    """Return the drum kit; Refusal if the chip does not have it."""
    kits = CHIPS[chip].kits
    if isinstance(name, str) and name in kits:
        return name
    raise refuse(f"the chip {chip} has no drum kit of this name",
                 did_you_mean(name, kits, "kits"))  # fmt: skip


def _values_schema(low: int, high: int) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "integer", "minimum": low, "maximum": high},
        "minItems": 1,
        "maxItems": MAX_VALUES,
    }


def _macro_schema(low: int, high: int, text: str) -> dict[str, Any]:
    place = {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_VALUES - 1}
    properties = {
        "values": _values_schema(low, high),
        "loop": {**place, "description": "The index that follows the last value."},
        "release": {**place, "description": "The index to jump to when the note ends."},
    }
    whole = {
        "type": "object",
        "properties": properties,
        "required": ["values"],
        "additionalProperties": False,
    }
    return {"anyOf": [_values_schema(low, high), whole], "description": f"One a frame: {text}."}


def _vibrato_schema() -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "properties": {
            name: {"type": "integer", "minimum": low, "maximum": high, "description": f"{text}."}
            for name, (low, high, text) in _VIBRATO.items()
        },
        "required": list(_VIBRATO),
        "additionalProperties": False,
        "description": "A periodic change of pitch in held notes.",
    }


InstrumentField = Annotated[
    Instrument,
    Reads(
        read_instrument,
        {
            "type": "object",
            "properties": {name: _macro_schema(*row) for name, row in _MACROS.items()}
            | {"vibrato": _vibrato_schema(), **sample_schema()},
            "anyOf": [{"required": [SAMPLE]}, {"required": ["volume"]}],
            "additionalProperties": False,
            "description": "A custom instrument: macros at 60 frames a second, and a sample. One "
            "with the name of a drum replaces that drum.",
        },
    ),
]
Colours = Annotated[
    Mapping[str, str],
    Reads(
        read_colours,
        {
            "type": "object",
            "properties": {
                role: {"type": "string", "pattern": "^[a-z]", "examples": ["bell"]}
                for role in COLOUR_ROLES
            }
            | {DRUMS: {"enum": list(KITS)}},
            "minProperties": 1,
            "additionalProperties": False,
            "description": "The instrument of lead, inner and bass: one of the bank "
            f"({', '.join(INSTRUMENTS)}) or of this manifest. Default: as scene and mood say. "
            "And what the drums are: noise, or on the NES also dmc, samples under the noise.",
        },
    ),
]
