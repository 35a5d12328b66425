"""Text in the bitmap font: cut and wrapped to a width, drawn, and enlarged for titles."""

from __future__ import annotations

from functools import cache

import pygame

from chipassets.glyphs import LINE_HEIGHT as LINE_HEIGHT
from chipassets.glyphs import glyph_rows
from chipassets.glyphs import measure_text as measure_text
from demo_game.palette import INK, WHITE, Colour


def cut_text(text: str, width: int) -> str:
    """Return the text cut to `width` pixels, with an ellipsis where it is cut."""
    if measure_text(text) <= width:
        return text
    while text and measure_text(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap_text(text: str, width: int, lines: int) -> list[str]:
    """Return the text in at most `lines` of `width` pixels, broken at words; the last is cut."""
    rows: list[str] = []
    left = text.split()
    while left and len(rows) < lines - 1:
        count = 1
        while count < len(left) and measure_text(" ".join(left[: count + 1])) <= width:
            count += 1
        rows.append(cut_text(" ".join(left[:count]), width))
        left = left[count:]
    return [*rows, cut_text(" ".join(left), width)] if left else rows


def draw_text(
    canvas: pygame.Surface,
    text: str,
    x: int,
    y: int,
    colour: Colour = WHITE,
    shadow: Colour | None = INK,
) -> int:
    """Draw a line of text with its top left corner at x, y; return where it ends."""
    for letter in text:
        if shadow is not None:
            canvas.blit(_glyph(letter, shadow), (x + 1, y + 1))
        canvas.blit(_glyph(letter, colour), (x, y))
        x += len(glyph_rows(letter)[0]) + 1
    return x


def draw_centred(
    canvas: pygame.Surface, text: str, y: int, colour: Colour = WHITE, shadow: Colour | None = INK
) -> None:
    """Draw a line of text in the middle of the canvas."""
    draw_text(canvas, text, (canvas.get_width() - measure_text(text)) // 2, y, colour, shadow)


def big_text(text: str, scale: int, ramp: tuple[Colour, ...]) -> pygame.Surface:
    """Return a text enlarged, coloured down its height by the ramp, outlined in ink."""
    small = pygame.Surface((measure_text(text) + 1, LINE_HEIGHT), pygame.SRCALPHA)
    draw_text(small, text, 0, 0, WHITE, None)
    big = pygame.transform.scale_by(small, scale)
    for y in range(big.get_height()):
        colour = ramp[min(y * len(ramp) // (7 * scale), len(ramp) - 1)]
        row = pygame.Rect(0, y, big.get_width(), 1)
        big.fill((*colour, 255), row, special_flags=pygame.BLEND_RGBA_MULT)
    framed = pygame.Surface((big.get_width() + 4, big.get_height() + 5), pygame.SRCALPHA)
    shape = pygame.mask.from_surface(big).to_surface(setcolor=INK, unsetcolor=(0, 0, 0, 0))
    for dx in range(5):
        for dy in range(6):
            framed.blit(shape, (dx, dy))
    framed.blit(big, (2, 2))
    return framed


@cache
def _glyph(letter: str, colour: Colour) -> pygame.Surface:
    rows = glyph_rows(letter)
    surface = pygame.Surface((len(rows[0]), LINE_HEIGHT), pygame.SRCALPHA)
    for y, row in enumerate(rows):
        for x, dot in enumerate(row):
            if dot == "#":
                surface.set_at((x, y), colour)
    return surface
