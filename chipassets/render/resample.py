"""Resampling from the S-DSP's 32 kHz to the file's 44.1 kHz, in integers, block by block.

441 outputs need 320 inputs, so there are only 441 rows of taps. A block of outputs is a matrix
product with the inputs that it needs, whose sums are exact in any order: float64 holds every
integer that occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TAPS = 32
BITS = 15
_IN, _OUT = 320, 441
_STRETCH = 49
"""Outputs per matrix product: few enough that most of the matrix is not zero."""

_BLOCK = 48
"""The number of blocks of 441 samples computed at a time, so that they fit the cache."""

BLOCK_SAMPLES = _BLOCK * _IN
"""The number of inputs that are resampled at a time."""

_CUT = 0.95
_KAISER_BETA = 8.0

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def _stretches() -> tuple[tuple[int, Floats], ...]:
    """Return the first input of each block of outputs, and its matrix, [inputs, outputs].

    A column holds integers that add up to one: a Kaiser-windowed sinc.
    """
    at = np.arange(_OUT) * _IN
    first, part = at // _OUT, (at % _OUT) / _OUT
    x = np.arange(TAPS)[None, :] - TAPS // 2 + 1 - part[:, None]
    inside = np.clip(1.0 - (x / (TAPS // 2)) ** 2, 0.0, 1.0)
    taps = np.sinc(_CUT * x) * np.i0(_KAISER_BETA * np.sqrt(inside))
    table = np.rint(taps * ((1 << BITS) / taps.sum(axis=1, keepdims=True)))
    table[np.arange(_OUT), table.argmax(axis=1)] += (1 << BITS) - table.sum(axis=1)
    found = []
    for start in range(0, _OUT, _STRETCH):
        own = slice(start, start + _STRETCH)
        begin = int(first[start])
        matrix = np.zeros((int(first[own][-1]) - begin + TAPS, _STRETCH))
        for column, (place, row) in enumerate(zip(first[own] - begin, table[own], strict=True)):
            matrix[place : place + TAPS, column] = row
        found.append((begin, matrix))
    return tuple(found)


def resampled_length(length: int) -> int:
    """Return the number of output samples for `length` input samples, the tail included."""
    return (length + TAPS) * _OUT // _IN


def resampled_blocks(blocks: Iterable[Floats], length: int) -> Iterator[Floats]:
    """Yield the samples [sides, m] at 44.1 kHz, block by block, with a tail.

    They are integers, scaled by 1 << BITS. Sample i is at input i * 320 / 441 and is delayed by
    half of the taps. blocks: the input, [sides, n] each, `length` samples in all; all but the last
    are as long as a whole number of `BLOCK_SAMPLES`.
    """
    left = resampled_length(length)
    near = np.zeros((0, 0))
    for piece in _pieces(blocks):
        if not near.size:
            near = np.zeros((len(piece), TAPS - 1 + BLOCK_SAMPLES))
        near[:, : TAPS - 1] = near[:, 1 - TAPS :]
        near[:, TAPS - 1 : TAPS - 1 + piece.shape[1]] = piece
        near[:, TAPS - 1 + piece.shape[1] :] = 0
        yield _filtered(near)[:, :left]
        left -= _BLOCK * _OUT
    if left > 0:
        near[:, : TAPS - 1] = near[:, 1 - TAPS :]
        near[:, TAPS - 1 :] = 0
        yield _filtered(near)[:, :left]


def _pieces(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Yield the blocks cut into pieces that are computed at a time."""
    for block in blocks:
        for start in range(0, block.shape[1], BLOCK_SAMPLES):
            yield block[:, start : start + BLOCK_SAMPLES]


def _filtered(near: Floats) -> Floats:
    """Return the resampled block, [sides, n].

    near: a block of inputs, [sides, TAPS - 1 + BLOCK_SAMPLES], which begins with the last TAPS - 1
    inputs of the block before. All outputs of a stretch are one product of overlapping windows of
    the inputs with a matrix of filter taps.
    """
    block = np.empty((len(near), _BLOCK, _OUT))
    for side, result in zip(near, block, strict=True):
        for number, (place, matrix) in enumerate(_stretches()):
            windows = np.lib.stride_tricks.as_strided(
                side[place:], (_BLOCK, len(matrix)), (_IN * side.itemsize, side.itemsize)
            )
            own = slice(number * _STRETCH, (number + 1) * _STRETCH)
            np.matmul(windows, matrix, out=result[:, own])
    return block.reshape(len(near), -1)


def resample(sides: Floats) -> Floats:
    """Return all blocks of `resampled_blocks` joined, [sides, n]."""
    return np.concatenate(list(resampled_blocks([sides], sides.shape[1])), axis=1)
