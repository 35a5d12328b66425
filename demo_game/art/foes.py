"""The monsters: shaded solids with faces."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.art.shade import ball, blank, outline
from demo_game.palette import (
    AMBER,
    CORAL,
    CREAM,
    DUSK,
    FIRE_RAMP,
    GHOST_RAMP,
    GOLD,
    INK,
    NIGHT,
    PLUM,
    RED,
    ROSE,
    SLIME_RAMP,
    VIOLET,
    WHITE,
    WYRM_RAMP,
)  # fmt: skip
from demo_game.palette import EARTH_RAMP as SKIN_RAMP

_SPORE_RAMP = (INK, PLUM, RED, CORAL, AMBER)
_BAT_RAMP = (INK, NIGHT, DUSK, PLUM, VIOLET)


@cache
def monster(kind: str) -> pygame.Surface:
    """Return the picture of a kind of monster, outlined."""
    draw = {"slime": _slime, "bat": _bat, "spore": _spore, "wisp": _wisp, "wyrm": _wyrm}[kind]
    return outline(draw())


@cache
def hurt_monster(kind: str) -> pygame.Surface:
    """Return the monster all white, as it flashes when it is struck."""
    shape = pygame.mask.from_surface(monster(kind))
    return shape.to_surface(setcolor=WHITE, unsetcolor=(0, 0, 0, 0))


@cache
def furious_monster(kind: str) -> pygame.Surface:
    """Return the monster in its second phase, aglow from within."""
    picture = monster(kind).copy()
    picture.fill((84, 12, 0), special_flags=pygame.BLEND_RGB_ADD)
    picture.fill((255, 214, 190), special_flags=pygame.BLEND_RGB_MULT)
    return picture


def _eye(drawn: pygame.Surface, x: int, y: int, size: int = 5) -> None:
    pygame.draw.ellipse(drawn, WHITE, (x, y, size, size + 2))
    pygame.draw.rect(drawn, INK, (x + size // 2, y + 2, 2, size - 2))
    drawn.set_at((x + size // 2, y + 2), CREAM)


def _slime() -> pygame.Surface:
    drawn = blank(52, 40)
    ball(drawn, SLIME_RAMP, (26, 27), (25, 12.6))
    ball(drawn, SLIME_RAMP, (26, 21), (19, 17))
    ball(drawn, SLIME_RAMP, (24, 6), (4, 5))
    _eye(drawn, 17, 18, 6)
    _eye(drawn, 29, 18, 6)
    pygame.draw.arc(drawn, INK, (20, 22, 12, 9), math.pi * 1.1, math.pi * 1.9, 1)
    for place in ((14, 11), (15, 10), (16, 9), (13, 13)):
        drawn.fill(WHITE, (*place, 2, 2))
    return drawn


def _bat() -> pygame.Surface:
    drawn = blank(72, 44)
    for side in (1, -1):
        points = [(36, 18), (58, 4), (70, 10), (67, 26), (59, 22), (55, 32), (48, 26), (40, 34)]
        wing = [(x if side > 0 else 71 - x, y) for x, y in points]
        pygame.draw.polygon(drawn, DUSK, wing)
        for tip in (wing[2], wing[3], wing[5]):
            pygame.draw.line(drawn, PLUM, wing[1], tip)
        pygame.draw.line(drawn, VIOLET, wing[0], wing[1], 2)
        pygame.draw.line(drawn, VIOLET, wing[1], wing[2], 2)
        ear = [(36 + side * 4, 12), (36 + side * 11, 0), (36 + side * 11, 16)]
        pygame.draw.polygon(drawn, PLUM, ear)
    ball(drawn, _BAT_RAMP, (36, 23), (13, 13))
    for x in (27, 38):
        pygame.draw.ellipse(drawn, GOLD, (x, 18, 7, 6))
        pygame.draw.rect(drawn, INK, (x + 3, 19, 2, 4))
    pygame.draw.rect(drawn, INK, (31, 27, 11, 3))
    for x in (32, 39):
        pygame.draw.rect(drawn, WHITE, (x, 28, 2, 4))
    for x in (29, 40):
        pygame.draw.rect(drawn, AMBER, (x, 36, 3, 3))
    return drawn


def _spore() -> pygame.Surface:
    drawn = blank(48, 50)
    ball(drawn, SKIN_RAMP, (24, 36), (12, 13))
    for x in (15, 29):
        ball(drawn, SKIN_RAMP, (x + 2, 47), (5, 3))
    ball(drawn, _SPORE_RAMP, (24, 17), (23.5, 16.5))
    pygame.draw.rect(drawn, (0, 0, 0, 0), (0, 26, 12, 9))
    pygame.draw.rect(drawn, (0, 0, 0, 0), (36, 26, 12, 9))
    pygame.draw.ellipse(drawn, PLUM, (5, 22, 38, 8))
    ball(drawn, SKIN_RAMP, (24, 32), (11, 8))
    for x, y, radius in ((14, 10, 4), (28, 6, 3), (35, 16, 4), (22, 16, 3), (7, 19, 2)):
        ball(drawn, (AMBER, CREAM, WHITE), (x, y), (radius, radius * 0.8))
    for x in (17, 27):
        pygame.draw.rect(drawn, INK, (x, 30, 3, 5))
        drawn.set_at((x, 30), WHITE)
    pygame.draw.line(drawn, INK, (21, 38), (26, 38))
    pygame.draw.line(drawn, INK, (16, 28), (19, 29))
    pygame.draw.line(drawn, INK, (30, 28), (27, 29))
    return drawn


def _wisp() -> pygame.Surface:
    drawn = blank(44, 56)
    for i in range(9):
        sway = math.sin(i * 0.9) * 4
        ball(drawn, GHOST_RAMP, (22 + sway, 52 - i * 4), (2.5 + i * 1.5, 2.5 + i))
    ball(drawn, GHOST_RAMP, (22, 20), (16, 17))
    for i, (x, top) in enumerate(((11, 6), (20, 0), (30, 5))):
        ball(drawn, GHOST_RAMP, (x, top + 7), (3.4, 7 + i % 2))
    for x in (13, 25):
        pygame.draw.ellipse(drawn, INK, (x, 17, 6, 9))
        pygame.draw.rect(drawn, GHOST_RAMP[3], (x + 2, 20, 2, 3))
    pygame.draw.ellipse(drawn, NIGHT, (19, 29, 6, 5))
    return drawn


def _wyrm() -> pygame.Surface:
    drawn = blank(150, 104)
    for side, root in ((1, 86), (-1, 62)):
        tips = [
            (0, 52),
            (22, 10),
            (60, 0),
            (52, 22),
            (62, 36),
            (44, 42),
            (46, 60),
            (24, 54),
            (6, 72),
        ]
        wing = [(root + side * x, y) for x, y in tips]
        pygame.draw.polygon(drawn, DUSK, wing)
        for tip in (wing[2], wing[4], wing[6]):
            pygame.draw.line(drawn, NIGHT, wing[1], tip, 2)
        pygame.draw.lines(drawn, PLUM, False, wing[:3], 4)
        pygame.draw.lines(drawn, ROSE, False, wing[:3], 1)
    for i in range(26):
        turn = i / 25
        x = 74 + math.cos(turn * 7.2 + 0.4) * (56 - 34 * turn)
        y = 90 - turn * 14 + math.sin(turn * 7.2 + 0.4) * 9
        ball(drawn, WYRM_RAMP, (x, y), (6 + 8 * turn, 6 + 6 * turn))
    ball(drawn, WYRM_RAMP, (74, 70), (25, 30))
    for i in range(6):
        ball(drawn, FIRE_RAMP[1:], (74, 94 - i * 8), (14 - abs(2.5 - i) * 1.6, 5))
    for side in (1, -1):
        horn = [(74 + side * 9, 26), (74 + side * 27, 4), (74 + side * 20, 30)]
        pygame.draw.polygon(drawn, AMBER, horn)
        pygame.draw.line(drawn, CREAM, horn[0], horn[1])
        for i in range(3):
            spike = 74 + side * (20 + i * 2)
            pygame.draw.polygon(
                drawn,
                CORAL,
                [(spike, 34 + i * 8), (spike + side * 9, 31 + i * 8), (spike, 40 + i * 8)],
            )
    ball(drawn, WYRM_RAMP, (74, 34), (20, 18))
    ball(drawn, WYRM_RAMP, (74, 46), (15, 12))
    for side in (1, -1):
        eye = [(74 + side * 5, 36), (74 + side * 15, 28), (74 + side * 14, 37)]
        pygame.draw.polygon(drawn, GOLD, eye)
        pygame.draw.line(drawn, INK, (74 + side * 11, 30), (74 + side * 11, 36), 2)
        pygame.draw.line(drawn, INK, (74 + side * 4, 34), (74 + side * 17, 25), 2)
        drawn.fill(INK, (74 + side * 5 - 1, 45, 3, 2))
        pygame.draw.polygon(
            drawn, WHITE, [(74 + side * 9, 52), (74 + side * 12, 52), (74 + side * 10, 59)]
        )
    pygame.draw.arc(drawn, INK, (61, 42, 27, 13), math.pi * 1.06, math.pi * 1.94, 2)
    return drawn
