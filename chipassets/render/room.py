"""The S-DSP's echo: a delay line whose output, through eight taps, is heard and fed back.

The feedback is unrolled into its repeats, of which there are as many as can be heard. So the echo's
memory is finite, and what rings at the end of a loop can be carried into its start exactly.
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


def echo(dry: NDArray[np.int64], room: Room) -> NDArray[np.int64]:
    """Return the echo of the signal, [2, n], which ends with silence as long as the room's tail."""
    total = np.zeros_like(dry)
    back = dry
    for number in range(room.repeats):
        if number:
            back = back * room.feedback >> _ONE
        back = _filter(_delayed(back, room.delay * DELAY_SAMPLES), room.taps)
        total += back
    return total * np.array(room.volumes, dtype=np.int64)[:, None] >> _ONE


def _delayed(signal: NDArray[np.int64], samples: int) -> NDArray[np.int64]:
    later = np.zeros_like(signal)
    if samples < signal.shape[1]:
        later[:, samples:] = signal[:, : signal.shape[1] - samples]
    return later


def _filter(signal: NDArray[np.int64], taps: Sequence[int]) -> NDArray[np.int64]:
    """The eight taps, the last one for the newest sample. Sums are exact: float64 holds them."""
    newest_first = np.array(taps[::-1], dtype=np.float64)
    sides = [np.convolve(side.astype(np.float64), newest_first)[: len(side)] for side in signal]
    return np.stack(sides).astype(np.int64) >> _ONE
