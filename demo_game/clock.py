"""The game's time: steps of a 60th of a second, one for each picture as long as it can keep up."""

from __future__ import annotations

import time
from collections.abc import Callable

STEPS_PER_SECOND = 60

_MOST_STEPS_AT_ONCE = 6
"""After a stall the game goes on from there, it does not hurry to catch up."""


def read_ms() -> int:
    """Return the time in milliseconds, of a clock that only goes forward."""
    return time.monotonic_ns() // 1_000_000


class Pace:
    """Waits for the next step. `read` gives seconds of a clock, on which `sleep` can wait.

    pygame's own clock counts whole milliseconds: at 62.5 pictures a second for 60 steps every 25th
    picture would show nothing new, and walking would stutter.
    """

    def __init__(
        self,
        read: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._read = read
        self._sleep = sleep
        self._due = read()

    def wait(self) -> int:
        """Sleep until a step is due; return how many are, more than one after a stall."""
        self._due += 1 / STEPS_PER_SECOND
        ahead = self._due - self._read()
        if ahead > 0:
            self._sleep(ahead)
            return 1
        late = int(-ahead * STEPS_PER_SECOND)
        if late >= _MOST_STEPS_AT_ONCE:
            self._due = self._read()
            return _MOST_STEPS_AT_ONCE
        self._due += late / STEPS_PER_SECOND
        return 1 + late

    def due(self) -> int:
        """Return how many steps are due by now, maybe none, without waiting for any."""
        late = int((self._read() - self._due) * STEPS_PER_SECOND)
        if late >= _MOST_STEPS_AT_ONCE:
            self._due = self._read()
            return _MOST_STEPS_AT_ONCE
        self._due += late / STEPS_PER_SECOND
        return max(late, 0)
