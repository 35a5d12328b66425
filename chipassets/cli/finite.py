"""Numbers of options: bounds alone let through what is no number."""

from __future__ import annotations

import math

from chipassets.errors import UsageError


def finite(value: float) -> float:
    """Return a number of a typer option, whose bounds let through what is none; else UsageError."""
    if not math.isfinite(value):
        raise UsageError(f"{value} is no number that an option can have")
    return value
