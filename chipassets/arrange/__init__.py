"""Arrange: a Score becomes what each voice of a chip plays, and that becomes register writes."""

from __future__ import annotations

from chipassets.arrange.song import arrange
from chipassets.arrange.version import ARRANGE_VERSION
from chipassets.arrange.writer import write_registers

__all__ = ["ARRANGE_VERSION", "arrange", "write_registers"]
