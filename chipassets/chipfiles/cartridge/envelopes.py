"""Envelopes: how a voice's level or tone changes within a note, frame by frame.

A note ends the envelope of the note before, so a short note can share a longer note's envelope with
the same beginning. A step of a level is a byte with its count; a tone is its first value and
differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import TypeVar

from chipassets.chipfiles.cartridge.lanes import LevelForm, Tone

_Value = TypeVar("_Value", int, Tone)

HOLD, SET, BACK, WAIT = 0x00, 0x04, 0x08, 0x0C
"""Codes in place of a tone's step: hold; two bytes and a count; jump back by a byte; wait."""
_MOST_DELTA, _LEAST_DELTA, _MOST_COUNT = 31, -32, 3
_MOST_FRAMES = 255


def runs(values: Iterable[_Value]) -> list[tuple[_Value, int]]:
    """Return each value with the number of times it occurs in a row."""
    return [(value, sum(1 for _ in same)) for value, same in groupby(values)]


def shared(sequences: Iterable[Sequence[_Value]]) -> dict[tuple[_Value, ...], tuple[_Value, ...]]:
    """Return, for each sequence, the longest of them that begins with it."""
    found: dict[tuple[_Value, ...], tuple[_Value, ...]] = {}
    prefixes: dict[tuple[_Value, ...], tuple[_Value, ...]] = {}
    for sequence in sorted({tuple(s) for s in sequences}, key=lambda s: (-len(s), s)):
        if sequence not in prefixes:
            for end in range(1, len(sequence) + 1):
                prefixes.setdefault(sequence[:end], sequence)
        found[sequence] = prefixes[sequence]
    return found


def pack_level(levels: Sequence[int], form: LevelForm) -> bytes:
    """Return an envelope that plays the levels, one per frame, and stays at the last."""
    data = bytearray()
    most = form.mask >> form.shift
    steps = runs(level & ~form.mask for level in levels)
    for number, (level, count) in enumerate(steps):
        last = number == len(steps) - 1
        for part in [0] if last else _parts(count, _MOST_FRAMES):
            if 0 < part <= most:
                data.append(level | part << form.shift)
            else:
                data += bytes((level, part))
    return bytes(data)


def _parts(count: int, most: int) -> list[int]:
    """Return a count as a sum of numbers that are at most `most`."""
    return [most] * (count // most) + ([count % most] if count % most else [])


def pack_tone(tones: Sequence[Tone]) -> bytes:
    """Return an envelope of the tones; a cycle that repeats at its end is stored once."""
    steps = runs(tones)
    (first, count), *rest = steps
    if not rest:
        return bytes((*first, 0))
    data = bytearray((*first, min(count, _MOST_FRAMES)))
    data += _waits(count - min(count, _MOST_FRAMES))
    begin, period = _cycle(steps)
    end = begin + period if period else len(steps) - 1
    places = [0]
    for (before, _), (tone, count) in pairwise(steps[: end + 1]):
        places.append(len(data))
        data += _step(before, tone, count if period or len(places) <= end else 1)
    data += bytes((BACK, len(data) - places[begin + 1])) if period else bytes((HOLD,))
    return bytes(data)


def _step(before: Tone, tone: Tone, count: int) -> bytes:
    """Return a step of a tone envelope: a small difference in one byte, or the whole tone."""
    delta = (tone[0] - before[0] + 128) % 256 - 128
    if tone[1] == before[1] and _LEAST_DELTA <= delta <= _MOST_DELTA:
        now = min(count, _MOST_COUNT)
        return bytes((delta << 2 & 0xFF | now,)) + _waits(count - now)
    now = min(count, _MOST_FRAMES)
    return bytes((SET, *tone, now)) + _waits(count - now)


def _waits(frames: int) -> bytes:
    """Return the codes that wait for that many frames."""
    data = bytearray()
    for part in _parts(frames, _MOST_FRAMES):
        data += bytes((part,)) if part <= _MOST_COUNT else bytes((WAIT, part))
    return bytes(data)


def _cycle(steps: Sequence[tuple[Tone, int]]) -> tuple[int, int]:
    """Return the step from which the steps repeat, and the period; (0, 0) if they do not.

    The first period is complete, the second at least begun; the last step may be cut.
    """
    count = len(steps)
    for end in range(2, count - 1):
        for period in range(2, end + 1):
            begin = end - period
            if steps[begin][0] == steps[end][0] and _goes_round(steps, end, period):
                return begin, period
    return 0, 0


def _goes_round(steps: Sequence[tuple[Tone, int]], end: int, period: int) -> bool:
    """Return whether the steps after `end` repeat the `period` steps before, as far as they go."""
    *whole, (tone, frames) = steps[end + 1 :]
    like = steps[end + 1 - period :]
    again, most = like[len(whole)]
    return whole == list(like[: len(whole)]) and tone == again and frames <= most
