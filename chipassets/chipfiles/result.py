"""What an encoder gives: the file's bytes, and what the format could not hold."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.chipsong import Dropped


@dataclass(frozen=True, slots=True)
class OnCartridge:
    """What a song takes on a cartridge, in bytes, and whether it needs the samples beside it."""

    size: int
    plays_samples: bool


@dataclass(frozen=True, slots=True)
class ChipFile:
    """A file in memory; `dropped` counts, by reason, what is not in it as it was asked for.

    on_cartridge: of a file that is a source, what is made of it.
    """

    data: bytes
    dropped: tuple[Dropped, ...] = ()
    on_cartridge: OnCartridge | None = None
