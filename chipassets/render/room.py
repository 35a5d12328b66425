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

_ONE = 7
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
        strength = abs(self.feedback) * sum(map(abs, self.taps)) / (1 << 2 * _ONE)
        if strength >= 1 or not self.delay or not any(self.taps):
            return 0
        return 1 + (math.ceil(math.log(_INAUDIBLE) / math.log(strength)) if strength > 0 else 0)

    @property
    def tail_samples(self) -> int:
        """Return how long the echo is audible after its last input, in samples."""
        return self.repeats * (self.delay * DELAY_SAMPLES + len(self.taps))


def echo(
    sent: NDArray[np.int32], room: Room, volumes: Sequence[tuple[int, tuple[int, int]]]
) -> NDArray[np.int32]:
    """Return the echo of the signal, [2, n]; it ends with silence as long as the echo's tail.

    `volumes` are those on the left and on the right, each up to the sample before it.
    """
    heard = np.zeros(sent.shape, dtype=np.int32)
    if not room.repeats or not any(any(pair) for _, pair in volumes) or not sent.any():
        return heard
    line = np.pad(sent, ((0, 0), (_LEAD, 0)))
    delay = room.delay * DELAY_SAMPLES
    for start in range(delay, sent.shape[1], delay):
        stop = min(start + delay, sent.shape[1])
        block = _filter(line[:, start - delay : stop - delay + _LEAD], room.taps)
        heard[:, start:stop] = block
        block *= room.feedback
        block >>= _ONE
        line[:, _LEAD + start : _LEAD + stop] += block
    begin = 0
    for stop, pair in volumes:
        heard[:, begin:stop] *= np.array(pair, dtype=np.int32)[:, None]
        begin = stop
    heard >>= _ONE
    return heard


def _filter(signal: NDArray[np.int32], taps: Sequence[int]) -> NDArray[np.int32]:
    """Return the output of the eight taps, the last for the newest sample, for complete windows."""
    count = signal.shape[1] - _LEAD
    total = np.zeros((len(signal), count), dtype=np.int32)
    for tap in sorted({tap for tap in taps if tap}):
        # Samples with the same weight are added first: an addition is cheaper than a product.
        places = [place for place, other in enumerate(taps) if other == tap]
        alike = signal[:, places[0] : places[0] + count].copy()
        for place in places[1:]:
            alike += signal[:, place : place + count]
        alike *= tap
        total += alike
    total >>= _ONE
    return total
