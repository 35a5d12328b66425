"""Pixels to draw on: boxes, outlines, filled shapes, lines and text, antialiased."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.glyphs import glyph_rows, measure_text

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SUB_ROWS = 4
"""Sample lines per row of pixels, for antialiased edges of shapes."""

_CAPITAL = 0.73
"""The height of a capital letter relative to the font size, as in browsers' sans-serif fonts."""
_GLYPH_HEIGHT = 7


class Canvas:
    """A picture of `width` by `height` units, `scale` pixels a unit; white at first."""

    def __init__(self, width: float, height: float, scale: int) -> None:
        self.scale = scale
        size = (round(height * scale), round(width * scale), 3)
        self.pixels: NDArray[np.uint8] = np.full(size, 255, dtype=np.uint8)

    def box(
        self, x: float, y: float, width: float, height: float, colour: Colour, opacity: float = 1.0
    ) -> None:
        """Fill a rectangle; pixels at its edges are partly covered."""
        columns, across = self._cover(x, x + width, self.pixels.shape[1])
        rows, down = self._cover(y, y + height, self.pixels.shape[0])
        self._blend(rows, columns, down[:, None] * across[None, :] * opacity, colour)

    def frame(
        self, x: float, y: float, width: float, height: float, thick: float, colour: Colour
    ) -> None:
        """Draw the outline of a rectangle, half of it inside."""
        half = thick / 2
        for top in (y - half, y + height - half):
            self.box(x - half, top, width + thick, thick, colour)
        for left in (x - half, x + width - half):
            self.box(left, y + half, thick, height - thick, colour)

    def line(
        self, start: Point, end: Point, thick: float, colour: Colour, dash: tuple[float, float]
    ) -> None:
        """Draw a horizontal or vertical line.

        `dash` is the length of dashes and gaps, or (0, 0).
        """
        (x, y), (to_x, to_y) = min(start, end), max(start, end)
        length = max(to_x - x, to_y - y)
        drawn, left_out = dash if dash[0] else (length, 1.0)
        at = 0.0
        while at < length:
            piece = min(drawn, length - at)
            if to_x > x:
                self.box(x + at, y - thick / 2, piece, thick, colour)
            else:
                self.box(x - thick / 2, y + at, thick, piece, colour)
            at += drawn + left_out

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the inside of a closed shape (even-odd)."""
        corners = np.array(points, dtype=np.float64) * self.scale
        ends = np.roll(corners, -1, axis=0)
        high, width = self.pixels.shape[:2]
        first, last = max(0, int(corners[:, 1].min())), min(high - 1, int(corners[:, 1].max()))
        for row in range(first, last + 1):
            cover = np.zeros(width)
            for sub in range(_SUB_ROWS):
                y = row + (sub + 0.5) / _SUB_ROWS
                crossed = (corners[:, 1] <= y) != (ends[:, 1] <= y)
                a, b = corners[crossed], ends[crossed]
                xs = np.sort(a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
                cover += _covered(xs, width)
            inside = np.flatnonzero(cover)
            if len(inside):
                span = slice(int(inside[0]), int(inside[-1]) + 1)
                self._blend(slice(row, row + 1), span, cover[None, span] / _SUB_ROWS, colour)

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour, bold: bool, ends: bool
    ) -> None:
        """Write a line of text with baseline `y`, from `x` on, or up to it.

        Dots of letters are a whole number of pixels; the letters are centred as in a font of the
        size.
        """
        capital = size * self.scale * _CAPITAL
        dots = max(1, round(capital / _GLYPH_HEIGHT + 0.2))
        left = round(x * self.scale) - (dots * measure_text(words) if ends else 0)
        top = round(y * self.scale - (capital + dots * _GLYPH_HEIGHT) / 2)
        for letter in words:
            shape = _letter(letter, dots)
            self._stamp(left, top, shape, colour)
            if bold:
                self._stamp(left + max(1, dots // 2), top, shape, colour)
            left += shape.shape[1] + dots

    def _stamp(self, left: int, top: int, dark: NDArray[np.bool_], colour: Colour) -> None:
        """Set the pixels that are dark in a mask, which may reach beyond the picture."""
        high, width = self.pixels.shape[:2]
        rows = slice(max(top, 0), min(top + dark.shape[0], high))
        columns = slice(max(left, 0), min(left + dark.shape[1], width))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        seen = dark[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        self.pixels[rows, columns][seen] = colour

    def _cover(self, start: float, stop: float, most: int) -> tuple[slice, NDArray[np.float64]]:
        """Return the pixels between two places, and the covered share of each."""
        low, high = max(start * self.scale, 0.0), min(stop * self.scale, float(most))
        if high <= low:
            return slice(0, 0), np.zeros(0)
        first, last = int(low), min(int(np.ceil(high)), most)
        places = np.arange(first, last)
        cover = np.minimum(places + 1, high) - np.maximum(places, low)
        return slice(first, last), cover

    def _blend(
        self, rows: slice, columns: slice, cover: NDArray[np.float64], colour: Colour
    ) -> None:
        """Mix a colour into a rectangle of pixels, by the covered share of each."""
        if not cover.size:
            return
        under = self.pixels[rows, columns]
        if cover.min() >= 1:
            under[...] = colour
            return
        over = np.array(colour, dtype=np.float32)
        under[...] = np.rint(under + (over - under) * cover[..., None].astype(np.float32))


@lru_cache(maxsize=512)
def _letter(letter: str, dots: int) -> NDArray[np.bool_]:
    """Return the letter with `dots` pixels for each dot."""
    dark = np.array([[dot == "#" for dot in row] for row in glyph_rows(letter)])
    return dark.repeat(dots, axis=0).repeat(dots, axis=1)


def _covered(xs: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the share of each pixel of a row that lies between pairs of crossings."""
    starts, stops = np.clip(xs[0::2], 0, width), np.clip(xs[1::2], 0, width)
    edges = np.zeros(width + 2)
    for places, sign in ((starts, 1.0), (stops, -1.0)):
        whole = places.astype(np.int64)
        part = places - whole
        np.add.at(edges, whole, sign * (1 - part))
        np.add.at(edges, whole + 1, sign * part)
    return np.cumsum(edges)[:width]
