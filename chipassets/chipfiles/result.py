"""What an encoder gives: the file's bytes, and what the format could not hold."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.chipsong import Dropped


@dataclass(frozen=True, slots=True)
class ChipFile:
    """A file in memory; `dropped` counts, by reason, what is not in it as it was asked for."""

    data: bytes
    dropped: tuple[Dropped, ...] = ()
