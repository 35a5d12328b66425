"""Bars: the 16th and the bar that each note starts on, and where a long piece may be cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import Note
from chipassets.train.music import Metre

Notes = Sequence[Note] | NDArray[np.int64]

BAR_STEPS = {"4/4": 16, "3/4": 12, "6/8": 12}
"""Length of a bar of each metre that models know."""

_DOWNBEAT_MARGIN = 1.15
"""How much better than the written bar line another must fit to be used."""
_LONGEST_WEIGHT_STEPS = 8
_LOW_PITCH = 52
_FEWEST_BARS = 4
"""The least number of bars; in fewer, long and low notes may be anywhere."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of whole bars in one metre: bar lines at start_step + k * bar_steps."""

    start_step: int
    end_step: int
    metre: str
    bar_steps: int


def family(numerator: int, denominator: int) -> tuple[str, int]:
    """Return the metre ("4/4", "3/4", "6/8" or "" for others) and the steps of a written bar.

    Bars of 2/4, 2/2 and 4/2 are paired or halved into 4/4, of 3/8 and 12/8 into 6/8, of 6/4 into
    3/4.
    """
    steps, rest = divmod(numerator * 16, denominator)
    if rest or steps == 0:
        return "", 0
    if numerator in (1, 2, 4, 8) and steps in (4, 8, 16, 32):
        return "4/4", steps
    if (numerator, denominator) in ((3, 8), (6, 8), (12, 8), (6, 16), (12, 16)) and steps >= 6:
        return "6/8", steps
    if (numerator, denominator) in ((3, 4), (6, 4)):
        return "3/4", steps
    return "", steps


def double_time(metre: str, written_steps: int) -> tuple[str, int]:
    """Return the metre and bar that 8ths turned into 16ths make; "" when the bar does not halve."""
    if metre == "4/4" and written_steps >= 8:
        return "4/4", written_steps // 2
    if metre == "3/4":
        return "6/8", written_steps // 2
    if metre == "" and written_steps == 24:
        return "3/4", 12
    return "", 0


def spans(notes: Notes, metres: tuple[Metre, ...], *, doubled: bool = False) -> list[Span]:
    """Return the spans of a piece, in order; steps before the first bar line are in none.

    `doubled`: the notes are already in double time; the metres are as written.
    """
    table = np.asarray(notes, np.int64)
    end = int((table[:, 0] + table[:, 1]).max())
    factor = 2 if doubled else 1
    starts = [(m.start_step // factor, m.numerator, m.denominator) for m in metres]
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, 4, 4))
    result = []
    for index, (start, numerator, denominator) in enumerate(starts):
        stop = starts[index + 1][0] if index + 1 < len(starts) else end
        metre, written = family(numerator, denominator)
        if doubled:
            metre, written = double_time(metre, written)
        if written == 0 or stop - start < written:
            continue
        bar = BAR_STEPS.get(metre, written)
        inside = table[(table[:, 0] >= start) & (table[:, 0] < stop)]
        tells = metre and stop - start >= _FEWEST_BARS * bar
        offset = _downbeat(inside, start, bar, metre) if tells else 0
        result.append(Span(start + offset, stop, metre, bar))
    return result


def _downbeat(notes: NDArray[np.int64], start_step: int, bar: int, metre: str) -> int:
    """Return the 16th, 0..bar-1, after `start_step` that is most likely the first bar line.

    Long and low notes start on downbeats. In files whose pickup was not padded the written bar
    lines are wrong, so a clearly better one is used instead.
    """
    starts, lengths, pitches = notes.T
    stress = np.where(pitches < _LOW_PITCH, 2.0, 1.0) * np.minimum(lengths, _LONGEST_WEIGHT_STEPS)
    weights = np.bincount((starts - start_step) % bar, weights=stress, minlength=bar)
    half = np.roll(weights, -bar // 2) if metre in ("4/4", "6/8") else np.zeros(bar)
    scores = weights + 0.5 * half
    best = int(np.argmax(scores))
    return best if scores[best] > _DOWNBEAT_MARGIN * scores[0] else 0
