"""Arranging: assigns a Score to the voices of a chip, then writes it as register writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipassets.lazy import offering

if TYPE_CHECKING:
    from chipassets.arrange.song import arrange
    from chipassets.arrange.writer import write_registers

__all__ = ["arrange", "write_registers"]

__getattr__ = offering(__name__, {"arrange": "song", "write_registers": "writer"})
