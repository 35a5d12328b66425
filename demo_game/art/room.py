"""The inside of the shop: shelves, a counter, a lamp, and Quill behind it all."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.art.people import person
from demo_game.art.shade import ball, dither, glow
from demo_game.dice import scatter
from demo_game.palette import (
    AMBER,
    BARK,
    CLAY,
    CORAL,
    CREAM,
    FOAM,
    GOLD,
    GRASS,
    INK,
    LIME,
    MUD,
    NIGHT,
    PEARL,
    ROSE,
    SAND,
    SEA,
    SKY,
    STRAW,
    TEAL,
    VIOLET,
    WHITE,
)  # fmt: skip

_LAMP = (88, 30)
_LIGHT = ((255, 250, 240), (226, 210, 214), (188, 170, 190), (152, 134, 168), (120, 104, 148))
_POTIONS = ((ROSE, CORAL), (SEA, SKY), (GRASS, LIME), (VIOLET, PEARL), (AMBER, GOLD))


@cache
def _room() -> pygame.Surface:
    room = pygame.Surface((320, 180))
    for y in range(180):
        for x in range(320):
            plank = (x // 20 + y // 200) % 2
            seam = x % 20 == 0 or scatter(x // 4, y // 9, 19) == 0
            room.set_at((x, y), MUD if seam or (plank and y % 26 == 13) else BARK)
    pygame.draw.rect(room, MUD, (0, 104, 320, 76))
    for y in range(104, 180, 9):
        pygame.draw.line(room, INK, (0, y), (320, y))
        for x in range(scatter(y, 1, 40), 320, 46):
            pygame.draw.line(room, INK, (x, y), (x, y + 8))
    for shelf in (46, 72):
        _draw_shelf(room, shelf)
    pygame.draw.rect(room, CLAY, (14, 116, 156, 8))
    pygame.draw.rect(room, SAND, (14, 116, 156, 2))
    pygame.draw.rect(room, BARK, (18, 124, 148, 56))
    for x in range(18, 166, 37):
        pygame.draw.rect(room, MUD, (x + 4, 130, 29, 50), 1)
    _draw_counter_goods(room)
    _draw_window_pane(room)
    return room


def _draw_shelf(room: pygame.Surface, y: int) -> None:
    pygame.draw.rect(room, CLAY, (14, y, 156, 3))
    pygame.draw.rect(room, MUD, (14, y + 3, 156, 3))
    x = 18
    while x < 158:
        kind = scatter(x, y, 4)
        dark, light = _POTIONS[scatter(y, x, len(_POTIONS))]
        if kind == 0:
            for book in range(3):
                height = 10 + scatter(book, x, 4)
                colour = _POTIONS[scatter(book, x + y, 5)][0]
                pygame.draw.rect(room, colour, (x + book * 4, y - height, 3, height))
                room.set_at((x + book * 4 + 1, y - height + 2), GOLD)
        elif kind == 1:
            ball(room, (BARK, CLAY, SAND, STRAW), (x + 6, y - 5), (6, 5.5))
        else:
            ball(room, (NIGHT, dark, light, WHITE), (x + 5, y - 5), (5, 5))
            pygame.draw.rect(room, FOAM, (x + 4, y - 12, 3, 3))
            pygame.draw.rect(room, CLAY, (x + 4, y - 14, 3, 2))
        x += 15 + scatter(x, 5, 4)


def _draw_counter_goods(room: pygame.Surface) -> None:
    pygame.draw.line(room, PEARL, (118, 113), (146, 107), 2)
    pygame.draw.line(room, WHITE, (120, 112), (146, 106))
    pygame.draw.line(room, GOLD, (116, 109), (121, 116), 2)
    for i in range(6):
        pygame.draw.rect(room, (GOLD, AMBER)[i % 2], (34 + i // 3 * 6, 113 - i % 3 * 2, 5, 2))


def _draw_window_pane(room: pygame.Surface) -> None:
    pygame.draw.rect(room, MUD, (222, 96, 56, 40))
    pygame.draw.rect(room, SKY, (225, 99, 50, 34))
    pygame.draw.rect(room, FOAM, (225, 99, 50, 12))
    pygame.draw.rect(room, TEAL, (225, 124, 50, 9))
    pygame.draw.rect(room, MUD, (249, 99, 2, 34))
    pygame.draw.rect(room, MUD, (225, 115, 50, 2))
    pygame.draw.rect(room, CLAY, (219, 134, 62, 4))


def draw_room(canvas: pygame.Surface, frame: int) -> None:
    """Draw the shop in lamplight."""
    canvas.blit(_room(), (0, 0))
    keeper = pygame.transform.scale_by(person("1", "down", 0), 2)
    bob = frame // 40 % 2
    canvas.blit(keeper, (_LAMP[0] - keeper.get_width() // 2, 86 + bob))
    canvas.blit(_room(), (14, 116), (14, 116, 156, 64))
    swing = int(math.sin(frame / 40) * 2)
    pygame.draw.line(canvas, INK, (_LAMP[0], 12), (_LAMP[0] + swing, _LAMP[1] - 4))
    pygame.draw.rect(canvas, CLAY, (_LAMP[0] - 5 + swing, _LAMP[1] - 5, 11, 3))
    ball(canvas, (AMBER, GOLD, CREAM, WHITE), (_LAMP[0] + 0.5 + swing, _LAMP[1] + 2), (4.5, 5))
    canvas.blit(_shade(), (0, 0), special_flags=pygame.BLEND_RGB_MULT)
    shine = glow(70 + frame // 9 % 2, AMBER, 70)
    corner = (_LAMP[0] + swing - shine.get_width() // 2, _LAMP[1] - shine.get_height() // 2)
    canvas.blit(shine, corner, special_flags=pygame.BLEND_RGB_ADD)


@cache
def _shade() -> pygame.Surface:
    """What is left of the light with the distance from the lamp."""
    shade = pygame.Surface((320, 180))
    for y in range(180):
        for x in range(320):
            far = math.hypot(x - _LAMP[0], (y - 70) * 1.3)
            shade.set_at((x, y), dither(_LIGHT, (far - 70) / 190, x, y))
    return shade
