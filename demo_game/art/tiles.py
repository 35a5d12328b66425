"""The ground: textures of sixteen pixels, blended into each other where they meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pygame

from demo_game.dice import scatter
from demo_game.palette import (
    ABYSS,
    BARK,
    CLAY,
    COAL,
    CREAM,
    FOAM,
    GRASS,
    INK,
    LEAF,
    LIME,
    MUD,
    NIGHT,
    PEARL,
    SAND,
    SEA,
    SKY,
    SLATE,
    STONE,
    STRAW,
    TEAL,
    Colour,
)  # fmt: skip

TILE = 16
WATER_FRAMES = 4

Picture = Callable[[int, int], Colour]


def grass(x: int, y: int) -> Colour:
    """Meadow with tufts and dots."""
    if scatter(x // 2, y, 34) == 0 and scatter(x // 2, y - 1, 34):
        return LEAF
    if scatter(x, y, 60) == 0:
        return LIME
    return GRASS


def sand(x: int, y: int) -> Colour:
    """Beach with a few grains."""
    grain = scatter(x, y, 40)
    return SAND if grain == 0 else CREAM if grain == 1 else STRAW


def road(x: int, y: int) -> Colour:
    """Trodden earth with pebbles."""
    if scatter(x // 2, y // 2, 26) == 0:
        return CLAY
    return STRAW if scatter(x, y, 22) == 0 else SAND


def cave_floor(x: int, y: int) -> Colour:
    """Rough stone."""
    if scatter(x // 3, y // 2, 13) == 0:
        return COAL
    return STONE if scatter(x // 2, y, 31) == 0 else SLATE


def worn_floor(x: int, y: int) -> Colour:
    """Slabs that feet have smoothed."""
    row = y // 8
    joint = y % 8 == 0 or (x + 8 * (row % 2)) % 16 == 0
    if joint:
        return SLATE
    return PEARL if y % 8 == 1 or scatter(x, y, 40) == 0 else STONE


@cache
def water(frame: int) -> Picture:
    """Return the picture of the sea in one of its frames: drifting crests."""

    def picture(x: int, y: int) -> Colour:
        # Crests repeat every 32 by 16 pixels, and drift one crest length in a whole cycle.
        crest = scatter((x // 8) % 8, (y // 4) % 16, 7)
        inside = (x + frame * 2 + crest * 3) % 16
        if crest < 3 and y % 4 == 1 and 4 <= inside < 4 + 3 + crest:
            return SKY if crest == 0 and inside < 7 else TEAL
        return SEA

    return picture


@cache
def cave_water(frame: int) -> Picture:
    """Return the picture of an underground pool."""
    bright = water(frame)
    return lambda x, y: {SEA: ABYSS, TEAL: SEA, SKY: TEAL}[bright(x, y)]


_PERIOD = 4
"""The tiles after which pictures of the ground repeat, so that few are painted."""


def paint(picture: Picture, column: int, row: int) -> pygame.Surface:
    """Return the part of a picture that lies on a tile; it is shared: copy it to change it."""
    return _paint(picture, column % _PERIOD, row % _PERIOD)


@cache
def _paint(picture: Picture, column: int, row: int) -> pygame.Surface:
    surface = pygame.Surface((TILE, TILE))
    for y in range(TILE):
        for x in range(TILE):
            surface.set_at((x, y), picture(column * TILE + x, row * TILE + y))
    return surface


Neighbours = tuple[bool, ...]
"""Whether the eight tiles around are of the other ground: from the north, clockwise."""


@cache
def reach(around: Neighbours, seed: int) -> tuple[tuple[int, ...], ...]:
    """Return for each pixel of a tile how far it is inside, in pixels from the other ground.

    The distance wavers by a pixel with the seed, so that borders look grown.
    """
    north, ne, east, se, south, sw, west, nw = around
    far = 99.0
    lines = []
    for y in range(TILE):
        line = []
        for x in range(TILE):
            right, below = TILE - 1 - x, TILE - 1 - y
            sides = ((north, y), (east, right), (south, below), (west, x))
            corners = ((ne, right, y), (se, right, below), (sw, x, below), (nw, x, y))
            distance = min([d for there, d in sides if there], default=far)
            round_ = [(a * a + b * b) ** 0.5 for there, a, b in corners if there]
            distance = min([distance, *round_])
            waver = scatter((x + seed * 5) // 3, (y + seed * 3) // 3, 3) - 1
            line.append(int(distance) + waver)
        lines.append(tuple(line))
    return tuple(lines)


def blend(
    ground: pygame.Surface,
    other: Picture,
    spot: tuple[int, int],
    around: Neighbours,
    depth: int,
    rim: tuple[Colour, ...] = (),
) -> pygame.Surface:
    """Return the ground with the other reaching `depth` pixels in, and a rim between them."""
    if not any(around):
        return ground
    tile = ground.copy()
    painted = paint(other, *spot)
    for y, line in enumerate(reach(around, scatter(*spot, 8))):
        for x, distance in enumerate(line):
            if distance < depth:
                tile.set_at((x, y), painted.get_at((x, y)))
            elif distance < depth + len(rim):
                tile.set_at((x, y), rim[distance - depth])
    return tile


SHORE = (SAND, FOAM, TEAL)
"""The rim between beach and sea: wet sand, foam, shallow water."""

BANK = (LEAF,)
POOL_RIM = (SLATE, SEA)

_CORNER_RADIUS = 11


@dataclass(frozen=True, slots=True)
class Edge:
    """How one ground ends at another: how far it reaches out, the rim, and what lies beyond."""

    depth: int
    rim: tuple[Colour, ...]
    beyond: Picture


def round_corner(
    ground: pygame.Surface, vertex: tuple[int, int], out: tuple[int, int], edge: Edge
) -> None:
    """Round a corner on the whole map: vertex is its tip, `out` points to what lies beyond."""
    reach_ = len(edge.rim) + edge.depth
    for far_y in range(-_CORNER_RADIUS, reach_):
        for far_x in range(-_CORNER_RADIUS, reach_):
            inner_x, inner_y = far_x + _CORNER_RADIUS + 0.5, far_y + _CORNER_RADIUS + 0.5
            distance = int((inner_x**2 + inner_y**2) ** 0.5) - _CORNER_RADIUS - edge.depth
            # Pixels run away from the vertex on both sides of it, so one side is one further.
            x = vertex[0] + out[0] * far_x - (out[0] < 0)
            y = vertex[1] + out[1] * far_y - (out[1] < 0)
            if distance < 0 or not ground.get_rect().collidepoint(x, y):
                continue
            far = paint(edge.beyond, x // TILE, y // TILE).get_at((x % TILE, y % TILE))
            ground.set_at((x, y), edge.rim[distance] if distance < len(edge.rim) else far)


@cache
def bridge() -> pygame.Surface:
    """Return planks across the river, with rails."""
    drawn = pygame.Surface((TILE, TILE))
    for y in range(TILE):
        for x in range(TILE):
            plank = MUD if y % 4 == 3 else CLAY if scatter(x // 3, y // 4, 4) else SAND
            drawn.set_at((x, y), plank)
    for x in (0, TILE - 2):
        pygame.draw.rect(drawn, BARK, (x, 0, 2, TILE))
        pygame.draw.rect(drawn, SAND, (x, 2, 1, TILE - 6))
    return drawn


@cache
def cave_wall(face: bool, variant: int) -> pygame.Surface:
    """Return rock: seen from above, or its face where the floor lies below."""
    drawn = pygame.Surface((TILE, TILE))
    drawn.fill(INK)
    for y in range(TILE):
        for x in range(TILE):
            if not face:
                speck = scatter(x + variant * 16, y, 70) == 0
                drawn.set_at((x, y), NIGHT if speck else INK)
                continue
            block = scatter((x + 3 * (y // 5)) // 6 + variant * 4, y // 5, 3)
            joint = y % 5 == 0 or (x + 3 * (y // 5)) % 6 == 0
            light = CLAY if block else SAND
            colour = MUD if joint else light if y > 2 else SAND
            drawn.set_at((x, y), MUD if y > 13 else BARK if y > 9 and not joint else colour)
    return drawn


def cave_light_edge(tile: pygame.Surface, around: Neighbours) -> None:
    """Give rock that is seen from above a pale edge where it ends."""
    for y, line in enumerate(reach(around, 0)):
        for x, distance in enumerate(line):
            if distance <= 0:
                tile.set_at((x, y), BARK)
