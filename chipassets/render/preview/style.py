"""The style sheet of a preview, parsed: which properties the classes of an element have."""

from __future__ import annotations

import re
from collections.abc import Mapping

Look = Mapping[str, str]
"""Properties by name, from the style sheet and the element's own attributes."""

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_FONT_SIZE = re.compile(r"([0-9.]+)px")
_OWN = ("fill", "fill-opacity", "stroke", "stroke-width")


class StyleSheet:
    """The rules of a style sheet whose selectors are elements, classes, or both together."""

    def __init__(self, text: str) -> None:
        self._rules: list[tuple[str, str, dict[str, str]]] = []
        for selectors, body in _RULE.findall(text):
            properties = dict(_property(part) for part in body.split(";") if part)
            for selector in selectors.split(","):
                element, _, kind = selector.strip().partition(".")
                self._rules.append((element, kind, properties))

    def look(self, element: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return the properties of an element; the style sheet takes precedence over attributes."""
        kinds = attributes.get("class", "").split()
        found = {name: attributes[name] for name in _OWN if name in attributes}
        # Specificity: element with class, then class, then element.
        for rank in (1, 2, 3):
            for name, kind, properties in self._rules:
                if _rank(name, kind) == rank and name in ("", element) and kind in ("", *kinds):
                    found |= properties
        return found


def _rank(element: str, kind: str) -> int:
    return 1 if not kind else 3 if element else 2


def _property(text: str) -> tuple[str, str]:
    """Return the name and value of a CSS declaration; of a font only its size."""
    name, _, value = text.partition(":")
    if name.strip() == "font":
        size = _FONT_SIZE.search(value)
        return "font-size", size[0] if size else value
    return name.strip(), value.strip()


def colour_of(text: str) -> tuple[int, int, int] | None:
    """Return red, green and blue of #rgb or #rrggbb; None for no colour."""
    digits = text.removeprefix("#")
    if not text.startswith("#"):
        return None
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    return red, green, blue
