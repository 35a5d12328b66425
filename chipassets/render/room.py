"""The S-DSP's echo: a delay line whose output passes eight taps, is played and fed back.

It is computed a delay at a time, as nothing returns sooner. After the last input it rings for as
many repeats as are audible and no longer, so that the tail at the end of a loop can be added to its
start exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DELAY_SAMPLES = 512
"""Samples per step of the delay register: 16 ms at 32 kHz."""

_ONE = 128
_INAUDIBLE = 2.0**-11
_LEAD = 7
"""The number of samples that the filter reads besides the newest one."""


@dataclass(frozen=True, slots=True)
class Room:
    """The echo's registers except its volumes, as signed numbers; 128 is one."""

    delay: int
    feedback: int
    taps: tuple[int, ...]

    @property
    def repeats(self) -> int:
        """Return how many times the echo repeats before it is below one step of 16 bits.

        0 for an echo without delay or without taps, and for one that would not decay.
        """
        strength = abs(self.feedback) * sum(map(abs, self.taps)) / _ONE**2
        if strength >= 1 or not self.delay or not any(self.taps):
            return 0
        return 1 + (math.ceil(math.log(_INAUDIBLE) / math.log(strength)) if strength > 0 else 0)

    @property
    def tail_samples(self) -> int:
        """Return how long the echo is audible after its last input, in samples."""
        return self.repeats * (self.delay * DELAY_SAMPLES + len(self.taps))


class DelayLine:
    """The echo's memory while a signal passes through it, block by block.

    Sums are in float64 and exact: every product and sum is an integer below 2**53.
    """

    def __init__(self, room: Room) -> None:
        self._repeats, self._feedback = room.repeats, room.feedback
        self._taps = np.array(room.taps, dtype=np.float64) / _ONE
        self._delay = room.delay * DELAY_SAMPLES
        self._line: NDArray[np.float64] = np.zeros((2, self._delay + _LEAD))
        self._rings = False

    def hear(
        self, sent: NDArray[np.int32], volumes: Sequence[tuple[int, tuple[int, int]]]
    ) -> NDArray[np.float64]:
        """Return the echo of the signal's next block, integers, [2, n].

        `volumes` are those on the left and on the right, each up to the block's sample before it.
        """
        heard = np.zeros(sent.shape)
        if not self._repeats or not (self._rings or sent.any()):
            return heard
        count, kept = sent.shape[1], self._line.shape[1]
        line: NDArray[np.float64] = np.concatenate((self._line, sent), axis=1)
        for start in range(0, count, self._delay):
            stop = min(start + self._delay, count)
            for own, out in zip(line, heard, strict=True):
                block = np.correlate(own[start : stop + _LEAD], self._taps)
                echo = np.floor(block, out=out[start:stop])
                np.multiply(echo, self._feedback / _ONE, out=block)
                own[kept + start : kept + stop] += np.floor(block, out=block)
        self._line = line[:, count:].copy()
        self._rings = bool(self._line.any())
        begin = 0
        for stop, pair in volumes:
            heard[:, begin:stop] *= np.array(pair)[:, None] / _ONE
            begin = stop
        return np.floor(heard, out=heard)
