"""The S-DSP's echo: a delay line whose output, through eight taps, is heard and fed back.

The feedback is unrolled into its repeats, of which there are as many as can be heard. So the echo's
memory is finite, and what rings at the end of a loop can be carried into its start exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DELAY_SAMPLES = 512
"""16 ms at 32 kHz: what one step of the delay register is."""

_ONE = 7
_INAUDIBLE = 2.0**-11
_LEAD = 7
"""The number of samples before the newest one that the filter reads."""

_BLOCK = 16_384

Ints = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Room:
    """The echo's registers as signed numbers; 128 is one."""

    delay: int
    feedback: int
    taps: tuple[int, ...]
    volumes: tuple[int, int]

    @property
    def repeats(self) -> int:
        """How many times the echo comes back before it is below one step of 16 bits."""
        if not any(self.volumes):
            return 0
        strength = abs(self.feedback) * sum(map(abs, self.taps)) / (1 << 2 * _ONE)
        if strength >= 1:
            return 0
        return 1 + (math.ceil(math.log(_INAUDIBLE) / math.log(strength)) if strength > 0 else 0)

    @property
    def tail_samples(self) -> int:
        """How long the echo is heard after its last input."""
        return self.repeats * (self.delay * DELAY_SAMPLES + len(self.taps))


def echo(dry: Ints, room: Room) -> Ints:
    """Return the echo of the signal, [2, n], which ends with silence as long as the room's tail."""
    total = np.zeros(dry.shape, dtype=_wide_enough(dry, room))
    back = _padded(dry.astype(total.dtype))
    later = np.zeros_like(back)
    delay = room.delay * DELAY_SAMPLES
    for number in range(1, room.repeats + 1):
        again = number < room.repeats
        later[:, : _LEAD + number * delay] = 0
        for start in range(number * delay, dry.shape[1], _BLOCK):
            stop = min(start + _BLOCK, dry.shape[1])
            heard = _filter(back, start - delay, stop - delay, room.taps)
            total[:, start:stop] += heard
            if again:
                later[:, _LEAD + start : _LEAD + stop] = heard * room.feedback >> _ONE
        back, later = later, back
    total *= np.array(room.volumes, dtype=total.dtype)[:, None]
    total >>= _ONE
    return total


def _wide_enough(dry: Ints, room: Room) -> type[np.int32] | type[np.int64]:
    """The narrower integers, if every sum and product that may occur fits."""
    peak = int(np.abs(dry).max(initial=0))
    largest = peak * max(1 << _ONE, sum(map(abs, room.taps))) * max(room.repeats, 1)
    return np.int32 if largest < 1 << 31 else np.int64


def _padded(signal: Ints) -> Ints:
    """The signal behind as much silence as the filter looks back."""
    return np.pad(signal, ((0, 0), (_LEAD, 0)))


def _filter(signal: Ints, start: int, stop: int, taps: Sequence[int]) -> Ints:
    """The eight taps, the last one for the newest sample, from `start` to `stop`."""
    total: Ints = np.zeros((len(signal), stop - start), dtype=signal.dtype)
    for tap in {tap for tap in taps if tap}:
        # Samples with the same weight are added first: an addition is cheaper than a product.
        places = [place for place, other in enumerate(taps) if other == tap]
        alike = signal[:, start + places[0] : stop + places[0]].copy()
        for place in places[1:]:
            alike += signal[:, start + place : stop + place]
        alike *= tap
        total += alike
    total >>= _ONE
    return total
