"""Wide pictures: the isle at dusk behind the title, and where battles take place."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.art.scenery import lighthouse
from demo_game.art.shade import ball, blank, dither, glow, gradient
from demo_game.dice import scatter
from demo_game.palette import (
    ABYSS,
    AMBER,
    COAL,
    CREAM,
    DUSK,
    DUSK_RAMP,
    FOAM,
    GOLD,
    GRASS,
    INK,
    LEAF,
    LIME,
    MOSS,
    NIGHT,
    PINE,
    PLUM,
    ROCK_RAMP,
    ROSE,
    SEA,
    SKY,
    SLATE,
    STONE,
    TEAL,
    WHITE,
)  # fmt: skip

WIDTH, HEIGHT = 320, 180
_HORIZON = 118
_LAMP = (262, 70)


@cache
def _dusk() -> pygame.Surface:
    """The still part of the title's picture."""
    picture = pygame.Surface((WIDTH, HEIGHT))
    gradient(picture, (INK, NIGHT, NIGHT, DUSK, PLUM, ROSE, DUSK_RAMP[5], AMBER, GOLD), 0, _HORIZON)
    for cloud, (cx, cy, width) in enumerate(
        ((52, 84, 46), (150, 96, 60), (96, 72, 30), (290, 90, 40))
    ):
        for i in range(9):
            x = cx + (i - 4) * width // 9
            y = cy + scatter(i, cloud, 3) - 1
            size = (width / 9 + 3, 2 + scatter(cloud, i, 3) * 0.7)
            ball(picture, (PLUM, ROSE, DUSK_RAMP[5], AMBER), (x, y), size)
    ball(picture, (GOLD, CREAM, WHITE), (92, _HORIZON - 6), (15, 15))
    _draw_ridge(picture, (112, 11, 37), (DUSK, PLUM))
    gradient(picture, (AMBER, DUSK_RAMP[5], ROSE, PLUM, DUSK, NIGHT, INK), _HORIZON, HEIGHT)
    return picture


def _draw_ridge(
    picture: pygame.Surface, shape: tuple[int, int, int], colours: tuple[tuple[int, int, int], ...]
) -> None:
    base, height, seed = shape
    for x in range(WIDTH):
        wave = math.sin(x / 23 + seed) + 0.5 * math.sin(x / 9 + seed) + 0.3 * math.sin(x / 4.1)
        top = int(base - height * (0.4 + 0.3 * wave) * (0.25 + abs(x - 110) / 160))
        for y in range(max(top, 0), _HORIZON):
            picture.set_at((x, y), dither(colours, (y - top) / 18, x, y))


