"""The values of a source at any pitch, interpolated between four samples as the S-DSP does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.soundbank import Source

_GAUSS_BITS = 11
_LONGEST_TABLE = 1_024
"""The longest loop, in samples, whose interpolated positions are cached."""

_SHORTEST_KEPT = 8_192
"""The least cached length of a wave, a quarter of a second; longer ones are powers of two of it."""


@lru_cache(maxsize=1)
def gauss_table() -> NDArray[np.int32]:
    """Return the chip's weights of four samples for 256 positions between the middle two, [256, 4].

    They are a windowed sinc; the four weights of each position add up to 2048 before rounding.
    """
    k = np.arange(512) + 0.5
    window = 0.42 + 0.5 * np.cos(2 * np.pi * k / 1023) + 0.08 * np.cos(4 * np.pi * k / 1023)
    bell = (np.sin(1.28 * np.pi * k / 1024) * window / k)[::-1]
    place = np.arange(256)
    columns = np.stack((255 - place, 511 - place, 256 + place, place), axis=1)
    weights = bell[columns] * ((1 << _GAUSS_BITS) / bell[columns].sum(axis=1, keepdims=True))
    table: NDArray[np.int32] = np.floor(weights + 0.5).astype(np.int32)
    return table


def sounding_samples(source: Source, step: int) -> int | None:
    """Return how long a source sounds at a constant pitch; None if it loops or the pitch is 0."""
    if source.loop_start is not None or not step:
        return None
    return -(-(source.length << 12) // step)


def played(
    source: Source, steps: Sequence[int], begins: Sequence[int], length: int
) -> NDArray[np.int16] | NDArray[np.int32]:
    """Return `length` values of a source from its start, all within 16 bits.

    steps: 4096ths of a sample of the source for each output sample, each from its place in
    `begins` on, which starts with 0.
    """
    if steps.count(steps[0]) < len(steps):
        return _interpolated(source, _bent(steps, begins, length))
    # Cached, because pitches repeat: a wave is as long as the longest note so far.
    size = max(_SHORTEST_KEPT, 1 << (length - 1).bit_length())
    return _steady(source, steps[0], size)[:length]


def _bent(steps: Sequence[int], begins: Sequence[int], length: int) -> NDArray[np.int64]:
    """Return the position in 4096ths of a sample at each output: a line for each step."""
    slope, begin = np.array(steps, dtype=np.int64), np.array(begins, dtype=np.int64)
    count = np.diff(begin, append=length)
    passed = slope * count
    at_zero = np.cumsum(passed) - passed - slope * begin
    position: NDArray[np.int64] = np.repeat(slope, count)
    position *= np.arange(length)
    position += np.repeat(at_zero, count)
    return position


@lru_cache(maxsize=256)
def _steady(source: Source, step: int, size: int) -> NDArray[np.int16]:
    """Return a source played at a constant pitch from its start.

    In 16 bits, because the waves of all pitches of minutes of sound would else take tens of
    megabytes.
    """
    return _interpolated(source, np.arange(size, dtype=np.int64) * step).astype(np.int16)


def _interpolated(source: Source, position: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the source at rising positions in 4096ths of a sample; the chip resolves 256ths."""
    start, count = source.loop_start, source.length
    place = position >> 4
    if start is None:
        return _weighted(_neighbours(source), place)
    again, period = int(np.searchsorted(place, count << 8)), count - start << 8
    wave = np.empty(len(place), dtype=np.int32)
    wave[:again] = _weighted(_neighbours(source), place[:again])
    if count - start <= _LONGEST_TABLE:
        _loop(source).take(_rest(place[again:], period), out=wave[again:], mode="clip")
        return wave
    after = _rest(place[again:] - (start << 8), period)
    wave[again:] = _weighted(_neighbours(source), after + (start << 8))
    return wave


def _rest(place: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    """Return places from 0 on, modulo a period, in their own array if it can be."""
    # The loops of all sources of the bank are powers of two long, so no division is needed.
    return place % period if period & (period - 1) else np.bitwise_and(place, period - 1, out=place)


@lru_cache(maxsize=64)
def _loop(source: Source) -> NDArray[np.int32]:
    """Return the loop of a source at every 256th of a sample, from a place that it divides."""
    start, stop = (source.loop_start or 0) << 8, source.length << 8
    return np.roll(_weighted(_neighbours(source), np.arange(start, stop)), start)


def _weighted(table: NDArray[np.int32], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the weighted sum of four neighbours at each position; after the end the last ones.

    Positions are in 256ths.
    """
    parts = table.take(place >> 8, axis=0, mode="clip")
    parts *= gauss_table().take(place & 0xFF, axis=0)
    parts >>= _GAUSS_BITS
    # The chip adds three of the four products in 16 bits, where the sum can overflow.
    three = (parts[:, 0] + parts[:, 1] + parts[:, 2]).astype(np.int16)
    wave: NDArray[np.int32] = np.clip(three + parts[:, 3], -32_768, 32_767) & ~1
    return wave


@lru_cache(maxsize=64)
def _neighbours(source: Source) -> NDArray[np.int32]:
    """Return every value of a source with the three after it, [n, 4].

    After the end of a source without a loop there are zeros.
    """
    values = np.array(source.values, dtype=np.int32)
    start = source.loop_start
    after = np.zeros(4, dtype=np.int32) if start is None else values[start : start + 3]
    return np.lib.stride_tricks.sliding_window_view(np.concatenate((values, after)), 4)
