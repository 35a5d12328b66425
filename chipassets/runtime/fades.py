"""Fades as pure functions of time."""

from __future__ import annotations

import math

from .values import Value


class Fade(Value):
    """A fade from one point (0 silent, 1 full) to another, from `start_ms` on."""

    start_ms: int
    length_ms: int
    start: float
    end: float

    def point(self, now_ms: int) -> float:
        """Return the fade's point at a time, between `start` and `end`."""
        if now_ms < self.start_ms:
            return self.start
        if now_ms >= self.start_ms + self.length_ms:
            return self.end
        done = (now_ms - self.start_ms) / self.length_ms
        return self.start + (self.end - self.start) * done

    def gain(self, now_ms: int) -> float:
        """Return the amplitude factor 0..1.

        The sine law: two tracks that fade in opposite directions keep their summed power
        (sin² + cos² = 1), so a crossfade of unrelated music has no dip.
        """
        return math.sin(self.point(now_ms) * math.pi / 2)

    def is_done(self, now_ms: int) -> bool:
        """Return whether the fade has ended."""
        return now_ms >= self.start_ms + self.length_ms

    def delay(self, lost_ms: int) -> Fade:
        """Return the same fade, `lost_ms` later."""
        return self.replace(start_ms=self.start_ms + lost_ms)

    def turn(self, now_ms: int, length_ms: int, end: float) -> Fade:
        """Return a fade that starts from this one's current point, so that nothing jumps."""
        return Fade(now_ms, length_ms, self.point(now_ms), end)
