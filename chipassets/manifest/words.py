"""Words and names: the game, the chip, the model, formats, scenes, moods and track names."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from chipassets.chips.profiles import CHIPS
from chipassets.manifest.inside import as_spelled
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import WRITTEN_QUOTED, Fault, Refusal, refuse, shown
from chipassets.nearest import did_you_mean
from chipassets.plan.formats import DEFAULT_FORMATS, FORMATS
from chipassets.plan.presets import MOODS, SCENES

DEFAULT_MODEL = "default"
SHIPPED_MODELS = (DEFAULT_MODEL, "polyphony")
MODEL_SUFFIX = ".safetensors"
MAX_MOODS = 4

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# Names that Windows reserves for devices: no file may have them, with any extension.
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)


def read_name(value: Any, _: Context) -> str:
    """Return a name that is valid as a file name on every system; Refusal otherwise."""
    if isinstance(value, str) and _NAME.fullmatch(value) and value not in _DEVICES:
        return value
    why = (
        "Windows reserves this name for a device"
        if str(value) in _DEVICES
        else "a name becomes a file name: a small letter first, then at most 63 of a-z 0-9 _ -"
    )
    found = f"the name {shown(value)}"
    raise Refusal(Fault(why, f"write {safe_name(str(value))}", on_key=True, found=found))


def safe_name(text: str) -> str:
    """Return the nearest name that `read_name` accepts."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[:57]
    return name if _NAME.fullmatch(name) and name not in _DEVICES else f"track_{name}".rstrip("_")


def _read_game(value: Any, _: Context) -> str:
    if not isinstance(value, str):
        raise refuse("the game's name is text", _in_quotes(value))
    if not 1 <= len(value) <= 100 or not any(char.isalnum() for char in value):
        raise refuse("the game's name has 1 to 100 characters, a letter or digit among them",
                     "write the name that players see")  # fmt: skip
    if not value.isprintable() or value != value.strip():
        raise refuse("the game's name is one line without spaces around it",
                     "write it in one line")  # fmt: skip
    return value


def _in_quotes(value: Any) -> str:
    """Return the advice for a value that is not text; lists and mappings cannot just be quoted."""
    if isinstance(value, list | dict):
        return "write it in one line, without brackets and keys"
    return f"write it in quotes: {WRITTEN_QUOTED}"


def _read_line(value: Any, _: Context) -> str:
    """Return a line of text for the tags of files."""
    if not isinstance(value, str):
        raise refuse("it is text", _in_quotes(value))
    if not 1 <= len(value) <= 100 or not value.isprintable() or value != value.strip():
        raise refuse("it is one line of 1 to 100 characters without spaces around it",
                     "write it in one line, or delete it")  # fmt: skip
    return value


def _read_model(value: Any, context: Context) -> str:
    """Return the name of a shipped model, or the path of a model file that exists."""
    if isinstance(value, str) and value in SHIPPED_MODELS:
        return value
    names = " or ".join(SHIPPED_MODELS)
    path_like = f"a path like models/mine{MODEL_SUFFIX}"
    example = f"write {names}, or {path_like}"
    if not isinstance(value, str) or not value.endswith(MODEL_SUFFIX):
        fix = f"{did_you_mean(value, SHIPPED_MODELS, 'models')}, or {path_like}"
        raise refuse(f"a model is {names}, or a {MODEL_SUFFIX} file", fix)
    if "\\" in value or PurePosixPath(value).is_absolute() or PureWindowsPath(value).drive:
        raise refuse("a model's path starts at the manifest's folder, with forward slashes",
                     example)  # fmt: skip
    try:
        path = as_spelled(context.folder, value)
        exists = path.is_file()
    except (OSError, ValueError):
        exists = False
    if not exists:
        raise refuse("there is no such file beside the manifest",
                     f"put the model there, or {example}")  # fmt: skip
    return path.as_posix()


def choose(value: Any, names: tuple[str, ...], what: str, at: tuple[int, ...] = ()) -> str:
    """Return the word if it is one of the names; Refusal with the nearest name otherwise."""
    if isinstance(value, str) and value in names:
        return value
    plural = what if what.endswith("s") else f"{what}s"
    if isinstance(value, list) and len(value) == 1 and value[0] in names:
        raise Refusal(Fault(f"one {what} is meant, not a list", f"write {value[0]}", at))
    if not isinstance(value, str | int | float):
        why = f"the {what} is one word"
        raise Refusal(Fault(why, did_you_mean(value, names, plural), at))
    fix = did_you_mean(value, names, plural)
    raise Refusal(Fault(f"there is no {what} of this name", fix, at))


def _read_chip(value: Any, _: Context) -> str:
    return choose(value, tuple(CHIPS), "chip")


