"""Turns Refusals and pydantic's errors into Problems with their place in the file."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chipassets.errors import Problem
from chipassets.manifest.builder import MAX_PROBLEMS
from chipassets.manifest.document import Document, Mark, Steps
from chipassets.manifest.models import (
    MAX_INSTRUMENTS,
    MAX_OWN_MOODS,
    MAX_SCENES,
    MAX_TRACKS,
    MAX_TUNES,
    Defaults,
    Manifest,
    MoodOptions,
    SceneOptions,
    Track,
)
from chipassets.manifest.refusal import WRITTEN, WRITTEN_QUOTED, Fault, Refusal, shortened, shown
from chipassets.nearest import OTHER_WORDS, did_you_mean

_PARTS: dict[str, type[BaseModel]] = {
    "tracks": Track,
    "scenes": SceneOptions,
    "moods": MoodOptions,
}
_SINGULAR = {
    "tracks": "track",
    "scenes": "scene",
    "moods": "mood",
    "instruments": "instrument",
    "motifs": "motif",
}


class Report:
    """Collects the problems of one document."""

    def __init__(self, document: Document, name: str) -> None:
        self.document = document
        self.bad: set[Steps] = set()
        self.hidden = 0
        self._name = name
        self._found: list[tuple[Mark, Problem]] = []

    def add(self, steps: Steps, fault: Fault) -> None:
        """Add a fault of the value at the path, unless it was added already."""
        full = (*steps, *fault.at)
        self.bad.add(full)
        if self.document.is_refused(full):
            return
        if len(self._found) >= MAX_PROBLEMS:
            self.hidden += 1
            return
        mark = self.document.mark(full, on_key=fault.on_key, offset=fault.offset)
        where = f"{self._name}:{mark.line}:{mark.column}"
        texts = (_found(full, fault), fault.why, fault.fix)
        found, why, fix = (_spelled(text, full, self.document) for text in texts)
        self._found.append((mark, Problem(where, found, why, fix)))

    def add_pydantic(self, error: ValidationError) -> None:
        """Add every error that pydantic collected, reworded."""
        for detail in error.errors(include_url=False):
            steps = tuple(step for step in detail["loc"] if step != "[key]")
            if len(self._found) < MAX_PROBLEMS:
                for fault in _faults(detail, steps):
                    self.add(steps, fault)
            else:
                self.bad.add(steps)
                self.hidden += 1

    def problems(self) -> list[Problem]:
        """The problems in the order of the file."""
        ordered = sorted(self._found, key=lambda marked: marked[0])
        return [problem for _, problem in ordered]


def label(steps: Steps) -> str:
    """Return the words for a path: `tempo of track 'battle'`, `mood 2 of the defaults`."""
    if not steps:
        return "the manifest"
    top, *rest = steps
    if top in _SINGULAR and rest:
        name, *rest = rest
        owner = f"{_SINGULAR[str(top)]} '{shortened(str(name))}'"
    elif top == "defaults":
        owner = "the defaults"
    else:
        owner, rest = "", list(steps)
    words = " ".join(str(step + 1) if isinstance(step, int) else shortened(step) for step in rest)
    return f"{words} of {owner}" if words and owner else words or owner


_MOST_FOUND = 200
"""Characters of what was found that are shown: a sign that is repeated a thousand times is not."""


def _found(steps: Steps, fault: Fault) -> str:
    """Return what a problem says was found."""
    if fault.found is not None:
        found = fault.found if len(fault.found) <= _MOST_FOUND else shortened(fault.found)
        return found if fault.offset is None else f"{found} in {label(steps)}"
    if fault.on_key:
        return f"the key '{shortened(str(steps[-1]))}'"
    return f"{label(steps)} is {WRITTEN}"


def _spelled(text: str, steps: Steps, document: Document) -> str:
    """Return the text with its placeholders replaced by the value as the file spells it."""
    if WRITTEN not in text and WRITTEN_QUOTED not in text:
        return text
    value = document.value(steps)
    written = document.written.get(steps) or None
    plain = shown(value, document.written, steps)
    quoted = value if isinstance(value, str) else written if written is not None else plain
    return text.replace(WRITTEN_QUOTED, f'"{shortened(quoted)}"').replace(WRITTEN, plain)


def _faults(detail: ErrorDetails, steps: Steps) -> tuple[Fault, ...]:
    """Return the faults of one of pydantic's errors."""
    kind = detail["type"]
    if kind == "extra_forbidden":
        return (_unknown_key(steps),)
    if kind == "missing":
        return (_missing(str(steps[-1])),)
    cause: Any = detail.get("ctx", {}).get("error")
    if isinstance(cause, Refusal):
        if detail["input"] is None:
            return (Fault("it has no value", "write one, or delete the line"),)
        return cause.faults
    return (_wrong_shape(kind, steps),)


