"""A YAML file as plain values, with the place in the file of every key and every value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Steps = tuple[str | int, ...]
"""The way from the top of a document to a value: keys of mappings and indices of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, where its key stands, and where its text starts.

    `text` is None where characters of the value do not follow each other in the file as they do
    in the value (escapes, several lines).
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
    """Of each scalar without quotes the text that stands in the file, where it means no text."""

    def mark(self, steps: Steps, *, on_key: bool = False, offset: int | None = None) -> Mark:
        """Return where the value stands, or the nearest thing above it that is in the file."""
        while steps not in self.places:
            steps = steps[:-1]
        place = self.places[steps]
        if on_key and place.key is not None:
            return place.key
        if offset is not None and place.text is not None:
            return Mark(place.text.line, place.text.column + offset)
        return place.value

    def value(self, steps: Steps) -> object:
        """Return the value that the way leads to; None where it leads nowhere."""
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
        """Whether the value, or one that it is part of, was refused while the file was read."""
        return any(steps[:length] in self.refused for length in range(len(steps) + 1))
