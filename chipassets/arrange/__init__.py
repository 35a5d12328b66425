"""Arrange: a Score becomes what each voice of a chip plays, and that becomes register writes."""

from __future__ import annotations

from chipassets.arrange.song import arrange
from chipassets.arrange.writer import write_registers

ARRANGE_VERSION = 1
"""Counts changes of what this stage gives for the same input; part of cache keys."""

__all__ = ["ARRANGE_VERSION", "arrange", "write_registers"]
