"""The 2A03's sample channel: a level that the bits of a clip move up and down (NESdev, APU DMC).

The timer never stops. Every eight of its ticks are a cycle, in which the bits of one byte are
played, or none while no byte waits; a clip that is started begins with the next cycle, behind a
byte that waits already. The reader's fetches take no time here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.dmcbank import MOST, STEP
from chipassets.render.voices import Events, Oscillator, Stretch, stops

PERIODS = (428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54)
"""CPU clocks a bit by the rate register (NESdev, APU DMC, NTSC)."""

_CYCLE = 8


@dataclass(slots=True)
class ClipStretch(Stretch):
    """A stretch that begins with writes to the channel: a level, a stop and a start, in that order.

    `clip` is what a start plays; a start does nothing while a clip still has bytes to fetch.
    """

    load: int | None = None
    stop: bool = False
    start: bool = False
    clip: bytes = b""

    def resumed(self, clock: int) -> Stretch:
        """Return the stretch from a later clock on, its writes done."""
        return replace(self, clock=clock, load=None, stop=False, start=False)


class SampleChannel(Oscillator):
    """The channel while it is played: bits that wait, and where in a cycle the timer is."""

    def __init__(self) -> None:
        super().__init__()
        self._bits: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        """What each of the next ticks adds to the level, as a direction; behind it nothing."""

    def play(self, stretches: list[Stretch], end_clock: int, rest_clock: int | None) -> Events:
        """Play the stretches and return what the level does."""
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
        """Do the writes with which the stretch begins; whether one was to the level."""
        left = _CYCLE - self._position % _CYCLE
        if stretch.stop:
            # What is in the shift register and the byte that waits behind it are still played.
            self._bits = self._bits[: left + _CYCLE]
        if stretch.start and len(self._bits) <= left + _CYCLE:
            silent = np.zeros(max(0, left - len(self._bits)), dtype=np.int8)
            self._bits = np.concatenate((self._bits, silent, directions_of(stretch.clip)))
        if stretch.load is not None:
            self.level = stretch.load
        return stretch.load is not None


def directions_of(clip: bytes) -> NDArray[np.int8]:
    """Return what each bit of the bytes does to the level, the lowest of a byte first: 1 or -1."""
    bits = np.unpackbits(np.frombuffer(clip, dtype=np.uint8), bitorder="little")
    return bits.astype(np.int8) * np.int8(2) - np.int8(1)


def _follow(level: int, directions: NDArray[np.int8]) -> NDArray[np.int64]:
    """The level after each bit; one that would leave 0..127 changes nothing."""
    levels = np.empty(len(directions), dtype=np.int64)
    start = 0
    while start < len(directions):
        path = level + STEP * np.cumsum(directions[start:], dtype=np.int64)
        outside = np.flatnonzero((path < 0) | (path > MOST))
        stop = start + int(outside[0]) if len(outside) else len(directions)
        levels[start:stop] = path[: stop - start]
        level = int(levels[stop - 1]) if stop > start else level
        # Bits alike to the one that has no room have none either; silence (0) moves nothing.
        blocked = directions[stop : stop + 1]
        turn = np.flatnonzero(directions[stop:] == -blocked)
        start = stop + (int(turn[0]) if len(turn) else len(directions) - stop)
        levels[stop:start] = level
    return levels
