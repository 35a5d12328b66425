"""A game's music on a cartridge: compressed song data, players for it, and a ROM."""

from __future__ import annotations

from chipassets.chipfiles.cartridge.album import Album, Song
from chipassets.chipfiles.cartridge.clocks import FRAME_CLOCKS
from chipassets.chipfiles.cartridge.files import (
    cartridge_files,
    cartridge_song,
    encode_cartridge,
    gather,
    left_out,
    player_bytes,
)

__all__ = [
    "FRAME_CLOCKS",
    "Album",
    "Song",
    "cartridge_files",
    "cartridge_song",
    "encode_cartridge",
    "gather",
    "left_out",
    "player_bytes",
]
