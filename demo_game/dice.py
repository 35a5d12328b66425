"""The game's only chance: a small generator that a save, a script or a test can start anew."""

from __future__ import annotations

_MASK = 0xFFFF_FFFF


class Dice:
    """A 32-bit xorshift generator (Marsaglia 2003, shifts 13, 17, 5): same seed, same game."""

    def __init__(self, seed: int) -> None:
        # A multiplicative step spreads small seeds; the state must not be 0.
        self._state = (seed * 2_654_435_761 + 0x9E37_79B9) & _MASK or 1

    def roll(self, sides: int) -> int:
        """Return a whole number 0..sides-1."""
        x = self._state
        x ^= (x << 13) & _MASK
        x ^= x >> 17
        x ^= (x << 5) & _MASK
        self._state = x
        return (x * sides) >> 32

    def between(self, low: int, high: int) -> int:
        """Return a whole number low..high."""
        return low + self.roll(high - low + 1)


def scatter(x: int, y: int, sides: int) -> int:
    """Return a number 0..sides-1 that belongs to a place: what the ground looks like there."""
    mixed = (x * 374_761_393 + y * 668_265_263) & _MASK
    mixed = ((mixed ^ (mixed >> 13)) * 1_274_126_177) & _MASK
    return ((mixed ^ (mixed >> 16)) * sides) >> 32
