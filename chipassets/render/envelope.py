"""The S-DSP's envelopes: the level of a voice, 0..2047, at every sample of a stretch.

Periods, steps and phases as in SNESdev, S-DSP envelopes. The chip counts its periods from power-on;
here they count from the start of the passage, so that every pass is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.errors import RenderError

NEVER = 1 << 40
PERIODS = (
    *(NEVER, 2048, 1536, 1280, 1024, 768, 640, 512, 384, 320, 256, 192, 160, 128, 96, 80),
    *(64, 48, 40, 32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1),
)
FULL = 0x7FF
_DECAYS_AT = 0x7E0
_FASTEST_ATTACK = 15
_STEP, _FAST_STEP, _OFF_STEP = 32, 1024, 8

RELEASE_SAMPLES = -(-FULL // _OFF_STEP)
"""Samples after a key-off until a voice is silent, at the most."""


@lru_cache(maxsize=256)
def _falling(level: int) -> NDArray[np.int32]:
    """Return the levels of an exponential decrease from this one down to 0."""
    levels = [level]
    while levels[-1] > 0:
        levels.append(levels[-1] - (((levels[-1] - 1) >> 8) + 1))
    return np.array(levels, dtype=np.int32)


@lru_cache(maxsize=256)
def _line(level: int, step: int) -> NDArray[np.int32]:
    """Return the levels from this one, by steps, up to the maximum or down to 0."""
    count = -(-(FULL - level if step > 0 else level) // abs(step))
    return np.clip(level + step * np.arange(count + 1), 0, FULL).astype(np.int32)


@lru_cache(maxsize=256)
def _attack(level: int, step: int) -> tuple[NDArray[np.int32], int]:
    """Return the levels of an attack from this one, and the index at which its decay begins."""
    levels = _line(level, step)
    return levels, int(np.argmax(levels >= _DECAYS_AT))


@lru_cache(maxsize=256)
def _decay(level: int, sustain: int) -> tuple[NDArray[np.int32], int]:
    """Return the levels of a decay from this one, and the index at which its sustain begins."""
    levels = _falling(level)
    return levels, int(np.argmax(levels >> 8 <= sustain))


@dataclass(slots=True)
class Envelope:
    """One voice's envelope while it is played: its level and its phase."""

    level: int = 0
    phase: str = "silent"

    def key_on(self) -> None:
        """Begin the attack from silence."""
        self.level, self.phase = 0, "attack"

    def key_off(self) -> None:
        """Begin the release, 8 ms from full to silence."""
        self.phase = "release"

    def play(self, start: int, stop: int, adsr1: int, adsr2: int, gain: int) -> NDArray[np.int32]:
        """Return the level at the samples from `start` to `stop` with these registers."""
        levels = np.empty(stop - start, dtype=np.int32)
        self.play_into(levels, start, adsr1, adsr2, gain)
        return levels

    def play_into(
        self, out: NDArray[np.int32], start: int, adsr1: int, adsr2: int, gain: int
    ) -> None:
        """Write the level at the samples from `start` on into `out`, as far as it goes."""
        place = 0
        while place < len(out):
            levels, period, until = self._trajectory(adsr1, adsr2, gain)
            place += _along(levels, period, start + place, out[place:], until)
            self.level = int(out[place - 1])
            if until is not None and until <= len(levels) - 1 and self.level == levels[until]:
                self.phase = {"attack": "decay", "decay": "sustain"}.get(self.phase, self.phase)

    def _trajectory(
        self, adsr1: int, adsr2: int, gain: int
    ) -> tuple[NDArray[np.int32], int, int | None]:
        """The levels of the phase, samples between them, and the place where the phase ends."""
        if self.phase == "silent":
            return np.zeros(1, dtype=np.int32), NEVER, None
        if self.phase == "release":
            return _line(self.level, -_OFF_STEP), 1, None
        if not adsr1 & 0x80:
            return (*self._gain(gain), None)
        if self.phase == "attack":
            rate = adsr1 & 15
            fastest = rate == _FASTEST_ATTACK
            levels, until = _attack(self.level, _FAST_STEP if fastest else _STEP)
            return levels, 1 if fastest else PERIODS[2 * rate + 1], until
        if self.phase == "decay":
            levels, until = _decay(self.level, adsr2 >> 5)
            return levels, PERIODS[2 * (adsr1 >> 4 & 7) + 16], until
        return _falling(self.level), PERIODS[adsr2 & 31], None

    def _gain(self, gain: int) -> tuple[NDArray[np.int32], int]:
        """Return the levels that a GAIN byte asks for, and the samples between them."""
        period = PERIODS[gain & 31]
        if not gain & 0x80:
            return np.array([16 * gain], dtype=np.int32), NEVER
        mode = gain >> 5 & 3
        if mode == 0:
            return _line(self.level, -_STEP), period
        if mode == 1:
            return _falling(self.level), period
        if mode == 2:
            return _line(self.level, _STEP), period
        raise RenderError(f"GAIN = ${gain:02X} rises along a bent line, which is not played")


def _along(
    levels: NDArray[np.int32], period: int, start: int, out: NDArray[np.int32], until: int | None
) -> int:
    """Write the levels from sample `start` on, one at every multiple of the period, into `out`.

    Return how many samples were written: all, or, where `until` comes sooner, those up to it.
    """
    if len(levels) == 1:
        out[:] = levels[0]
        return len(out)
    before = (start - 1) // period
    count = len(out)
    if until is not None:
        count = min(count, max(0, (before + until) * period - start) + 1)
    first, last = start // period - before, (start + count - 1) // period - before
    if first == last:
        out[:count] = levels[min(first, len(levels) - 1)]
        return count
    steps = levels[first : last + 1]
    # The first step has begun before `start`; the level behind the last one stays.
    skipped = start - (before + first) * period
    run = steps.repeat(period)[skipped : skipped + count] if period > 1 else steps
    if len(run) == count:
        out[:count] = run
    else:
        out[: len(run)] = run
        out[len(run) : count] = levels[-1]
    return count
