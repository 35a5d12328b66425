"""Numbers and truth values: whole numbers and numbers in a range, true and false."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import WRITTEN, refuse
from chipassets.manifest.scalars import plain_value

MAX_SEED = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""


_LONGEST_NUMBER = 50


def is_number(value: object) -> bool:
    """Whether the value is a finite number (truth values are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_range(value: Any, what: str, low: float, high: float, unit: str = "") -> float:
    """Return the number; Refusal, in the words of `what`, unless it is one from low to high."""
    why = f"{what} is a number{unit} from {low:g} to {high:g}"
    if isinstance(value, str):
        inner = value[:_LONGEST_NUMBER].split(" ")[0]
        if is_number(plain_value(inner)):
            raise refuse(why, f"write just {inner}, without quotes and unit")
    if not is_number(value) or not low <= value <= high:
        nearest = min(max(value, low), high) if is_number(value) else None
        raise refuse(why, f"write {nearest:g}" if nearest is not None else "write a number")
    return float(value)


def _whole(what: str, low: int, high: int) -> Callable[[Any, Context], int]:
    def read(value: Any, _: Context) -> int:
        why = f"{what} is a whole number from {low} to {high}"
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse(why, "write a whole number, without quotes and point")
        if not low <= value <= high:
            raise refuse(why, f"write {min(max(value, low), high)}")
        return value

    return read


def _read_temperature(value: Any, _: Context) -> float:
    return check_range(value, "temperature", 0.1, 4.0)


def read_truth(value: Any, _: Context) -> bool:
    """Return true or false; Refusal, with what is meant, for any other word."""
    if isinstance(value, bool):
        return value
    meant = str(value).lower()
    if meant in ("yes", "on", "y", "1", "true"):
        raise refuse("only true and false are truth values", "write true")
    if meant in ("no", "off", "n", "0", "false"):
        raise refuse("only true and false are truth values", "write false")
    raise refuse(f"{WRITTEN} is neither true nor false", "write true or false")


def _range_schema(kind: str, low: float, high: float, text: str) -> dict[str, Any]:
    return {"type": kind, "minimum": low, "maximum": high, "description": text}


Seed = Annotated[
    int,
    Reads(
        _whole("a seed", 0, MAX_SEED),
        _range_schema("integer", 0, MAX_SEED, "The same seed gives the same music."),
    ),
]
Takes = Annotated[
    int,
    Reads(
        _whole("takes", 1, 256),
        _range_schema(
            "integer", 1, 256, "How many candidates are composed; the best is kept. Default 16."
        ),
    ),
]
Temperature = Annotated[
    float,
    Reads(
        _read_temperature,
        _range_schema(
            "number", 0.1, 4.0, "Below 1 the model is more predictable, above 1 wilder. Default 1."
        ),
    ),
]


def truth(text: str) -> Reads:
    """Return the annotation of a truth value that the sentence describes."""
    return Reads(read_truth, {"type": "boolean", "description": text})
