"""The game engines that files are written for: a list of names, or a mapping to folders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath
from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.nearest import did_you_mean
from chipassets.plan.engine_names import ENGINES as ENGINES

_OPTIONS = ("into",)
_MOST_LETTERS = 300


@dataclass(frozen=True, slots=True)
class EngineTarget:
    """An engine and the folder for its files, relative to the manifest; None: inside the bundle."""

    name: str
    into: str | None = None


def _read_engines(value: Any, _: Context) -> tuple[EngineTarget, ...]:
    """Return the engines of a word, a list or a mapping."""
    if isinstance(value, dict):
        return _read_mapping(value)
    words = value if isinstance(value, list) else [value]
    if not words:
        raise refuse("the list is empty", "write like [godot], or delete the line")
    faults = [
        Fault(*fault, (index,) if isinstance(value, list) else ())
        for index, word in enumerate(words)
        if (fault := _name_fault(word, words[:index]))
    ]
    if faults:
        raise Refusal(*faults)
    return tuple(EngineTarget(word) for word in words)


def _read_mapping(value: dict[str, Any]) -> tuple[EngineTarget, ...]:
    """Return the engines of a mapping from names to options."""
    faults: list[Fault] = []
    targets: list[EngineTarget] = []
    for name, options in value.items():
        fault = _name_fault(name, ())
        if fault is not None:
            faults.append(Fault(*fault, (name,), on_key=True))
            continue
        into: str | None = None
        if options is not None and not isinstance(options, dict):
            fix = f"write like {name}: {{into: ../game/music}}"
            faults.append(Fault("an engine's options are a mapping", fix, (name,)))
            continue
        for key, said in (options or {}).items():
            if key not in _OPTIONS:
                why = "an engine has no such option"
                fix = did_you_mean(key, _OPTIONS, "options")
                faults.append(Fault(why, fix, (name, key), on_key=True))
            elif (wrong := _folder_fault(said)) is not None:
                faults.append(Fault(wrong, "write like into: ../game/music", (name, key)))
            else:
                into = said
        targets.append(EngineTarget(name, into))
    if not value:
        raise refuse("the mapping is empty", "write like {godot: {into: ../game/music}}")
    if faults:
        raise Refusal(*faults)
    return tuple(targets)


def _name_fault(word: object, before: list[Any] | tuple[()]) -> tuple[str, str] | None:
    """Return why a name is refused, and what to do; `before` are those before it in the list."""
    if not isinstance(word, str) or word not in ENGINES:
        return "there is no engine of this name", did_you_mean(word, ENGINES, "engines")
    if word in before:
        return "the engine is in the list twice", "delete it"
    return None


def _folder_fault(said: object) -> str | None:
    """Return why a folder is refused; None if it is valid."""
    if not isinstance(said, str) or not said.strip() or len(said) > _MOST_LETTERS:
        return "a folder is a path, relative to the manifest"
    if "\0" in said or "\\" in said:
        return "a path has / between its folders, on every system"
    parts = PurePath(said).parts
    if not parts:
        return "the manifest's own folder is not for an engine's files"
    if ".." in parts[len(list(takewhile("..".__eq__, parts))) :]:
        return ".. may stand only at the start of a path"
    return None


_OPTIONS_SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "into": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": _MOST_LETTERS,
                    "examples": ["../game"],
                    "description": "The folder for the files, relative to this manifest. Default: "
                    "engines/ENGINE in the bundle.",
                }
            },
            "additionalProperties": False,
        },
        {"type": "null"},
    ]
}

Engines = Annotated[
    tuple[EngineTarget, ...],
    Reads(
        _read_engines,
        {
            "anyOf": [
                {"enum": list(ENGINES)},
                {
                    "type": "array",
                    "items": {"enum": list(ENGINES)},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                {
                    "type": "object",
                    "properties": dict.fromkeys(ENGINES, _OPTIONS_SCHEMA),
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ],
            "description": "Game engines to write files for, and the folders of these files.",
        },
    ),
]
