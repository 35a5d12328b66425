"""The songs of a game on one cartridge: their labels, their names on the screen, the letters."""

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
"""The screen's letters: from the space on, and the rows of each."""

HOOKED = "MUSIC_HOOK"
"""What the player's source asks for to call a hook for sound effects."""


@dataclass(frozen=True, slots=True)
class Song:
    """A song: the track's name, its data, and whether it plays samples."""

    name: str
    data: SongData
    plays_samples: bool = False

    @property
    def label(self) -> str:
        """The song's address in a source."""
        return label_of(self.name)


def label_of(name: str) -> str:
    """Return the label of a track's song."""
    return f"song_{name.replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Album:
    """The songs that a ROM has room for, in up to two places, and the names of the others."""

    title: str
    low: tuple[Song, ...]
    high: tuple[Song, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def songs(self) -> tuple[Song, ...]:
        """The songs of the ROM in their order."""
        return (*self.low, *self.high)

    def with_song(self, song: Song) -> Iterator[Album]:
        """The album with one more song, in the one place or the other."""
        yield replace(self, low=(*self.low, song))
        yield replace(self, high=(*self.high, song))

    def without(self, song: Song) -> Album:
        """The album, which says that it has no room for the song."""
        return replace(self, left_out=(*self.left_out, song.name))


def source(name: str) -> str:
    """Return one of the sources, such as `player_nes` or `rom_gameboy`."""
    return files(__package__).joinpath(f"{name}.asm").read_text("ascii")


def blocks_of(songs: Sequence[Song]) -> list[Block]:
    """Return the songs' data, one song behind the other."""
    return [block for song in songs for block in song.data.blocks]


def tables(album: Album, letters: int) -> list[Block]:
    """Return what the ROM's program reads: the songs' addresses and names cut to `letters`."""
    songs = album.songs
    names = [_on_screen(song.name, letters) for song in songs]
    return [
        Block("songs", tuple(Ref(song.label) for song in songs)),
        Block("names", tuple(Ref("name_letters", n * letters) for n in range(len(songs)))),
        Block("game_name", (_on_screen(album.title, letters),)),
        Block("name_letters", (b"".join(names),)),
    ]


def _on_screen(name: str, letters: int) -> bytes:
    """The name in capitals, in the middle; what the screen has no letter for is a line."""
    shown = to_ascii(name).upper()[:letters].center(letters).encode("ascii")
    last = FIRST_LETTER + LETTERS
    return bytes(code if FIRST_LETTER <= code < last else ord("-") for code in shown)


@cache
def font() -> tuple[bytes, ...]:
    """Return each letter's rows from the top, a bit for each dot, the leftmost the highest."""
    found = []
    for code in range(FIRST_LETTER, FIRST_LETTER + LETTERS):
        rows = [row.ljust(8, ".") for row in glyph_rows(chr(code))[:TILE_ROWS]]
        rows += ["." * 8] * (TILE_ROWS - len(rows))
        found.append(bytes(int(row.replace("#", "1").replace(".", "0"), 2) for row in rows))
    return tuple(found)
