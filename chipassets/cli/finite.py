"""A check for numeric options: their bounds let NaN through."""

from __future__ import annotations

import math

from chipassets.errors import UsageError


def finite(value: float) -> float:
    """Return the value of a numeric option; raise UsageError if it is not finite."""
    if not math.isfinite(value):
        raise UsageError(f"{value} is not a finite number; write one like 0.5")
    return value
