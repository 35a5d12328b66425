"""Chip files: a RegisterLog or a ChipSong as a file for consoles, players and trackers.

Encoders return bytes and report what the format could not hold. Each has a strict reader that
returns the content; it raises ValueError, with the offset or line, for an invalid file.
"""

from __future__ import annotations

from chipassets.chipfiles.cartridge import (
    FRAME_CLOCKS,
    cartridge_files,
    cartridge_song,
    encode_cartridge,
    gather,
    left_out,
    player_bytes,
)
from chipassets.chipfiles.compact import decode_compact, encode_compact
from chipassets.chipfiles.famistudio import encode_famistudio
from chipassets.chipfiles.famitone import encode_famitone
from chipassets.chipfiles.famitracker import encode_famitracker
from chipassets.chipfiles.ft_module import FtModule
from chipassets.chipfiles.ft_read import decode_famitracker
from chipassets.chipfiles.gbs import GbsFile, decode_gbs, encode_gbs, encode_playlist
from chipassets.chipfiles.it import encode_it
from chipassets.chipfiles.mod import encode_mod
from chipassets.chipfiles.mod_file import ModFile, decode_mod
from chipassets.chipfiles.nsf import NsfFile, decode_nsf, encode_nsf, encode_nsfe
from chipassets.chipfiles.result import ChipFile, OnCartridge
from chipassets.chipfiles.spc import SpcFile, decode_spc, encode_spc
from chipassets.chipfiles.uge import encode_uge
from chipassets.chipfiles.vgm import VgmFile, VgmTags, decode_vgm, encode_vgm

__all__ = [
    "FRAME_CLOCKS",
    "ChipFile",
    "FtModule",
    "GbsFile",
    "ModFile",
    "NsfFile",
    "OnCartridge",
    "SpcFile",
    "VgmFile",
    "VgmTags",
    "cartridge_files",
    "cartridge_song",
    "decode_compact",
    "decode_famitracker",
    "decode_gbs",
    "decode_mod",
    "decode_nsf",
    "decode_spc",
    "decode_vgm",
    "encode_cartridge",
    "encode_compact",
    "encode_famistudio",
    "encode_famitone",
    "encode_famitracker",
    "encode_gbs",
    "encode_it",
    "encode_mod",
    "encode_nsf",
    "encode_nsfe",
    "encode_playlist",
    "encode_spc",
    "encode_uge",
    "encode_vgm",
    "gather",
    "left_out",
    "player_bytes",
]
