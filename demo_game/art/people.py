"""The hero, the townsfolk and what lies about: sprites written as letters of the palette."""

from __future__ import annotations

from functools import cache

import pygame

from demo_game.art.shade import mirrored, outline, sprite
from demo_game.palette import AMBER, CLAY, GOLD, LEAF, PLUM, ROSE, SEA, STONE, TEAL, VIOLET, Colour

_HEAD_DOWN = mirrored(
    [".....o", "...ooo", "..oool", "..oolo", "..osss", "..osks", "..ssks", "...sss"]
)
_HEAD_UP = mirrored(
    [".....o", "...ooo", "..oool", "..oooo", "..oooo", "..oooo", "..sooo", "...soo"]
)
_HEAD_SIDE = [
    "....oooo....",
    "..ooollooo..",
    "..oolloooo..",
    "..ooooosso..",
    "..ooosssks..",
    "..ooossskss.",
    "...osssss...",
    "....ssss....",
]
_BODY_DOWN = (
    ["..cddbbddc..", "..csbbbbtsc.", "..ccbtggbcc.", "...mbbbbbm.."],
    ["..cddbbddc..", ".csbbbbbtcc.", "..cbbtggbs..", "...mbbbbbm.."],
)
_BODY_UP = (
    ["..ccccccccc.", "..scccccccs.", "..cccjcjccc.", "...cjccjcc.."],
    ["..ccccccccc.", ".sccccccccc.", "..cccjcjccs.", "...cjccjcc.."],
)
_BODY_SIDE = (
    ["...ccddbb...", "..cccbbsbb..", "..cjcbbsgb..", "..c.mbbbbm.."],
    ["..cccddbb...", ".cccbbbsbb..", ".cj.bbbgsb..", "....mbbbbm.."],
)
_LEGS = {
    "stand": ["....oo.oo...", "....kk.kk..."],
    "left": ["....oo.kk...", "....kk......"],
    "right": ["....kk.oo...", ".......kk..."],
    "stride": ["...oo...oo..", "...kk....kk."],
    "pass": [".....ooo....", ".....kkk...."],
}

_COATS: dict[str, dict[str, Colour]] = {
    "hero": {},
    "1": {"b": PLUM, "c": STONE, "t": ROSE, "o": STONE, "l": STONE},
    "2": {"b": LEAF, "c": CLAY, "t": GOLD},
    "3": {"b": VIOLET, "c": SEA, "t": TEAL, "o": AMBER, "l": GOLD},
}


@cache
def person(who: str, facing: str, step: int) -> pygame.Surface:
    """Return a person of 14 by 16 pixels, outlined; step 0..3 goes through a walk, 0 stands."""
    legs_side = ("pass", "stride", "pass", "stride")
    legs_front = ("stand", "left", "stand", "right")
    swing = step % 2
    if facing == "up":
        rows = _HEAD_UP + _BODY_UP[swing] + _LEGS[legs_front[step]]
    elif facing == "down":
        rows = _HEAD_DOWN + _BODY_DOWN[swing] + _LEGS[legs_front[step]]
    else:
        rows = _HEAD_SIDE + _BODY_SIDE[swing] + _LEGS[legs_side[step]]
    drawn = outline(sprite(rows, _COATS[who]))
    return pygame.transform.flip(drawn, flip_x=True, flip_y=False) if facing == "left" else drawn


_CHEST = mirrored(
    ["..oooo", ".ollll", "oleeee", "olllll", "ommmmg", "ollllg", "olllll", "olllll", "oooooo"]
)
_OPEN_CHEST = mirrored(
    [".ooooo", "olllll", "oooooo", "mkkkkk", "ommmmg", "ollllg", "olllll", "olllll", "oooooo"]
)
_SIGN = mirrored(["..oooo", ".oeeee", ".oelel", ".oeeee", ".oelle", "..oooo", ".....o", ".....o"])


@cache
def thing(name: str) -> pygame.Surface:
    """Return a chest, an open chest or a sign."""
    return outline(sprite({"chest": _CHEST, "open": _OPEN_CHEST, "sign": _SIGN}[name]))
