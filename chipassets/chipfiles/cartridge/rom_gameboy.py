"""A Game Boy ROM of 32 KiB: player, program and songs, built without external tools.

Its header has no logo: some emulators play it, rgbfix adds what others need. Pan Docs, "The
Cartridge Header".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from chipassets.chipfiles.asm_sm83 import assemble
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
from chipassets.chipfiles.cartridge.blocks import RGBDS, Block, link, place, text
from chipassets.chipfiles.text import to_ascii

_INTERRUPT, _ENTRY, START, END = 0x40, 0x100, 0x150, 0x8000
_MEMORY = 0xC000
_NAME_LETTERS = 20
_TITLE, _TITLE_LETTERS, _CHECK, _SUM = 0x134, 15, 0x14D, 0x14E

CONFIGURATION = ""
"""rgblink needs none."""


@cache
def player(*, hooked: bool, start: int = START) -> Program:
    """Return the player at an address, with or without its hook."""
    constants = {HOOKED: 1, "music_hook": start} if hooked else {}
    return assemble(source("player_gameboy"), _origins(start, _MEMORY), constants)


def _origins(code: int, memory: int) -> dict[str, int]:
    """Return the address at which each segment begins."""
    return {"ROM0": code, "ROM0[$40]": _INTERRUPT, "ROM0[$100]": _ENTRY, "WRAM0": memory}


def _programs(names: Mapping[str, int]) -> tuple[Program, Program]:
    """Return player and program, given the addresses of what the program reads."""
    first = player(hooked=True)
    code, memory = (len(first.segments[name]) for name in ("ROM0", "WRAM0"))
    entries = {
        n: v
        for n, v in first.labels.items()
        if n.startswith("music_") and n != "music_hook" and "." not in n
    }
    origins = _origins(START + code, _MEMORY + memory)
    program = assemble(source("rom_gameboy"), origins, {**entries, **names})
    hook = {HOOKED: 1, "music_hook": program.labels["music_hook"]}
    return assemble(source("player_gameboy"), _origins(START, _MEMORY), hook), program


@cache
def _code_size() -> int:
    """Return the size of the code, in bytes, which is the same wherever the data lies."""
    anywhere = dict.fromkeys(("songs", "names", "game_name", "font"), START)
    return sum(len(part.segments["ROM0"]) for part in _programs({**anywhere, "SONGS": 1}))


def _tables(album: Album) -> list[Block]:
    """Return the data that is not music: the tables of songs, and the font."""
    return [*tables(album, _NAME_LETTERS), Block("font", (b"".join(font()),))]


def fits(album: Album) -> bool:
    """Return whether the album fits the ROM; there is only one region."""
    size = sum(block.size for block in (*_tables(album), *blocks_of(album.low)))
    return not album.high and START + _code_size() + size <= END


def rom(album: Album) -> bytes:
    """Return the album as a ROM's bytes."""
    blocks = [*_tables(album), *blocks_of(album.low)]
    labels = place(blocks, START + _code_size())
    own, program = _programs({**labels, "SONGS": len(album.songs)})
    image = bytearray(END)
    for at, data in (
        (_INTERRUPT, program.segments["ROM0[$40]"]),
        (_ENTRY, program.segments["ROM0[$100]"]),
        (START, own.segments["ROM0"] + program.segments["ROM0"] + link(blocks, labels)),
    ):
        image[at : at + len(data)] = data
    title = to_ascii(album.title).upper()[:_TITLE_LETTERS].encode("ascii")
    image[_TITLE : _TITLE + len(title)] = title
    image[_CHECK] = -sum(byte + 1 for byte in image[_TITLE:_CHECK]) & 0xFF
    image[_SUM : _SUM + 2] = (sum(image) & 0xFFFF).to_bytes(2, "big")
    return bytes(image)


def song_source(song: Song) -> str:
    """Return a song as a source that a game's build includes in a section of its own."""
    head = f"; {song.name}: {song.data.size} bytes, for player.asm\nEXPORT {song.label}\n"
    return head + text(song.data.blocks, RGBDS)


def list_source(album: Album) -> str:
    """Return the source that lists the ROM's songs, for its program."""
    head = f"EXPORT songs, names, game_name, font, SONGS\nDEF SONGS EQU {len(album.songs)}\n"
    includes = "".join(f'INCLUDE "{song.name}.asm"\n' for song in album.low)
    return f'{head}\nSECTION "songs", ROM0\n{text(_tables(album), RGBDS)}{includes}'
