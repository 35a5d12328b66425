"""The result of an encoder: the file's bytes, and what the format could not hold."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.chipsong import Dropped


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the player takes of the processor's clocks in a frame: the mean of a song, and most."""

    mean: int
    most: int


@dataclass(frozen=True, slots=True)
class OnCartridge:
    """The size of a song on a cartridge, in bytes, and of the samples that it needs too.

    clocks: None for a song that is too large for the processor to address.
    """

    size: int
    samples: int
    clocks: Clocks | None = None


@dataclass(frozen=True, slots=True)
class ChipFile:
    """A file in memory; `dropped` counts, by reason, what is missing or different in it.

    on_cartridge: for a source file, the size of what is assembled from it. warning: what keeps the
    file from being used as it is meant, "" is nothing.
    """

    data: bytes
    dropped: tuple[Dropped, ...] = ()
    on_cartridge: OnCartridge | None = None
    warning: str = ""
