"""A YAML file as plain values, with the place in the file of every key and every value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Steps = tuple[str | int, ...]
"""The path from the top of a document to a value: keys of mappings and indices of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """The marks of a value, of its key, and of the start of its text.

    `text` is None if the value's characters are not consecutive in the file (escapes, several
    lines).
    """

    value: Mark
    key: Mark | None = None
    text: Mark | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a manifest, their places in the file, and the paths of refused values."""

    values: dict[str, object]
    places: Mapping[Steps, Place]
    refused: frozenset[Steps]
    written: Mapping[Steps, str] = field(default_factory=dict)
    """The text in the file of each unquoted scalar that is not a string."""

    def mark(self, steps: Steps, *, on_key: bool = False, offset: int | None = None) -> Mark:
        """Return the mark of the value, or of its nearest parent that is in the file."""
        while steps not in self.places:
            steps = steps[:-1]
        place = self.places[steps]
        if on_key and place.key is not None:
            return place.key
        if offset is not None and place.text is not None:
            return Mark(place.text.line, place.text.column + offset)
        return place.value

    def value(self, steps: Steps) -> object:
        """Return the value at the path; None if there is none."""
        here: object = self.values
        for step in steps:
            if isinstance(here, dict) and isinstance(step, str):
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            else:
                return None
        return here

    def is_refused(self, steps: Steps) -> bool:
        """Return whether the value, or one that contains it, was refused while reading the file."""
        return any(steps[:length] in self.refused for length in range(len(steps) + 1))
