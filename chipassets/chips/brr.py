"""BRR, the sample format of the SNES: sixteen samples in nine bytes (SNESdev, BRR).

A block has a shift, one of four predictions from the two samples before it, and sixteen 4-bit
steps. Samples have 15 bits; here they are passed and returned as 16-bit values, as the chip mixes
them.
"""

from __future__ import annotations

from collections.abc import Sequence

BLOCK_SAMPLES, BLOCK_BYTES = 16, 9
_END, _LOOP = 1, 2
_MOST_SHIFT = 12
_MOST_PASSES = 8
_SHORT_LOOP = 512
"""Longer loops are encoded once: repeating until a pass ends as it began needs too much memory."""

_LOWEST, _HIGHEST = -(1 << 15), (1 << 15) - 1

_Past = tuple[int, int]
"""The decoder's state: the last sample and the one before it, 15 bits."""


def decode_brr(data: bytes) -> tuple[int, ...]:
    """Return the 16-bit samples of the blocks, as the chip plays them the first time."""
    past, found = (0, 0), []
    for start in range(0, len(data), BLOCK_BYTES):
        head = data[start]
        for byte in data[start + 1 : start + BLOCK_BYTES]:
            for step in (byte >> 4, byte & 15):
                value = _decoded(_signed(step), head >> 4, _predicted(head >> 2 & 3, past))
                past = value, past[0]
                found.append(2 * value)
    return tuple(found)


def encode_brr(
    samples: Sequence[int], *, loops: bool, loop_start: int = 0
) -> tuple[bytes, int | None]:
    """Return 16-bit samples as blocks, and the index of the sample at which a loop starts.

    What comes before `loop_start`, whole blocks, is played once.

    Each block has the prediction and the shift with the smallest error; the first block predicts
    nothing. A loop is encoded again and again until a pass ends in the state in which it began:
    that pass loops and sounds the same each time. If there is none, the first pass loops, which is
    less exact. Without a loop the last block is filled up with silence.

    Raises:
        ValueError: `samples` is empty, or a loop's samples do not fill a whole number of blocks.
    """
    if not samples or (loops and (len(samples) % BLOCK_SAMPLES or loop_start % BLOCK_SAMPLES)):
        raise ValueError(f"{len(samples)} samples do not fill blocks of {BLOCK_SAMPLES}")
    padded = [*samples, *[0] * (-len(samples) % BLOCK_SAMPLES)]
    packed, past = _pass(padded, (0, 0), first_filters=1)
    if not loops:
        return _ended(packed, _END), None
    before, looped = packed, padded[loop_start:]
    for _ in range(_MOST_PASSES if len(looped) <= _SHORT_LOOP else 0):
        body, end = _pass(looped, past, first_filters=4)
        if end == past:
            return _ended(before + body, _END | _LOOP), len(before) // BLOCK_BYTES * BLOCK_SAMPLES
        before, past = before + body, end
    # A loop whose first block predicts nothing sounds the same each time.
    before, past = (
        _pass(padded[:loop_start], (0, 0), first_filters=1) if loop_start else (b"", (0, 0))
    )
    body, _ = _pass(looped, past, first_filters=1)
    return _ended(before + body, _END | _LOOP), len(before) // BLOCK_BYTES * BLOCK_SAMPLES


def _ended(packed: bytes, flags: int) -> bytes:
    """Return the blocks with these flags set in the header of the last one."""
    place = len(packed) - BLOCK_BYTES
    return packed[:place] + bytes((packed[place] | flags,)) + packed[place + 1 :]


def _pass(samples: Sequence[int], past: _Past, first_filters: int) -> tuple[bytes, _Past]:
    """Return the blocks of samples that follow `past`, and the decoder's state after them."""
    packed = bytearray()
    for start in range(0, len(samples), BLOCK_SAMPLES):
        wanted = [value / 2 for value in samples[start : start + BLOCK_SAMPLES]]
        head, steps, past = _best(wanted, past, filters=range(4 if start else first_filters))
        packed.append(head)
        packed += bytes(high << 4 | low for high, low in zip(steps[::2], steps[1::2], strict=True))
    return bytes(packed), past


def _best(wanted: Sequence[float], past: _Past, filters: range) -> tuple[int, list[int], _Past]:
    """Return the header, steps and state of the prediction and the shift with the least error."""
    least, found = float("inf"), (0, [0] * BLOCK_SAMPLES, past)
    for number in filters:
        needed = _shift_for(wanted, number, past)
        for shift in range(max(0, needed - 1), min(_MOST_SHIFT, needed + 1) + 1):
            error, steps, end = _packed(wanted, shift, number, past, least)
            if error < least:
                least, found = error, (shift << 4 | number << 2, steps, end)
    return found


def _shift_for(wanted: Sequence[float], number: int, past: _Past) -> int:
    """Return the least shift whose steps are large enough for the prediction's error."""
    last, before = float(past[0]), float(past[1])
    largest = 0.0
    for value in wanted:
        largest = max(largest, abs(value - _about(number, last, before)))
        last, before = value, last
    shift = 0
    while (7 << shift) / 2 < largest and shift < _MOST_SHIFT:
        shift += 1
    return shift


def _about(number: int, last: float, before: float) -> float:
    """Return the prediction without the chip's rounding."""
    return (0.0, last * 15 / 16, last * 61 / 32 - before * 15 / 16,
            last * 115 / 64 - before * 13 / 16)[number]  # fmt: skip


def _packed(
    wanted: Sequence[float], shift: int, number: int, past: _Past, most: float
) -> tuple[float, list[int], _Past]:
    """Return error, steps and state for one prediction and shift; the error is a sum of squares.

    Where it reaches `most` nothing more is encoded, and the steps are not a whole block.
    """
    error, steps = 0.0, []
    for value in wanted:
        predicted = _predicted(number, past)
        step = round((value - predicted) * 2 / (1 << shift))
        step = -8 if step < -8 else 7 if step > 7 else step
        got = _decoded(step, shift, predicted)
        error += (got - value) ** 2
        if error >= most:
            break
        steps.append(step & 15)
        past = got, past[0]
    return error, steps, past


def _decoded(step: int, shift: int, predicted: int) -> int:
    """Return the sample of a step: clamped to 16 bits, then reduced to 15, as on the chip."""
    scaled = (step << shift) >> 1 if shift <= _MOST_SHIFT else -2048 if step < 0 else 0
    value = min(max(scaled + predicted, _LOWEST), _HIGHEST)
    return (value + (1 << 14) & 0x7FFF) - (1 << 14)


def _predicted(number: int, past: _Past) -> int:
    """Return the value that a filter adds to each step (anomie's S-DSP doc, BRR decoding)."""
    last, before = past
    if number == 0:
        return 0
    if number == 1:
        return last + (-last >> 4)
    if number == 2:
        return (last << 1) + (-3 * last >> 5) - before + (before >> 4)
    return (last << 1) + (-13 * last >> 6) - before + (3 * before >> 4)


def _signed(step: int) -> int:
    return step - 16 if step >= 8 else step
