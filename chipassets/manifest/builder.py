"""Builds a Document from YAML parser events: plain data, with the place of every key and value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from chipassets.errors import ManifestError, Problem
from chipassets.manifest.document import Document, Mark, Place, Steps
from chipassets.manifest.refusal import shortened
from chipassets.manifest.scalars import plain_value

MAX_DEPTH = 16
MAX_VALUES = 20_000
MAX_PROBLEMS = 200


@dataclass
class _Open:
    """A mapping or list that is not closed yet; `key` is the key that waits for its value."""

    data: dict[str, object] | list[object]
    steps: Steps
    key: str | None = None
    key_mark: Mark | None = None
    first_keys: dict[str, Mark] = field(default_factory=dict)


class Builder:
    """Builds the values from parser events, one at a time."""

    def __init__(self, name: str) -> None:
        self.problems: list[Problem] = []
        self._name = name
        self._open: list[_Open] = []
        self._places: dict[Steps, Place] = {}
        self._refused: set[Steps] = set()
        self._written: dict[Steps, str] = {}
        self._root: object = None
        self._count = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Process the next event; ManifestError if the rest of the document cannot be read."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._open.pop()
        elif isinstance(event, (yaml.NodeEvent)):
            self._take_node(event)

    def document(self) -> Document:
        """Return the whole document; ManifestError if its top level is not a mapping."""
        if self._root is None:
            self.stop(Mark(1, 1), "nothing", "the manifest is empty",
                      "`chipassets init` writes one to start from")  # fmt: skip
        if not isinstance(self._root, dict):
            what = "a list" if isinstance(self._root, list) else "a single value"
            self.stop(self._places[()].value, what, "a manifest is a mapping of keys to values",
                      "start it with a line like game: My Game")  # fmt: skip
        return Document(self._root, self._places, frozenset(self._refused), self._written)

    def stop(self, mark: Mark, found: str, why: str, fix: str) -> NoReturn:
        """Raise ManifestError with this problem and all problems found before it."""
        self._report(mark, found, why, fix)
        raise ManifestError(tuple(self.problems))

    def _report(self, mark: Mark, found: str, why: str, fix: str) -> None:
        """Add a problem unless there are enough."""
        where = f"{self._name}:{mark.line}:{mark.column}"
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(where, found, why, fix))

    def _start_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self.stop(_start(event), "a second document", "a manifest is one YAML document",
                      "delete the line --- and the document that does not belong here")  # fmt: skip

    def _take_node(self, event: Any) -> None:
        """Add a node as a key or as a value; stop beyond the limit of values."""
        self._count += 1
        if self._count > MAX_VALUES:
            self.stop(_start(event), f"more than {MAX_VALUES:,} values", "no game needs that many",
                      "split the game's music into several manifests")  # fmt: skip
        here = self._open[-1] if self._open else None
        if here is not None and isinstance(here.data, dict) and here.key is None:
            self._take_key(here, event)
        else:
            self._take_value(here, event)

    def _take_key(self, here: _Open, event: Any) -> None:
        """Store the key that waits for its value; report a duplicate or unsupported key."""
        mark = _start(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.stop(mark, "a key that is not a word", "a key is one plain word",
                      "write it as key: value")  # fmt: skip
        here.key, here.key_mark = event.value, mark
        first = here.first_keys.setdefault(event.value, mark)
        self._check_node(event, (*here.steps, event.value))
        if first is not mark:
            self._report(mark, f"the key '{shortened(event.value)}' again",
                         f"it stands in line {first.line} already, and only one can count",
                         "delete one of the two, or rename it")  # fmt: skip
        if event.value == "<<" and event.implicit[0]:
            self._refused.add((*here.steps, "<<"))
            self._report(mark, "the merge key '<<'", "anchors, aliases and << are not supported",
                         "put what all tracks share under defaults:")  # fmt: skip

    def _take_value(self, here: _Open | None, event: Any) -> None:
        """Add a value at its place; of a duplicate key the first value is kept."""
        steps, key_mark = self._target(here)
        duplicate = steps in self._places
        if not duplicate:
            self._places[steps] = _place(event, key_mark)
        self._check_node(event, steps)
        value = self._value(event, steps)
        if here is None:
            self._root = value
        elif isinstance(here.data, list):
            here.data.append(value)
        else:
            here.data.setdefault(str(here.key), value)
            here.key = None
        if isinstance(value, (dict, list)):
            self._descend(value, steps, event)

    def _target(self, here: _Open | None) -> tuple[Steps, Mark | None]:
        """Return the path of the next value, and the mark of its key if it has one."""
        if here is None:
            return (), None
        if isinstance(here.data, list):
            return (*here.steps, len(here.data)), None
        return (*here.steps, str(here.key)), here.key_mark

    def _descend(self, value: dict[str, object] | list[object], steps: Steps, event: Any) -> None:
        """Open a mapping or list; stop if the values are nested too deep."""
        self._open.append(_Open(value, steps))
        if len(self._open) > MAX_DEPTH:
            self.stop(_start(event), f"values nested more than {MAX_DEPTH} deep",
                      "no manifest is that deep", "close the brackets that are open")  # fmt: skip

    def _value(self, event: Any, steps: Steps) -> object:
        """Return the value of an event: an empty mapping or list, or a scalar."""
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if isinstance(event, yaml.AliasEvent):
            return None
        if not event.implicit[0]:
            return event.value
        try:
            value = plain_value(event.value)
        except ValueError as error:
            self._refused.add(steps)
            self._report(_start(event), str(error), "no number here is that long",
                         "write fewer digits, or quotes around it if it is text")  # fmt: skip
            return None
        if not isinstance(value, str):
            self._written[steps] = str(event.value)
        return value

    def _check_node(self, event: Any, steps: Steps) -> None:
        """Report anchors, aliases and tags: plain data has none of them."""
        anchor, tag = event.anchor, getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._refused.add(steps)
            self._report(_start(event), f"the alias '*{shortened(anchor)}'",
                         "anchors, aliases and << are not supported",
                         "write the value again, or put it under defaults:")  # fmt: skip
        elif anchor is not None:
            self._report(_start(event), f"the anchor '&{shortened(anchor)}'",
                         "anchors, aliases and << are not supported",
                         "delete the anchor")  # fmt: skip
        if tag is not None:
            self._refused.add(steps)
            short = shortened(tag.replace("tag:yaml.org,2002:", "!!"))
            self._report(_start(event), f"the tag '{short}'",
                         "a manifest holds plain text, numbers, lists and mappings",
                         "delete the tag")  # fmt: skip


def _start(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _place(event: Any, key: Mark | None) -> Place:
    """Return the place of an event; the text's start only if its characters are consecutive."""
    start = _start(event)
    if not hasattr(event, "style"):
        return Place(start, key)
    quote = 1 if event.style in ("'", '"') else 0
    width = event.end_mark.column - event.start_mark.column
    plain_text = event.start_mark.line == event.end_mark.line and width == (
        len(event.value) + 2 * quote
    )
    return Place(start, key, Mark(start.line, start.column + quote) if plain_text else None)
