"""Refusals of values: why, what to write instead, and where in the value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chipassets.manifest.document import Steps

_SHOWN_LENGTH = 60
_SHOWN_DEPTH, _SHOWN_ITEMS = 4, 20
"""What is looked at of a mapping or a list: more would not fit into the text that is shown."""

WRITTEN = "\0written\0"
"""Placeholder in a Fault's texts for the value as the file spells it: 1.10, not 1.1."""
WRITTEN_QUOTED = "\0quoted\0"
"""Placeholder for the same in quotes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value.

    `at` is the path from the value to the wrong part (indices and keys); `offset` is the index of
    the first wrong character of a text; `on_key` points at the key instead of its value; `found`
    replaces the sentence that says what was found. In all texts `WRITTEN` stands for the value in
    the file.
    """

    why: str
    fix: str
    at: tuple[str | int, ...] = ()
    offset: int | None = None
    on_key: bool = False
    found: str | None = None


class Refusal(ValueError):  # noqa: N818
    """A value of the manifest is refused, for one or several reasons."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.why for fault in faults))
        self.faults = faults


def refuse(why: str, fix: str) -> Refusal:
    """Return the refusal of a whole value for one reason."""
    return Refusal(Fault(why, fix))


def shortened(text: str) -> str:
    """Return the text in at most 60 characters and one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN_LENGTH else flat[: _SHOWN_LENGTH - 1] + "…"


def shown(value: object, written: Mapping[Steps, str] | None = None, at: Steps = ()) -> str:
    """Return a YAML value as messages show it: text in quotes, the rest as in YAML.

    A mapping or a list is shown in YAML's flow style, at most 60 characters of it. written: the
    text in the file of scalars, by path, which is preferred to their value; `at` is the path of
    this value.
    """
    if written and written.get(at):
        return shortened(written[at])
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else "infinite"
    if isinstance(value, (dict, list)):
        return shortened(_in_flow(value, written or {}, at, _SHOWN_DEPTH))
    return str(value)


def _in_flow(value: object, written: Mapping[Steps, str], at: Steps, depth: int) -> str:
    """Return a value in YAML's flow style, with the first items of what lies `depth` deep."""
    if isinstance(value, str):
        return value
    if not isinstance(value, (dict, list)):
        return "" if value is None else shown(value, written, at)
    is_mapping = isinstance(value, dict)
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    count = _SHOWN_ITEMS if depth else 0
    parts = []
    for key, item in pairs[:count]:
        text = _in_flow(item, written, (*at, key), depth - 1)
        parts.append(f"{key}: {text}".rstrip() if is_mapping else text)
    parts += ["…"] if len(pairs) > count else []
    inside = ", ".join(parts)
    return f"{{{inside}}}" if is_mapping else f"[{inside}]"
