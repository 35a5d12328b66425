"""HTML as values: text is escaped, elements are not escaped again."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "rect"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | None
Attribute = str | int | float | bool | None


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """Return the element with its children; plain text among them and every attribute is escaped.

    Attribute names lose a final underscore and turn other underscores into hyphens. True gives
    the bare attribute, None and False none. None among the children is left out.
    """
    head = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{head}/>")
    return Html(f"<{head}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Return the children joined; plain text is escaped, None is left out."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(child)
            for child in children
            if child is not None
        )
    )


def _attribute(name: str, value: Attribute) -> str:
    """Return an attribute as HTML; empty if it is None or false."""
    if value is None or value is False:
        return ""
    plain = name.rstrip("_").replace("_", "-")
    return f" {plain}" if value is True else f' {plain}="{escape(str(value))}"'


def card_id(track: str) -> str:
    """Return the id of a track's card on the page."""
    return f"track-{track}"
