"""The songs of a game on one cartridge: labels, names on the screen, and the font."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from chipassets.chipfiles.cartridge.blocks import Block, Ref
from chipassets.chipfiles.cartridge.songdata import SongData
from chipassets.chipfiles.text import to_ascii
from chipassets.glyphs import glyph_rows

FIRST_LETTER, LETTERS, TILE_ROWS = 0x20, 64, 8
"""The letters of the screen, from the space on."""

HOOKED = "MUSIC_HOOK"
"""The constant with which the player's source calls a hook for sound effects."""


@dataclass(frozen=True, slots=True)
class Song:
    """A song: the track's name, its data, and the memory of its clips, if it plays any."""

    name: str
    data: SongData
    samples: bytes = b""

    @property
    def label(self) -> str:
        """The song's address in a source."""
        return label_of(self.name)


def label_of(name: str) -> str:
    """Return the label of a track's song."""
    return f"song_{name.replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Album:
    """The songs that fit a ROM, in up to two regions, and the names of the others."""

    title: str
    low: tuple[Song, ...]
    high: tuple[Song, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def songs(self) -> tuple[Song, ...]:
        """The songs of the ROM in order."""
        return (*self.low, *self.high)

    def with_song(self, song: Song) -> Iterator[Album]:
        """Return the album with one more song, in one region or the other."""
        yield replace(self, low=(*self.low, song))
        yield replace(self, high=(*self.high, song))

    def without(self, song: Song) -> Album:
        """Return the album with the song among those that do not fit."""
        return replace(self, left_out=(*self.left_out, song.name))


def source(name: str) -> str:
    """Return one of the sources, such as `player_nes` or `rom_gameboy`."""
    return files(__package__).joinpath(f"{name}.asm").read_text("ascii")


def blocks_of(songs: Sequence[Song]) -> list[Block]:
    """Return the songs' data, concatenated."""
    return [block for song in songs for block in song.data.blocks]


def tables(album: Album, letters: int) -> list[Block]:
    """Return the tables of the ROM's program: the songs' addresses and names of `letters`."""
    songs = album.songs
    names = [_on_screen(song.name, letters) for song in songs]
    return [
        Block("songs", tuple(Ref(song.label) for song in songs)),
        Block("names", tuple(Ref("name_letters", n * letters) for n in range(len(songs)))),
        Block("game_name", (_on_screen(album.title, letters),)),
        Block("name_letters", (b"".join(names),)),
    ]


def _on_screen(name: str, letters: int) -> bytes:
    """Return the name in capitals, centred; characters without a letter become a dash."""
    shown = to_ascii(name).upper()[:letters].center(letters).encode("ascii")
    last = FIRST_LETTER + LETTERS
    return bytes(code if FIRST_LETTER <= code < last else ord("-") for code in shown)


@cache
def font() -> tuple[bytes, ...]:
    """Return each letter's rows from the top, one bit per dot, the leftmost the highest."""
    found = []
    for code in range(FIRST_LETTER, FIRST_LETTER + LETTERS):
        rows = [row.ljust(8, ".") for row in glyph_rows(chr(code))[:TILE_ROWS]]
        rows += ["." * 8] * (TILE_ROWS - len(rows))
        found.append(bytes(int(row.replace("#", "1").replace(".", "0"), 2) for row in rows))
    return tuple(found)
