"""A preview as PNG, for programs without SVG: draws the elements of a preview in pixels.

It reads what `draw_sheet` writes, so that both pictures always show the same; it cannot read other
SVG files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from xml.etree import ElementTree

from chipassets.errors import RenderError
from chipassets.render.preview.canvas import Canvas, Point
from chipassets.render.preview.png import encode_png
from chipassets.render.preview.style import Look, StyleSheet, colour_of

_PIXELS_PER_UNIT = 2
MOST_PIXELS = 100_000_000
_COMMAND = re.compile(r"([MLHVhvz])([^MLHVhvz]*)")
_NUMBER = re.compile(r"-?[0-9.]+(?:e-?[0-9]+)?")
_TEXT_SIZE = 9.0


def picture_to_png(svg: bytes) -> bytes:
    """Return a preview's SVG as PNG, at two pixels per unit, or one if that were too many pixels.

    RenderError if even that exceeds 100 million pixels.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - draw_sheet wrote it, a moment ago
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    scale = _PIXELS_PER_UNIT if width * height * _PIXELS_PER_UNIT**2 <= MOST_PIXELS else 1
    if width * height * scale**2 > MOST_PIXELS:
        raise RenderError(
            f"the picture would be {width:.0f} by {height:.0f} pixels; show fewer bars, or as SVG"
        )
    canvas = Canvas(width, height, scale)
    sheet = StyleSheet(root.findtext("{*}style", ""))
    for item in root:
        element = item.tag.rpartition("}")[2]
        if element in _DRAWERS:
            _DRAWERS[element](
                canvas, item.attrib, sheet.look(element, item.attrib), item.text or ""
            )
    return encode_png(canvas.pixels)


def _rect(canvas: Canvas, item: Mapping[str, str], look: Look, words: str) -> None:
    """Draw a rectangle of the SVG."""
    del words
    x, y, width, height = (float(item.get(name, 0)) for name in ("x", "y", "width", "height"))
    fill, stroke = colour_of(look.get("fill", "#000")), colour_of(look.get("stroke", ""))
    if fill:
        canvas.box(x, y, width, height, fill, float(look.get("fill-opacity", 1)))
    if stroke:
        canvas.frame(x, y, width, height, float(look.get("stroke-width", 1)), stroke)


def _circle(canvas: Canvas, item: Mapping[str, str], look: Look, words: str) -> None:
    """Draw a dot of a repeat sign as a box without its corners."""
    del words
    x, y, radius = (float(item[name]) for name in ("cx", "cy", "r"))
    colour = colour_of(look.get("fill", "#000"))
    if colour:
        off = radius * 0.4
        canvas.box(x - radius, y - radius + off, 2 * radius, 2 * (radius - off), colour)
        canvas.box(x - radius + off, y - radius, 2 * (radius - off), 2 * radius, colour)


def _path(canvas: Canvas, item: Mapping[str, str], look: Look, words: str) -> None:
    """Draw a path of the SVG, which has only straight lines."""
    del words
    fill, stroke = colour_of(look.get("fill", "#000")), colour_of(look.get("stroke", ""))
    opacity, thick = float(look.get("fill-opacity", 1)), float(look.get("stroke-width", 1))
    dashes = [float(part) for part in look.get("stroke-dasharray", "0 0").split()]
    for points in _outlines(item.get("d", "")):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if fill and _is_box(points):
            canvas.box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), fill, opacity)
        elif fill and len(points) > 2:
            canvas.shape(points, fill)
        if stroke:
            for start, end in pairwise(points):
                canvas.line(start, end, thick, stroke, (dashes[0], dashes[1]))


def _is_box(points: list[Point]) -> bool:
    """Return whether four points are the corners of an upright rectangle."""
    return (
        len(points) == 4
        and len(set(points)) == 4
        and all(
            a[0] == b[0] or a[1] == b[1]
            for a, b in zip(points, points[1:] + points[:1], strict=True)
        )
    )


def _outlines(data: str) -> Iterator[list[Point]]:
    """Return the corners of each part of a path."""
    points: list[Point] = []
    x = y = 0.0
    for command, text in _COMMAND.findall(data):
        numbers = [float(number) for number in _NUMBER.findall(text)]
        if command in "ML":
            x, y = numbers
        elif command == "H":
            x = numbers[0]
        elif command == "V":
            y = numbers[0]
        elif command == "h":
            x += numbers[0]
        elif command == "v":
            y += numbers[0]
        if command == "M" and points:
            yield points
            points = []
        if command != "z":
            points.append((x, y))
    if points:
        yield points


def _text(canvas: Canvas, item: Mapping[str, str], look: Look, words: str) -> None:
    """Draw a text of the SVG."""
    size = float(look.get("font-size", f"{_TEXT_SIZE}px").removesuffix("px"))
    colour = colour_of(look.get("fill", "#000")) or (0, 0, 0)
    bold = look.get("font-weight") == "bold"
    ends = look.get("text-anchor") == "end"
    canvas.text(float(item["x"]), float(item["y"]), words, size, colour, bold, ends)


_DRAWERS = {"rect": _rect, "circle": _circle, "path": _path, "text": _text}
