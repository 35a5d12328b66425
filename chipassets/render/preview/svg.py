"""SVG as text: elements with short numbers and escaped text."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def number(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rect(x: float, y: float, width: float, height: float, look: str = "", title: str = "") -> str:
    """Return a rectangle; a title is its tooltip."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    look = f" {look}" if look else ""
    if not title:
        return f"<rect {place}{look}/>"
    return f"<rect {place}{look}><title>{_plain(title)}</title></rect>"


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return a line of text with a class of the style sheet; control characters become blanks."""
    kind = f" class={quoteattr(kind)}" if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}"{kind}>{_plain(words)}</text>'


def _plain(words: str) -> str:
    """Return text escaped for SVG, with blanks for what cannot be printed."""
    return escape("".join(char if char.isprintable() else " " for char in words))


def path(data: str, kind: str) -> str:
    """Return a path with a class of the style sheet; "" for an empty one."""
    return f'<path class="{kind}" d="{data}"/>' if data else ""


def group(kind: str, parts: list[str]) -> str:
    """Return the parts as one group with a class."""
    return "\n".join([f'<g class="{kind}">', *parts, "</g>"])
