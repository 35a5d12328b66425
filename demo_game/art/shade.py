"""Drawing with few colours: ramps, ordered dithering, shaded solids, outlines, sprites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pygame

from demo_game.palette import INK, LETTERS, Colour

Ramp = Sequence[Colour]

# Bayer's 4 by 4 threshold matrix.
_BAYER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))


def blank(width: int, height: int) -> pygame.Surface:
    """Return a transparent surface."""
    return pygame.Surface((width, height), pygame.SRCALPHA)


def dither(ramp: Ramp, value: float, x: int, y: int) -> Colour:
    """Return the colour of the ramp for a value 0..1, dithered by place."""
    level = min(max(value, 0.0), 1.0) * (len(ramp) - 1)
    threshold = (_BAYER[y % 4][x % 4] + 0.5) / 16
    # Flat in the middle of each colour, dithered only near the borders: bands, not noise.
    fraction = min(max((level % 1 - 0.5) * 1.8 + 0.5, 0.0), 1.0)
    return ramp[min(int(level) + (fraction > threshold), len(ramp) - 1)]


def gradient(surface: pygame.Surface, ramp: Ramp, top: int, bottom: int) -> None:
    """Fill rows top..bottom with the ramp, dithered."""
    for y in range(top, bottom):
        value = (y - top) / max(bottom - top - 1, 1)
        for x in range(surface.get_width()):
            surface.set_at((x, y), dither(ramp, value, x, y))


def ball(
    surface: pygame.Surface, ramp: Ramp, centre: tuple[float, float], radii: tuple[float, float]
) -> None:
    """Draw an ellipsoid lit from the upper left."""
    (cx, cy), (rx, ry) = centre, radii
    for y in range(int(cy - ry), int(cy + ry) + 1):
        for x in range(int(cx - rx), int(cx + rx) + 1):
            nx, ny = (x + 0.5 - cx) / rx, (y + 0.5 - cy) / ry
            flat = nx * nx + ny * ny
            if flat <= 1:
                light = 0.34 - 0.42 * nx - 0.5 * ny + 0.38 * (1 - flat) ** 0.5
                surface.set_at((x, y), dither(ramp, light, x, y))


def outline(sprite: pygame.Surface, colour: Colour = INK) -> pygame.Surface:
    """Return the sprite, two pixels larger each way, with an outline of one pixel."""
    width, height = sprite.get_size()
    framed = blank(width + 2, height + 2)
    shape = pygame.mask.from_surface(sprite).to_surface(setcolor=colour, unsetcolor=(0, 0, 0, 0))
    for place in ((0, 1), (2, 1), (1, 0), (1, 2)):
        framed.blit(shape, place)
    framed.blit(sprite, (1, 1))
    return framed


def sprite(rows: Iterable[str], changes: dict[str, Colour] | None = None) -> pygame.Surface:
    """Return the sprite written in letters of the palette; "." is transparent."""
    lines = list(rows)
    colours = LETTERS | (changes or {})
    surface = blank(max(map(len, lines)), len(lines))
    for y, line in enumerate(lines):
        for x, letter in enumerate(line):
            if letter != ".":
                surface.set_at((x, y), colours[letter])
    return surface


def mirrored(rows: Iterable[str]) -> list[str]:
    """Return rows made symmetric: each is followed by itself backwards."""
    return [row + row[::-1] for row in rows]


def glow(radius: int, colour: Colour, strength: int) -> pygame.Surface:
    """Return light to be added to what lies below: full in the middle, none at the rim.

    Its rings are two pixels wide, and fall off like a smooth step, so that no edge is seen.
    """
    surface = pygame.Surface((radius * 2, radius * 2))
    for ring in range(radius, 0, -2):
        near = 1 - ring / radius
        share = near * near * (3 - 2 * near) * strength / 255
        shine = tuple(round(channel * share) for channel in colour)
        pygame.draw.circle(surface, shine, (radius, radius), ring)
    return surface
