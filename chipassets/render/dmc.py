"""The 2A03's sample channel: a level that the bits of a clip move up and down (NESdev, APU DMC).

The timer never stops. Every eight ticks are a cycle, which plays the bits of one byte, or nothing
if no byte is buffered. A clip starts with the next cycle, after a byte that is buffered already.
The memory reader's fetches take no time here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.dmcbank import MOST, STEP
from chipassets.render.voices import Events, Oscillator, Stretch, stops

_CYCLE = 8


@dataclass(slots=True)
class ClipStretch(Stretch):
    """A stretch that begins with writes to the channel: a level, a stop and a start, in this order.

    `clip` is what a start plays; a start has no effect while a clip still has bytes to fetch.
    """

    load: int | None = None
    stop: bool = False
    start: bool = False
    clip: bytes = b""

    def resumed(self, clock: int) -> Stretch:
        """Return the stretch from a later clock on, without its writes."""
        return replace(self, clock=clock, load=None, stop=False, start=False)


class SampleChannel(Oscillator):
    """The state of the channel: buffered bits, and the timer's position in a cycle."""

    def __init__(self) -> None:
        super().__init__()
        self._bits: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        """The direction in which each of the next ticks moves the level; after them nothing."""

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches and return the level changes."""
        initial = self.level
        clocks: list[NDArray[np.int64]] = []
        levels: list[NDArray[np.int64]] = []
        for stretch, stop in zip(stretches, stops(stretches, end_clock), strict=True):
            if isinstance(stretch, ClipStretch) and self._obey(stretch):
                clocks.append(np.array([stretch.clock]))
                levels.append(np.array([self.level]))
            first, _, ticks = self.advance(stretch, stop, rest_clock)
            directions, self._bits = self._bits[:ticks], self._bits[ticks:]
            if len(directions):
                heard = _follow(self.level, directions)
                clocks.append(first + np.arange(len(directions)) * stretch.period_clocks)
                levels.append(heard)
                self.level = int(heard[-1])
        if not clocks:
            nothing = np.zeros(0, dtype=np.int64)
            return Events(nothing, nothing, nothing, initial)
        clock, level = np.concatenate(clocks), np.concatenate(levels)
        previous = np.concatenate(([initial], level[:-1]))
        changed = level != previous
        return Events(clock[changed], level[changed], previous[changed], initial)

    def _obey(self, stretch: ClipStretch) -> bool:
        """Apply the writes at the start of the stretch; return whether one set the level."""
        left = _CYCLE - self._position % _CYCLE
        if stretch.stop:
            # The shift register and the buffered byte are still played.
            self._bits = self._bits[: left + _CYCLE]
        if stretch.start and len(self._bits) <= left + _CYCLE:
            silent = np.zeros(max(0, left - len(self._bits)), dtype=np.int8)
            self._bits = np.concatenate((self._bits, silent, directions_of(stretch.clip)))
        if stretch.load is not None:
            self.level = stretch.load
        return stretch.load is not None


def directions_of(clip: bytes) -> NDArray[np.int8]:
    """Return the direction of each bit of the bytes, the lowest of a byte first: 1 or -1."""
    bits = np.unpackbits(np.frombuffer(clip, dtype=np.uint8), bitorder="little")
    return bits.astype(np.int8) * np.int8(2) - np.int8(1)


def _follow(level: int, directions: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the level after each bit; a bit that would leave 0..127 has no effect."""
    levels = np.empty(len(directions), dtype=np.int64)
    start = 0
    while start < len(directions):
        path = level + STEP * np.cumsum(directions[start:], dtype=np.int64)
        outside = np.flatnonzero((path < 0) | (path > MOST))
        stop = start + int(outside[0]) if len(outside) else len(directions)
        levels[start:stop] = path[: stop - start]
        level = int(levels[stop - 1]) if stop > start else level
        # Bits equal to one that has no effect have none either; 0 (silence) changes nothing.
        blocked = directions[stop : stop + 1]
        turn = np.flatnonzero(directions[stop:] == -blocked)
        start = stop + (int(turn[0]) if len(turn) else len(directions) - stop)
        levels[stop:start] = level
    return levels
