"""The S-DSP's echo: a delay line whose output, through eight taps, is heard and fed back.

It is worked out a delay at a time, as nothing comes back sooner. Behind the last input it rings for
as many repeats as can be heard and no longer, so that what rings at the end of a loop can be
carried into its start exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DELAY_SAMPLES = 512
"""16 ms at 32 kHz: what one step of the delay register is."""

_ONE = 7
_INAUDIBLE = 2.0**-11
_LEAD = 7
"""The number of samples before the newest one that the filter reads."""


@dataclass(frozen=True, slots=True)
class Room:
    """The echo's registers but its volumes, as signed numbers; 128 is one."""

    delay: int
    feedback: int
    taps: tuple[int, ...]

    @property
    def repeats(self) -> int:
        """How many times the echo comes back before it is below one step of 16 bits.

        0 for a room without delay or without taps, or in which the echo would not die away.
        """
        strength = abs(self.feedback) * sum(map(abs, self.taps)) / (1 << 2 * _ONE)
        if strength >= 1 or not self.delay or not any(self.taps):
            return 0
        return 1 + (math.ceil(math.log(_INAUDIBLE) / math.log(strength)) if strength > 0 else 0)

    @property
    def tail_samples(self) -> int:
        """How long the echo is heard after its last input."""
        return self.repeats * (self.delay * DELAY_SAMPLES + len(self.taps))


def echo(
    sent: NDArray[np.int32], room: Room, volumes: Sequence[tuple[int, tuple[int, int]]]
) -> NDArray[np.int32]:
    """Return the echo of the signal, [2, n], which ends with silence as long as the room's tail.

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
    """The eight taps, the last one for the newest sample, where all of them reach."""
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