def _unknown_key(steps: Steps) -> Fault:
    """Return the fault of an unknown key, with where it belongs or the nearest key."""
    key = str(steps[-1])
    owner = label(steps[:-1])
    found = f"the key '{shortened(key)}'"
    if steps[0] == "defaults" and key in ("scene", "seed", "like"):
        return Fault("each track has its own", "write it in the track", on_key=True, found=found)
    fields = [field.alias or name for name, field in _part(steps).model_fields.items()]
    if key not in fields and key in Manifest.model_fields and key not in _PARTS:
        where = "move it to the left margin, above tracks:"
        return Fault("it holds for the whole game", where, on_key=True, found=found)
    elsewhere = _elsewhere(key, steps)
    if elsewhere:
        return Fault(*elsewhere, on_key=True, found=found)
    fix = did_you_mean(key, fields, "keys", "the manifest reference (docs/manifest.md)")
    return Fault(f"there is no such key in {owner}", fix, on_key=True, found=found)


def _elsewhere(key: str, steps: Steps) -> tuple[str, str] | None:
    """Return why a key is refused that has a place elsewhere in a manifest, and where that is."""
    if len(steps) == 1 and key in Track.model_fields:
        return "it is a key of tracks", "move it under defaults:, where it holds for every track"
    if key == "intro" and len(steps) > 1 and steps[0] != "moods":
        return "an intro is a part of the form", "write one like form: intro:2 A:8"
    is_moods = key in MoodOptions.model_fields and key not in OTHER_WORDS
    if len(steps) > 1 and steps[0] != "moods" and is_moods:
        return "only a mood has this key", f"define a mood under moods: that has {key}:"
    return None


def _part(steps: Steps) -> type[BaseModel]:
    """Return the model of the part of a manifest in which a key stands."""
    if len(steps) == 1:
        return Manifest
    return Defaults if steps[0] == "defaults" else _PARTS[str(steps[0])]


def _missing(key: str) -> Fault:
    """Return the fault of a manifest that lacks a key."""
    example = {"game": "game: My Game", "tracks": "tracks: {battle: {}}"}[key]
    return Fault(f"a manifest needs the key '{key}'", f"add a line like {example}",
                 found=f"no '{key}'")  # fmt: skip


def _wrong_shape(kind: str, steps: Steps) -> Fault:
    """Return the fault of a value of another type, or of too few or too many entries."""
    if kind == "too_short" or (kind == "dict_type" and steps == ("tracks",)):
        return Fault(
            "a manifest needs at least one track, each with its name as a key",
            "write them below it, like battle: {}",
        )
    if kind == "too_long":
        return Fault(f"there are at most {MAX_TRACKS} tracks, {MAX_SCENES} scenes, "
                     f"{MAX_OWN_MOODS} moods, "
                     f"{MAX_INSTRUMENTS} instruments and {MAX_TUNES} motifs",
                     "split the game's music into several manifests")  # fmt: skip
    return Fault("a mapping of keys to values belongs here",
                 "write them below it, indented, one per line, like tempo: 140")  # fmt: skip
