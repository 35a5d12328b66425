"""The ground: textures of sixteen pixels, blended into each other where they meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pygame

from demo_game.art.shade import ball, blank, outline
from demo_game.dice import scatter
from demo_game.palette import (
    ABYSS,
    AMBER,
    BARK,
    CLAY,
    COAL,
    CORAL,
    CREAM,
    FOAM,
    GOLD,
    GRASS,
    INK,
    LEAF,
    LEAF_RAMP,
    LIME,
    MOSS,
    MUD,
    NIGHT,
    PEARL,
    PINE,
    ROCK_RAMP,
    ROSE,
    SAND,
    SEA,
    SKY,
    SLATE,
    STONE,
    STRAW,
    TEAL,
    WHITE,
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
"""Pictures of the ground are repeated after so many tiles, so that few must be painted."""


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
def tree(variant: int) -> pygame.Surface:
    """Return a round tree, 18 by 24 pixels: it stands higher than its tile."""
    drawn = blank(18, 24)
    pygame.draw.rect(drawn, BARK, (7, 16, 4, 7))
    pygame.draw.rect(drawn, MUD, (9, 16, 2, 7))
    ramp = LEAF_RAMP[:4] if variant % 2 else LEAF_RAMP
    ball(drawn, ramp, (9, 13), (7.6, 5.6))
    ball(drawn, ramp, (9 + variant % 3 - 1, 8), (6.4, 6))
    for i in range(5):
        drawn.set_at((3 + scatter(i, variant, 11), 4 + scatter(variant, i, 11)), ramp[1])
    return outline(drawn)


@cache
def pine(variant: int) -> pygame.Surface:
    """Return a fir, 18 by 26 pixels."""
    drawn = blank(18, 26)
    pygame.draw.rect(drawn, BARK, (8, 20, 3, 5))
    for layer, (top, half) in enumerate(((12, 8), (7, 7), (2, 5))):
        for y in range(9):
            reach_ = half * (y + 1) / 9
            for x in range(int(9 - reach_), int(9 + reach_) + 1):
                lit = (x - 9) / reach_ < -0.1 + 0.3 * ((x + y + variant) % 2)
                colour = LEAF if lit and y < 7 else PINE
                drawn.set_at((x, top + y), colour if layer or y < 8 else LEAF_RAMP[0])
    return outline(drawn)


@cache
def mountain(variant: int) -> pygame.Surface:
    """Return a peak, 24 by 26 pixels, with snow on most."""
    drawn = blank(24, 26)
    peak, height = 11 + variant % 3, 24 - variant % 4 * 2
    for y in range(height):
        half = 0.5 + y * 12 / height
        ridge = peak + scatter(y // 2, variant, 3) - 1 + (y // 6)
        for x in range(max(int(peak - half), 0), min(int(peak + half) + 1, 24)):
            shade = 2 if x < ridge else 1
            if scatter(x // 2, (y + x) // 2 + variant, 5) == 0:
                shade -= 1
            snow = y < height // 3 + scatter(x // 2, variant, 3) - 1 and height > 18
            colour = (WHITE if x < ridge else PEARL) if snow else ROCK_RAMP[shade]
            drawn.set_at((x, 25 - height + y), colour)
    return outline(drawn)


@cache
def tuft(frame: int) -> pygame.Surface:
    """Return tall grass that sways."""
    drawn = blank(TILE, TILE)
    for bush, (x, y) in enumerate(((0, 1), (8, 0), (4, 5), (11, 6), (-1, 9), (6, 10))):
        lean = (frame + bush) % 4 // 2
        for blade, (dx, height) in enumerate(((0, 3), (2, 5), (4, 4), (6, 3))):
            colour = (PINE, LEAF, LIME, LEAF)[blade]
            for i in range(height):
                drawn.set_at((x + dx + (lean if i > height // 2 else 0), y + 5 - i), colour)
    return drawn


@cache
def flower(variant: int, frame: int) -> pygame.Surface:
    """Return a few flowers that nod."""
    drawn = blank(TILE, TILE)
    petals = ((CORAL, GOLD), (CREAM, AMBER), (ROSE, CREAM))[variant % 3]
    for i, (x, y) in enumerate(((3, 4), (11, 3), (7, 10), (13, 12))):
        nod = (frame + i) % 4 // 2
        for dx, dy in ((0, 1), (1, 2)):
            drawn.set_at((x, y + dx + dy), LEAF)
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            drawn.set_at((x + dx + nod, y + dy), petals[0])
        drawn.set_at((x + nod, y), petals[1])
    return drawn


@cache
def shadow(width: int) -> pygame.Surface:
    """Return the shadow that something throws on the ground."""
    drawn = blank(width, 9)
    pygame.draw.ellipse(drawn, (*MOSS, 96), (0, 0, width, 9))
    return drawn


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


ROOF_COLOURS = ((CORAL, ROSE), (TEAL, SEA), (AMBER, CLAY))


@cache
def house(variant: int) -> pygame.Surface:
    """Return a cottage of 48 by 64 pixels; its door is in the middle of the lowest tile."""
    light, dark = ROOF_COLOURS[variant % 3]
    drawn = blank(48, 64)
    pygame.draw.rect(drawn, STRAW, (4, 36, 40, 26))
    pygame.draw.rect(drawn, SAND, (4, 36, 40, 5))
    pygame.draw.rect(drawn, CLAY, (4, 58, 40, 4))
    for x in (4, 15, 31, 42):
        pygame.draw.rect(drawn, BARK, (x, 38, 2, 24))
    pygame.draw.rect(drawn, BARK, (19, 44, 10, 18))
    pygame.draw.rect(drawn, CLAY, (20, 46, 8, 16))
    pygame.draw.line(drawn, MUD, (24, 46), (24, 61))
    drawn.set_at((26, 54), GOLD)
    for x in (7, 34):
        pygame.draw.rect(drawn, BARK, (x, 45, 8, 9))
        pygame.draw.rect(drawn, GOLD, (x + 1, 46, 6, 7))
        pygame.draw.rect(drawn, CREAM, (x + 1, 46, 3, 3))
        pygame.draw.line(drawn, BARK, (x + 4, 46), (x + 4, 52))
        pygame.draw.line(drawn, BARK, (x + 1, 49), (x + 6, 49))
    pygame.draw.rect(drawn, ROCK_RAMP[1], (34, 6, 6, 12))
    pygame.draw.rect(drawn, STONE, (34, 6, 2, 12))
    for y in range(30):
        indent = max(0, 8 - y // 3)
        for x in range(indent, 48 - indent):
            tile_edge = y % 5 == 4 or (x + 4 * (y // 5 % 2)) % 8 == 0
            colour = dark if tile_edge or y > 26 else light
            drawn.set_at((x, 11 + y), CREAM if y == 0 else colour)
    return outline(drawn)


@cache
def fountain(frame: int) -> pygame.Surface:
    """Return the fountain of the town, 48 by 40 pixels."""
    drawn = blank(48, 40)
    ball(drawn, ROCK_RAMP, (24, 26), (23, 13))
    pygame.draw.ellipse(drawn, SEA, (5, 15, 38, 19))
    pygame.draw.ellipse(drawn, TEAL, (8, 17, 32, 14))
    for i in range(9):
        x = 10 + scatter(i, frame // 2, 28)
        pygame.draw.line(drawn, SKY, (x, 19 + i), (x + 3, 19 + i))
    pygame.draw.rect(drawn, STONE, (22, 8, 5, 17))
    pygame.draw.rect(drawn, PEARL, (22, 8, 2, 17))
    ball(drawn, ROCK_RAMP, (24, 9), (7, 3))
    for i in range(8):
        drop = (i * 2 + frame * 2) % 16
        side = 1 if i % 2 else -1
        x = 24 + side * (3 + drop // 2)
        drawn.set_at((x, 4 + drop * drop // 14), FOAM)
        drawn.set_at((x, 5 + drop * drop // 14), SKY)
    pygame.draw.line(drawn, FOAM, (24, 2 - frame % 2), (24, 7))
    return outline(drawn)


@cache
def village() -> pygame.Surface:
    """Return the town as the overworld shows it."""
    drawn = blank(30, 24)
    for x, y, variant in ((9, 0, 1), (0, 8, 0), (16, 9, 2)):
        light, dark = ROOF_COLOURS[variant]
        pygame.draw.rect(drawn, STRAW, (x + 1, y + 7, 10, 7))
        pygame.draw.rect(drawn, BARK, (x + 5, y + 10, 3, 4))
        drawn.set_at((x + 3, y + 10), GOLD)
        drawn.set_at((x + 9, y + 10), GOLD)
        for row in range(7):
            pygame.draw.line(
                drawn, light if row < 5 else dark, (x + 6 - row, y + row), (x + 6 + row, y + row)
            )
            drawn.set_at((x + 6 + row, y + row), dark)
    return outline(drawn)


@cache
def cave_mouth() -> pygame.Surface:
    """Return the way into the mountain."""
    drawn = blank(20, 20)
    ball(drawn, ROCK_RAMP, (10, 11), (10, 10))
    pygame.draw.rect(drawn, (0, 0, 0, 0), (0, 18, 20, 2))
    pygame.draw.ellipse(drawn, INK, (4, 5, 12, 20))
    pygame.draw.ellipse(drawn, NIGHT, (6, 12, 8, 12))
    return outline(drawn)


@cache
def lighthouse(lit: bool) -> pygame.Surface:
    """Return the lighthouse, 18 by 44 pixels; its lamp burns when lit."""
    drawn = blank(18, 44)
    for y in range(14, 44):
        half = 4 + (y - 14) // 9
        for x in range(9 - half, 9 + half):
            stripe = (y - 14) // 7 % 2
            side = x - 9 + half
            light, mid, dark = (CORAL, ROSE, BARK) if stripe else (WHITE, CREAM, SAND)
            drawn.set_at((x, y), light if side < half * 0.8 else mid if side < half * 1.5 else dark)
    pygame.draw.rect(drawn, COAL, (3, 12, 12, 3))
    pygame.draw.rect(drawn, GOLD if lit else SLATE, (6, 6, 6, 6))
    pygame.draw.rect(drawn, CREAM if lit else COAL, (7, 7, 3, 4))
    for row in range(5):
        pygame.draw.line(drawn, ROSE, (9 - row, 1 + row), (8 + row, 1 + row))
    pygame.draw.rect(drawn, BARK, (7, 37, 4, 7))
    return outline(drawn)


@cache
def torch(frame: int) -> pygame.Surface:
    """Return a torch on the wall, its flame in one of four shapes."""
    drawn = blank(8, 14)
    pygame.draw.rect(drawn, BARK, (3, 7, 2, 6))
    lean = (0, 1, 0, -1)[frame % 4]
    ball(drawn, (CORAL, AMBER), (4, 5), (3, 3.4))
    drawn.set_at((4 + lean, 1), AMBER)
    drawn.set_at((3 + lean, 0 + frame % 2), CORAL)
    pygame.draw.rect(drawn, GOLD, (3, 4, 2, 3))
    drawn.set_at((3, 5), CREAM)
    return outline(drawn)
