"""From the S-DSP's 32 kHz to the file's rate, in integers, a whole passage at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

TAPS = 32
BITS = 15
_PHASES = 8_192
_CUT = 0.95
_KAISER_BETA = 8.0
_BLOCK = 4_096

Ints = NDArray[np.signedinteger[Any]]


@lru_cache(maxsize=1)
def _table() -> NDArray[np.float64]:
    """Whole numbers, float64 [phases, taps]: a Kaiser-windowed sinc; every row adds up to one."""
    x = np.arange(TAPS)[None, :] - TAPS // 2 + 1 - np.arange(_PHASES)[:, None] / _PHASES
    inside = np.clip(1.0 - (x / (TAPS // 2)) ** 2, 0.0, 1.0)
    taps = np.sinc(_CUT * x) * np.i0(_KAISER_BETA * np.sqrt(inside))
    table: NDArray[np.float64] = np.rint(taps * ((1 << BITS) / taps.sum(axis=1, keepdims=True)))
    table[np.arange(_PHASES), table.argmax(axis=1)] += (1 << BITS) - table.sum(axis=1)
    return table


def resample(sides: Ints, samples_in: int, samples_out: int) -> NDArray[np.int64]:
    """Return [sides, n] at `samples_out` for every `samples_in`, times 1 << BITS, and a tail.

    Output i stands at input i * samples_in / samples_out, to a 8192th of a sample, and comes
    half of the taps later. Sums are exact: float64 holds every whole number that occurs.
    """
    blocks = [block for _, block in resampled_blocks(sides, samples_in, samples_out)]
    return np.concatenate(blocks, axis=1)


def resampled_length(length: int, samples_in: int, samples_out: int) -> int:
    """Return the number of samples that `resample` makes of `length`, its tail included."""
    return (length + TAPS) * samples_out // samples_in


def resampled_blocks(
    sides: Ints, samples_in: int, samples_out: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield what `resample` returns piece by piece, each with the place where it starts."""
    count = resampled_length(sides.shape[1], samples_in, samples_out)
    for start in range(0, count, _BLOCK):
        at = np.arange(start, min(start + _BLOCK, count)) * samples_in
        first = at // samples_out
        rows = _table().take((at - first * samples_out) * _PHASES // samples_out, axis=0)
        begin = int(first[0])
        first -= begin
        near = _around(sides, begin + 1 - TAPS, begin + 1 + int(first[-1]))
        # A window for every input, side by side, is quicker to take from than the view is.
        windows = np.lib.stride_tricks.sliding_window_view(near, TAPS, axis=1)
        block = np.empty((len(sides), len(at)), dtype=np.int64)
        for side, result in zip(np.ascontiguousarray(windows), block, strict=True):
            result[:] = np.vecdot(side.take(first, axis=0), rows)
        yield start, block


def _around(sides: Ints, start: int, stop: int) -> NDArray[np.float64]:
    """The samples from `start` up to `stop`; there is silence before the first, behind the last."""
    inside = sides[:, max(start, 0) : stop].astype(np.float64)
    before = max(0, -start)
    return np.pad(inside, ((0, 0), (before, stop - start - before - inside.shape[1])))
