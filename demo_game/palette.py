"""The game's colours: every pixel is one of these."""

from __future__ import annotations

Colour = tuple[int, int, int]

INK: Colour = (18, 15, 34)
NIGHT: Colour = (33, 30, 68)
DUSK: Colour = (62, 47, 104)
PLUM: Colour = (104, 58, 118)
ROSE: Colour = (172, 76, 114)
CORAL: Colour = (232, 116, 100)
AMBER: Colour = (248, 172, 96)
GOLD: Colour = (252, 212, 112)
CREAM: Colour = (255, 240, 196)
WHITE: Colour = (252, 252, 244)

ABYSS: Colour = (20, 38, 84)
SEA: Colour = (32, 78, 140)
TEAL: Colour = (52, 128, 176)
SKY: Colour = (104, 182, 208)
FOAM: Colour = (182, 228, 226)

MOSS: Colour = (20, 50, 56)
PINE: Colour = (30, 84, 70)
LEAF: Colour = (58, 128, 78)
GRASS: Colour = (104, 172, 88)
LIME: Colour = (168, 212, 106)

MUD: Colour = (58, 38, 50)
BARK: Colour = (98, 62, 60)
CLAY: Colour = (148, 98, 76)
SAND: Colour = (206, 162, 112)
STRAW: Colour = (236, 206, 152)

COAL: Colour = (40, 40, 62)
SLATE: Colour = (74, 78, 106)
STONE: Colour = (118, 126, 150)
PEARL: Colour = (184, 194, 206)

RED: Colour = (190, 50, 72)
SKIN: Colour = (242, 188, 148)
VIOLET: Colour = (134, 92, 176)

FIRE_RAMP = (MUD, RED, CORAL, AMBER, GOLD, CREAM)
ROCK_RAMP = (COAL, SLATE, STONE, PEARL)
LEAF_RAMP = (MOSS, PINE, LEAF, GRASS, LIME)
SEA_RAMP = (ABYSS, SEA, TEAL, SKY, FOAM)
EARTH_RAMP = (MUD, BARK, CLAY, SAND, STRAW)
DUSK_RAMP = (INK, NIGHT, DUSK, PLUM, ROSE, CORAL, AMBER, GOLD, CREAM)
SLIME_RAMP = (MOSS, PINE, LEAF, GRASS, LIME, CREAM)
GHOST_RAMP = (NIGHT, DUSK, VIOLET, SKY, FOAM, WHITE)
WYRM_RAMP = (INK, NIGHT, DUSK, PLUM, ROSE, CORAL)

LETTERS: dict[str, Colour] = {
    "k": INK, "n": NIGHT, "d": DUSK, "p": PLUM, "r": RED, "c": CORAL, "a": AMBER, "g": GOLD,
    "w": WHITE, "y": CREAM, "b": SEA, "t": TEAL, "s": SKIN, "o": BARK, "m": MUD, "l": CLAY,
    "e": SAND, "x": SLATE, "i": STONE, "u": PEARL, "f": LEAF, "h": GRASS, "q": PINE, "v": VIOLET,
    "j": ROSE, "z": FOAM,
}  # fmt: skip
"""The letters that sprites are written in."""
