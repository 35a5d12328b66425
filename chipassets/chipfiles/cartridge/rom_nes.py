"""A NES ROM, NROM with 32 KiB: player, program and songs, built without external tools.

Samples are at $C000, the only place that the register values of the log address, and songs below
and above. NESdev, "INES" and "NROM".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from chipassets.chipfiles.asm6502 import assemble
from chipassets.chipfiles.assembling import Program
from chipassets.chipfiles.cartridge.album import (
    HOOKED,
    Album,
    Song,
    blocks_of,
    font,
    source,
    tables,
)
from chipassets.chipfiles.cartridge.blocks import CA65, Block, link, place, text
from chipassets.chipfiles.clip_memory import shared_samples

START, _SAMPLES, _VECTORS = 0x8000, 0xC000, 0xFFFA
_ZERO_PAGE, _MEMORY = 0x0000, 0x0300
_CHARACTERS = 0x2000
_NAME_LETTERS = 24

CONFIGURATION = """\
# For ld65: NROM with 32 KiB, samples at $C000, songs below and above them.
MEMORY {
    HEADER: start = $0000, size = $0010, fill = yes;
    ZERO: start = $0000, size = $0100, type = rw;
    RAM: start = $0300, size = $0500, type = rw;
    LOW: start = $8000, size = $4000, fill = yes;
    HIGH: start = $C000, size = $3FFA, fill = yes;
    VECTORS: start = $FFFA, size = $0006, fill = yes;
    CHARS: start = $0000, size = $2000, fill = yes;
}
SEGMENTS {
    HEADER: load = HEADER, type = ro;
    ZEROPAGE: load = ZERO, type = zp;
    BSS: load = RAM, type = bss;
    CODE: load = LOW, type = ro;
    LOW: load = LOW, type = ro;
    HIGH: load = HIGH, type = ro, optional = yes;
    VECTORS: load = VECTORS, type = ro;
    CHARS: load = CHARS, type = ro;
}
"""


@cache
def player(*, hooked: bool) -> Program:
    """Return the player at $8000, with or without its hook."""
    constants = {HOOKED: 1, "music_hook": START} if hooked else {}
    return assemble(source("player_nes"), _origins(START, _ZERO_PAGE, _MEMORY), constants)


def _origins(code: int, zero_page: int, memory: int) -> dict[str, int]:
    """Return the address at which each segment begins."""
    return {
        "HEADER": 0, "ZEROPAGE": zero_page, "BSS": memory, "CODE": code, "VECTORS": _VECTORS,
    }  # fmt: skip


def _programs(names: Mapping[str, int]) -> tuple[Program, Program]:
    """Return player and program, given the addresses of what the program reads."""
    first = player(hooked=True)
    sizes = (len(first.segments[name]) for name in ("CODE", "ZEROPAGE", "BSS"))
    places = (start + size for start, size in zip((START, _ZERO_PAGE, _MEMORY), sizes, strict=True))
    entries = {
        n: v for n, v in first.labels.items() if n.startswith("music_") and n != "music_hook"
    }
    program = assemble(source("rom_nes"), _origins(*places), {**entries, **names})
    hook = {HOOKED: 1, "music_hook": program.labels["music_hook"]}
    return assemble(source("player_nes"), _origins(START, _ZERO_PAGE, _MEMORY), hook), program


@cache
def _code_size() -> int:
    """Return the size of the code, in bytes, which is the same wherever the data lies."""
    anywhere = dict.fromkeys(("songs", "names", "game_name"), START)
    return sum(len(part.segments["CODE"]) for part in _programs({**anywhere, "SONGS": 1}))


def _low(album: Album) -> list[Block]:
    """Return the tables and the songs of the lower region."""
    return [*tables(album, _NAME_LETTERS), *blocks_of(album.low)]


def _samples(songs: tuple[Song, ...]) -> list[Block]:
    """Return the block of drum samples that all songs share; none without samples."""
    image = shared_samples(song.samples for song in songs)
    return [Block("samples", (image,))] if image else []


def fits(album: Album) -> bool:
    """Return whether the album fits the ROM."""
    low = _code_size() + sum(block.size for block in _low(album))
    high = sum(block.size for block in (*_samples(album.songs), *blocks_of(album.high)))
    return low <= _SAMPLES - START and high <= _VECTORS - _SAMPLES


def rom(album: Album) -> bytes:
    """Return the album as an iNES file."""
    low, high = _low(album), [*_samples(album.songs), *blocks_of(album.high)]
    labels = place(low, START + _code_size()) | place(high, _SAMPLES)
    own, program = _programs({**labels, "SONGS": len(album.songs)})
    image = own.segments["CODE"] + program.segments["CODE"] + link(low, labels)
    image = image.ljust(_SAMPLES - START, b"\0") + link(high, labels)
    image = image.ljust(_VECTORS - START, b"\0") + program.segments["VECTORS"]
    return program.segments["HEADER"] + image + _characters().ljust(_CHARACTERS, b"\0")


def _characters() -> bytes:
    """Return the letters as NES tiles, in the first of two bit planes."""
    return b"".join(rows + bytes(len(rows)) for rows in font())


def song_source(song: Song) -> str:
    """Return a song as a source that a game's build includes in a segment of its own."""
    head = f"; {song.name}: {song.data.size} bytes, for player.asm\n.export {song.label}\n"
    return head + text(song.data.blocks, CA65)


def list_source(album: Album) -> str:
    """Return the source that lists the ROM's songs, for its program."""
    head = f".export songs, names, game_name\n.exportzp SONGS\nSONGS = {len(album.songs)}\n"
    low = text(tables(album, _NAME_LETTERS), CA65) + _includes(album.low)
    high = text(_samples(album.songs), CA65) + _includes(album.high)
    characters = text([Block("letters", (_characters(),))], CA65)
    return f'{head}\n.segment "LOW"\n{low}\n.segment "HIGH"\n{high}\n.segment "CHARS"\n{characters}'


def _includes(songs: tuple[Song, ...]) -> str:
    """Return the lines of ca65 that include each song."""
    return "".join(f'.include "{song.name}.asm"\n' for song in songs)
