"""The files of a cartridge: a source per song, the sources of player and ROM, and the ROM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chipassets.chipfiles.assembling import Program
from chipassets.chipfiles.cartridge import rom_gameboy, rom_nes
from chipassets.chipfiles.cartridge.album import Album, Song, label_of, source
from chipassets.chipfiles.cartridge.blocks import Block
from chipassets.chipfiles.cartridge.clocks import count_clocks
from chipassets.chipfiles.cartridge.songdata import SongData, song_data
from chipassets.chipfiles.result import ChipFile, OnCartridge
from chipassets.chips.chipsong import ChipSong
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError


@dataclass(frozen=True, slots=True)
class _Rom:
    """How a console's files are made; code: the player's segments that are on the cartridge."""

    player: Callable[..., Program]
    code: str
    fits: Callable[[Album], bool]
    rom: Callable[[Album], bytes]
    song_source: Callable[[Song], str]
    list_source: Callable[[Album], str]
    configuration: str = ""


_ROMS = {
    "nes": _Rom(
        rom_nes.player, "CODE", rom_nes.fits, rom_nes.rom, rom_nes.song_source,
        rom_nes.list_source, rom_nes.CONFIGURATION,
    ),
    "gameboy": _Rom(
        rom_gameboy.player, "ROM0", rom_gameboy.fits, rom_gameboy.rom, rom_gameboy.song_source,
        rom_gameboy.list_source,
    ),
}  # fmt: skip


def cartridge_song(song: ChipSong, log: RegisterLog, name: str) -> Song:
    """Return a track in the form of the cartridge's player.

    RenderError for a chip or a log that the player cannot play.
    """
    starts = {voice.name: {note.start_frame for note in voice.notes} for voice in song.voices}
    data = song_data(log, label_of(name), starts=starts, frames_per_bar=song.frames_per_bar)
    return Song(name, data, log.samples)


def encode_cartridge(song: ChipSong, log: RegisterLog, name: str) -> ChipFile:
    """Return a track's data as a source for ca65 (`nes`) or rgbds (`gameboy`).

    RenderError for a chip or a log that the player cannot play.
    """
    made = cartridge_song(song, log, name)
    text = _ROMS[song.chip].song_source(made)
    # The frame after the last one writes the loop's start again, or the silence after the end.
    clocks = count_clocks(made, song.chip, len(log.frames) + 1)
    return ChipFile(
        text.encode("ascii"), on_cartridge=OnCartridge(made.data.size, len(made.samples), clocks)
    )


def gather(songs: Sequence[Song], chip: str, title: str) -> Album:
    """Return the songs that fit on one ROM, the first ones first.

    RenderError if two tracks' songs would have the same label.
    """
    named: dict[str, str] = {}
    album = Album(title, ())
    for song in songs:
        if song.label in named:
            raise RenderError(
                f"tracks {named[song.label]!r} and {song.name!r} would both be {song.label} on the "
                "cartridge; give one of them another name"
            )
        named[song.label] = song.name
        album = next(filter(_ROMS[chip].fits, album.with_song(song)), album.without(song))
    return album


def left_out(sizes: Iterable[tuple[str, int, int]], chip: str) -> tuple[str, ...]:
    """Return the names of the songs that do not fit on one ROM.

    sizes: for each song its name, its bytes, and those of the samples in memory.
    """
    songs = [
        Song(name, SongData((Block(label_of(name), (bytes(size),)),)), bytes(samples))
        for name, size, samples in sizes
    ]
    return gather(songs, chip, "").left_out


def cartridge_files(album: Album, chip: str) -> dict[str, bytes]:
    """Return the files besides the songs' sources, by file name: player, program, list, ROM."""
    rom = _ROMS[chip]
    sources = {
        "player.asm": source(f"player_{chip}"),
        "rom.asm": source(f"rom_{chip}"),
        "list.asm": rom.list_source(album),
        "rom.cfg": rom.configuration,
    }
    found = {name: text.encode("ascii") for name, text in sources.items() if text}
    return found | {"album.nes" if chip == "nes" else "album.gb": rom.rom(album)}


def player_bytes(chip: str) -> int:
    """Return the size of the player on a cartridge, without the hook for effects."""
    return len(_ROMS[chip].player(hooked=False).segments[_ROMS[chip].code])