@cache
def _headland() -> pygame.Surface:
    """The cliff with trees on which the lighthouse stands."""
    drawn = blank(WIDTH, HEIGHT)
    for x in range(170, WIDTH):
        rise = 1 - math.exp(-(x - 170) / 24)
        top = int(132 - 28 * rise + scatter(x // 3, 1, 3))
        for y in range(top, HEIGHT):
            grain = scatter((x + y // 3) // 3, y // 4, 4)
            light = 0.55 - (x - 170) / 400 - (y - top) / 70 + grain * 0.1
            colour = dither((INK, NIGHT, DUSK, PLUM), light, x, y)
            is_turf = y < top + 3 + scatter(x // 2, 2, 3)
            drawn.set_at((x, y), (PINE if (x + y) % 3 else LEAF) if is_turf else colour)
    for i, x in enumerate((206, 284, 298, 308, 318, 222)):
        height = 17 + scatter(i, 3, 9)
        foot = 112 - 3 * i % 5
        for y in range(height):
            half = 1 + (y % 7) * 0.6 + y / 5
            pygame.draw.line(
                drawn, MOSS, (x - half, foot - height + y), (x + half, foot - height + y)
            )
            drawn.set_at((int(x - half), foot - height + y), PINE)
    return drawn


def draw_isle(canvas: pygame.Surface, frame: int, *, lit: bool) -> None:
    """Draw the isle at dusk: stars, the sea, the lighthouse, and its beam when it is lit."""
    canvas.blit(_dusk(), (0, 0))
    for i in range(46):
        x, y = scatter(i, 7, WIDTH), scatter(i, 8, 62)
        if (frame // 24 + i) % 9:
            canvas.set_at((x, y), (WHITE, FOAM, GOLD)[i % 3] if i % 5 else CREAM)
    _draw_glitter(canvas, frame)
    if lit:
        _draw_beam(canvas, frame)
    canvas.blit(_headland(), (0, 0))
    tower = lighthouse(lit)
    canvas.blit(tower, (_LAMP[0] - tower.get_width() // 2, _LAMP[1] - 9))
    if lit:
        shine = glow(26, AMBER, 84 + int(12 * math.sin(frame / 9)))
        canvas.blit(shine, (_LAMP[0] - 26, _LAMP[1] - 26), special_flags=pygame.BLEND_RGB_ADD)


def _draw_glitter(canvas: pygame.Surface, frame: int) -> None:
    for i in range(90):
        depth = scatter(i, 11, 60)
        y = _HORIZON + 1 + depth
        near_sun = scatter(i, 12, 3) > 0
        spread = 16 + depth // 2
        x = 92 + scatter(i, 13, 2 * spread) - spread if near_sun else scatter(i, 14, WIDTH)
        x += int(math.sin(frame / 30 + i) * 3)
        if (frame // 10 + i * 3) % 7 < 4:
            colour = (
                (CREAM, GOLD, AMBER)[depth // 21] if near_sun else (ROSE, PLUM, DUSK)[depth // 21]
            )
            pygame.draw.line(canvas, colour, (x, y), (x + 2 + depth // 12, y))


def _draw_beam(canvas: pygame.Surface, frame: int) -> None:
    angle = frame / 90
    for turn in (angle, angle + math.pi):
        # The lamp turns level with the ground: pointing at us, the beam is short and narrow.
        side = abs(math.cos(turn))
        reach, half = 60 + 280 * side, 0.03 + 0.06 * side
        light = pygame.Surface(canvas.get_size())
        tips = [
            (_LAMP[0] + math.cos(turn + d) * reach, _LAMP[1] + math.sin(turn + d) * reach * 0.13)
            for d in (-half, half)
        ]
        pygame.draw.polygon(light, (52, 44, 26), [_LAMP, *tips])
        inner = [
            (_LAMP[0] + math.cos(turn + d) * reach, _LAMP[1] + math.sin(turn + d) * reach * 0.13)
            for d in (-half / 2, half / 2)
        ]
        pygame.draw.polygon(light, (84, 72, 44), [_LAMP, *inner])
        canvas.blit(light, (0, 0), special_flags=pygame.BLEND_RGB_ADD)


@cache
def battlefield(scene: str) -> pygame.Surface:
    """Return the background of a battle: "field", "cave" or "lair"."""
    picture = pygame.Surface((WIDTH, HEIGHT))
    if scene == "field":
        _paint_field(picture)
    else:
        _paint_cave(picture, is_lair=scene == "lair")
    return picture


def _paint_field(picture: pygame.Surface) -> None:
    gradient(picture, (SEA, TEAL, SKY, FOAM, CREAM), 0, 84)
    for i, (x, y) in enumerate(((40, 26), (66, 31), (190, 20), (214, 24), (270, 44), (120, 50))):
        ball(picture, (SKY, FOAM, WHITE, WHITE), (x, y), (20 - i, 5))
        ball(picture, (SKY, FOAM, WHITE, WHITE), (x - 3, y - 4), (10, 5))
    for distance, (colours, base, height) in enumerate(
        (((TEAL, SKY), 78, 22), ((PINE, LEAF), 84, 13), ((LEAF, GRASS), 90, 7))
    ):
        for x in range(WIDTH):
            wave = math.sin(x / (31 - distance * 6) + distance * 2) + 0.4 * math.sin(x / 11.0)
            top = int(base - height * (0.6 + 0.4 * wave))
            for y in range(top, 96):
                picture.set_at((x, y), dither(colours[::-1], (y - top) / 16, x, y))
    gradient(picture, (LEAF, GRASS, GRASS, GRASS, LIME, GRASS, LEAF, PINE), 88, HEIGHT)
    for i in range(240):
        y = 92 + scatter(i, 21, 84)
        x, height = scatter(i, 22, WIDTH), 2 + (y - 88) // 16
        colour = (LEAF, LIME, PINE)[scatter(i, 23, 3)]
        pygame.draw.line(picture, colour, (x, y), (x + scatter(i, 24, 3) - 1, y - height))


def _paint_cave(picture: pygame.Surface, *, is_lair: bool) -> None:
    wall = (INK, NIGHT, DUSK, PLUM, ROSE) if is_lair else (INK, NIGHT, ABYSS, SEA)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            lump = scatter((x + y // 5) // 11, y // 9, 5) * 0.05
            far = math.hypot((x - 160) / 190, (y - 78) / 92)
            picture.set_at((x, y), dither(wall, 0.86 - far * 0.9 + lump, x, y))
    for i in range(22):
        x, length = scatter(i, 31, WIDTH), 14 + scatter(i, 32, 34)
        half = 3 + length // 7
        pygame.draw.polygon(picture, INK, [(x - half, 0), (x + half, 0), (x, length)])
        pygame.draw.line(picture, wall[1], (x - half + 1, 0), (x, length - 2))
    for y in range(104, HEIGHT):
        for x in range(WIDTH):
            crack = scatter((x + (y // 4) * 3) // 9, y // 4, 7) * 0.06
            light = 0.75 - abs(x - 160) / 260 - (y - 104) / 150 - crack
            picture.set_at((x, y), dither((INK, NIGHT, COAL, SLATE, STONE), light, x, y))
    for i in range(10):
        x = scatter(i, 41, WIDTH)
        ball(picture, ROCK_RAMP[:3], (x, 106 + scatter(i, 42, 10)), (7 + i % 5, 5))
    if is_lair:
        for i in range(40):
            picture.set_at((scatter(i, 51, WIDTH), scatter(i, 52, 100)), (AMBER, GOLD, ROSE)[i % 3])