def read_scene(value: Any, context: Context) -> str:
    """Return the name of a built-in or custom scene."""
    return choose(value, context.scenes, "scene")


def _read_like(value: Any, _: Context) -> str:
    return choose(value, tuple(SCENES), "built-in scene")


def choose_words(value: Any, names: tuple[str, ...], what: str, most: int) -> tuple[str, ...]:
    """Return the words of a list or the single word; each is one of the names and occurs once."""
    if not isinstance(value, list):
        return (choose(value, names, what),)
    if not 1 <= len(value) <= most:
        raise refuse(f"a list holds from 1 to {most} {what}s", f"write like [{names[0]}]")
    faults: list[Fault] = []
    for index, word in enumerate(value):
        try:
            choose(word, names, what, (index,))
        except Refusal as refusal:
            faults += refusal.faults
        if word in value[:index]:
            faults.append(Fault(f"the {what} is in the list twice", "delete it", (index,)))
    if faults:
        raise Refusal(*faults)
    return tuple(value)


def _read_moods(value: Any, context: Context) -> tuple[str, ...]:
    return choose_words(value, context.moods, "mood", MAX_MOODS)


def format_fault(name: str, chip: str) -> str | None:
    """Return why a format cannot hold a chip's music; None if it can.

    A format without a list of chips holds the music of every chip.
    """
    chips = FORMATS[name].chips
    if not chips or chip in chips:
        return None
    return f"{name} holds music for {' and '.join(chips)}, not for {chip}"


def _read_formats(value: Any, context: Context) -> tuple[str, ...]:
    """Return the formats in their usual order; refuse those that the chip cannot have."""
    chosen = choose_words(value, tuple(FORMATS), "format", len(FORMATS))
    faults = [
        Fault(why, "delete it, or change the chip", (index,) if isinstance(value, list) else ())
        for index, name in enumerate(chosen)
        if (why := format_fault(name, context.chip))
    ]
    if faults:
        raise Refusal(*faults)
    return tuple(name for name in FORMATS if name in chosen)


def _one_or_more(word: dict[str, Any], most: int, text: str) -> dict[str, Any]:
    """Return the schema of one word, or of a list of 1 to `most` different words."""
    several = {"type": "array", "items": word, "minItems": 1, "maxItems": most, "uniqueItems": True}
    return {"anyOf": [word, several], "description": text}


def _line_schema(text: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": 100, "description": text}


NAME_SCHEMA = {"type": "string", "pattern": f"^{_NAME.pattern}$"}

Name = Annotated[str, Reads(read_name, NAME_SCHEMA)]
Game = Annotated[
    str,
    Reads(
        _read_game,
        {"type": "string", "minLength": 1, "maxLength": 100, "description": "The game's name."},
    ),
]
Author = Annotated[str, Reads(_read_line, _line_schema("The author named in the files' tags."))]
Copyright = Annotated[
    str,
    Reads(_read_line, _line_schema("The copyright line in the files' tags, like 2026 A. Name.")),
]
Chip = Annotated[
    str, Reads(_read_chip, {"enum": list(CHIPS), "description": "The sound chip. Default nes."})
]
ModelName = Annotated[
    str,
    Reads(
        _read_model,
        {
            "anyOf": [
                {"enum": list(SHIPPED_MODELS)},
                {
                    "type": "string",
                    "pattern": rf"^[^/\\].*\{MODEL_SUFFIX}$",
                    "examples": [f"models/mine{MODEL_SUFFIX}"],
                },
            ],
            "description": "The trained model: a name, or a file relative to this manifest.",
        },
    ),
]
Formats = Annotated[
    tuple[str, ...],
    Reads(
        _read_formats,
        _one_or_more(
            {"enum": list(FORMATS)},
            len(FORMATS),
            f"The files of each track. Default {', '.join(DEFAULT_FORMATS)}. "
            + "; ".join(f"{name}: {form.about}" for name, form in FORMATS.items())
            + ".",
        ),
    ),
]
Moods = Annotated[
    tuple[str, ...],
    Reads(
        _read_moods,
        _one_or_more(
            {"anyOf": [{"enum": list(MOODS)}, {**NAME_SCHEMA, "examples": ["dread"]}]},
            MAX_MOODS,
            "How the track feels: built-in moods or those under moods; the first counts most.",
        ),
    ),
]
SceneName = Annotated[
    str,
    Reads(
        read_scene,
        {
            "anyOf": [{"enum": list(SCENES)}, {**NAME_SCHEMA, "examples": ["cave"]}],
            "description": "Where the game plays the track: a built-in scene or one under scenes.",
        },
    ),
]
Like = Annotated[
    str,
    Reads(
        _read_like, {"enum": list(SCENES), "description": "The scene that this one starts from."}
    ),
]
