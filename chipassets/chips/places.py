"""Where the voices of the `snes` profile stand between left and right, and how loud they are."""

from __future__ import annotations

from chipassets.chips.chipsong import CONTRAST

PLACES = {
    "voice1": (112, 92),
    "voice2": (120, 36),
    "voice3": (112, 112),
    "drums": (112, 112),
    "voice5": (32, 120),
    "voice6": (24, 122),
    "voice7": (122, 20),
    "voice8": (116, 52),
}
"""Left and right of each voice, of 127, and of drums that are not in the middle."""

CHORUS_STEP = 290
"""A chorus is higher than what it doubles by one in this many: six cents."""


def is_mirrored(kind: str) -> bool:
    """Return whether left and right are exchanged in a section of the kind."""
    return kind == CONTRAST
