"""What stands on the ground: trees, mountains, houses, and the grass that sways."""

from __future__ import annotations

from functools import cache

import pygame

from demo_game.art.shade import ball, blank, outline
from demo_game.art.tiles import TILE
from demo_game.dice import scatter
from demo_game.palette import (
    AMBER,
    BARK,
    CLAY,
    COAL,
    CORAL,
    CREAM,
    FOAM,
    GOLD,
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
)  # fmt: skip


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
