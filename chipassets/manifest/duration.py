"""Length, tempo and metre of a track."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import WRITTEN, refuse
from chipassets.manifest.span import Span
from chipassets.nearest import did_you_mean
from chipassets.plan.presets import TEMPO_LIMITS
from chipassets.plan.trackplan import Range
from chipassets.units import METRES, WHOLE_NOTE_STEPS, steps_per_bar

MAX_BARS = 512
MAX_SECONDS = 1800

TEMPO_SPAN = Span("tempo", "tempi", TEMPO_LIMITS, Range(120, 140), " of quarter notes a minute")

_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) *(bars?|s|sec|seconds?|steps?)", re.ASCII)
_UNITS = {"b": "bars", "st": "steps", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class Length:
    """The wanted length of a track: an amount of `bars`, `seconds` or `steps`."""

    amount: Fraction
    unit: str

    def bars(self, tempo: Range, beats_per_bar: float) -> tuple[int, int | None]:
        """Return the number of bars, and for a length in seconds the tempo in thousandths of a bpm.

        Seconds: the tempo is chosen so that the time is a whole number of bars; multiples of four
        or two bars are preferred to odd numbers, and tempi near the middle of the range to others.
        If the range has no such tempo, the nearest number of bars at the nearest tempo is returned.
        """
        if self.unit == "bars":
            return int(self.amount), None
        if self.unit == "steps":
            return max(1, int(self.amount) // steps_per_bar(beats_per_bar)), None
        return self._bars_of_seconds(Fraction(str(tempo.low)), Fraction(str(tempo.high)),
                                     Fraction(60 * beats_per_bar) / self.amount)  # fmt: skip

    def _bars_of_seconds(self, low: Fraction, high: Fraction, bar_bpm: Fraction) -> tuple[int, int]:
        """Return the bars and the tempo; at `bar_bpm` one bar lasts the whole length."""
        middle = (low + high) / 2
        fitting = range(max(1, math.ceil(low / bar_bpm)), math.floor(high / bar_bpm) + 1)
        if not fitting:
            bars = max(1, round(middle / bar_bpm))
            return bars, round(min(max(bars * bar_bpm, low), high) * 1000)
        by_phrase = ([bars for bars in fitting if bars % phrase == 0] for phrase in (4, 2, 1))
        bars = min(next(filter(None, by_phrase)), key=lambda count: abs(count * bar_bpm - middle))
        return bars, round(bars * bar_bpm * 1000)


def read_length(value: Any, _: Context) -> Length:
    """Return the length of a text like "16 bars", "30 s" or "128 steps"."""
    why = "a length is a number of bars, seconds or steps (16th notes)"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise refuse(why, f"write the unit too: {WRITTEN} bars, {WRITTEN} s or {WRITTEN} steps")
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refuse(why, "write it like 16 bars, 30 s or 128 steps")
    amount, word = Fraction(match.group(1)), match.group(2)
    unit = next(unit for start, unit in _UNITS.items() if word.startswith(start))
    return _checked(Length(amount, unit))


def _checked(length: Length) -> Length:
    """Return the length; Refusal if it is out of range or not whole."""
    most = {"bars": MAX_BARS, "seconds": MAX_SECONDS, "steps": MAX_BARS * WHOLE_NOTE_STEPS}[
        length.unit
    ]
    if not 0 < length.amount <= most:
        raise refuse(f"a length is greater than 0 and at most {most} {length.unit}",
                     f"write a number of {length.unit} up to {most}")  # fmt: skip
    if length.unit != "seconds" and length.amount.denominator != 1:
        raise refuse(f"{length.unit} are counted whole",
                     f"write {max(1, round(length.amount))} {length.unit}")  # fmt: skip
    return length


def read_tempo(value: Any, _: Context) -> Range:
    """Return the tempo, a number or a range, as a range."""
    return TEMPO_SPAN.read(value)


def read_metre(value: Any, _: Context) -> str:
    """Return the metre if it is one of `METRES`; Refusal otherwise."""
    if isinstance(value, str) and value in METRES:
        return value
    raise refuse("this metre is not supported", did_you_mean(value, METRES, "metres"))


LengthField = Annotated[
    Length,
    Reads(
        read_length,
        {
            "type": "string",
            "pattern": f"^{_LENGTH.pattern}$",
            "examples": ["16 bars", "30 s", "128 steps"],
            "description": "Bars, seconds (rounded to whole bars) or steps (16th notes).",
        },
    ),
]
TempoField = Annotated[
    Range,
    Reads(
        read_tempo,
        TEMPO_SPAN.schema("Quarter notes a minute, or the range to choose from."),
    ),
]
MetreField = Annotated[
    str,
    Reads(
        read_metre,
        {"enum": list(METRES), "description": "Default 4/4. Tempo counts quarter notes in all."},
    ),
]
