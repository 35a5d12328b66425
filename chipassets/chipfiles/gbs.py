"""GBS: a file that plays on a Game Boy. It has a header, our player, and the registers as a stream.

Header: "GBS specification 1.02". One file holds one track or a whole album; the songs' data follow
each other in banks of 16 KiB.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from chipassets.chipfiles.cursor import Cursor, refuse_difference
from chipassets.chipfiles.gbs_player import (
    BANK_SIZE,
    DIALECT,
    ORIGIN,
    PLAYER_SIZE,
    TABLE_ROW,
    WINDOW,
    player,
)
from chipassets.chipfiles.lengths import play_time
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.stream import Stream, pack_songs, unpack_log
from chipassets.chipfiles.text import fit_fields, to_ascii
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError

_MAGIC = b"GBS\x01"
_HEADER_SIZE = 0x70
_TEXT_SIZE = 32
_MOST_BANKS = 127
_MOST_SONGS = 255
_STACK = 0xDFFE


@dataclass(frozen=True, slots=True)
class GbsFile:
    """The content of a GBS from this writer."""

    title: str
    author: str
    copyright: str
    logs: tuple[RegisterLog, ...]


def encode_gbs(
    songs: Sequence[tuple[RegisterLog, str]],
    *,
    title: str,
    game: str = "",
    author: str = "",
    copyright_line: str = "",
) -> ChipFile:
    """Return a GBS with all songs, in order, of chip `gameboy`.

    Texts become ASCII of at most 31 letters, the game's name before the title; changes are
    reported. GBS cannot store the songs' titles, which are used only in errors. RenderError for no
    song or more than 255, another chip, registers that are not the sound chip's, or more data than
    127 banks hold.
    """
    if not 0 < len(songs) <= _MOST_SONGS:
        raise RenderError(f"a GBS holds 1..{_MOST_SONGS} songs, not {len(songs)}")
    streams = pack_songs(songs, DIALECT, "GBS", _MOST_BANKS, BANK_SIZE)
    asked = {"title": title, "author": author, "copyright": copyright_line}
    fields, dropped = fit_fields(asked, _TEXT_SIZE - 1, "GBS", game=game)
    header = _header(len(streams), fields)
    return ChipFile(
        header + _program(streams) + b"".join(stream.data for stream in streams), dropped
    )


def encode_playlist(songs: Sequence[tuple[RegisterLog, str]], file_name: str) -> ChipFile:
    """Return an extended M3U with the title and play time of each song of a GBS.

    A line is `file::GBS,track,title,length,loop,fade` (NEZplug's form, which libgme reads): tracks
    count from 0, a comma in a title has a backslash before it, a loop that ends in `-` starts at 0.
    """
    lines = [f"# {len(songs)} songs of {file_name}"]
    for number, (log, name) in enumerate(songs):
        time = play_time(log)
        title = "".join(f"\\{letter}" if letter in ",\\" else letter for letter in to_ascii(name))
        loop = _clock(time.loop_ms) if time.loop_ms else ""
        fade = _clock(time.fade_ms) if time.fade_ms else "0"
        lines.append(f"{file_name}::GBS,{number},{title},{_clock(time.play_ms)},{loop},{fade}")
    return ChipFile(("\n".join(lines) + "\n").encode("ascii"))


def _clock(milliseconds: int) -> str:
    """Return a time as minutes, seconds and milliseconds."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


def _header(songs: int, fields: dict[str, str]) -> bytes:
    """Return the header; the fields are title, author and copyright."""
    labels = player(songs).labels
    texts = (text.encode("ascii").ljust(_TEXT_SIZE, b"\0") for text in fields.values())
    addresses = struct.pack("<HHHH", ORIGIN, labels["init"], labels["play"], _STACK)
    return _MAGIC + bytes((songs, 1)) + addresses + bytes(2) + b"".join(texts)


def _program(streams: Sequence[Stream]) -> bytes:
    """Return the player and its table, up to where the banks begin."""
    code = bytearray(player(len(streams)).code)
    offset = 0
    for stream in streams:
        code += bytes((*_place(offset), *_place(offset + stream.loop_offset)))
        offset += len(stream.data)
    return bytes(code).ljust(PLAYER_SIZE, b"\0")


def _place(offset: int) -> tuple[int, int, int]:
    """Return bank, low and high byte of the address at which the stream's byte is mapped."""
    bank, within = divmod(offset, BANK_SIZE)
    return 1 + bank, within & 0xFF, WINDOW + within >> 8


def decode_gbs(data: bytes) -> GbsFile:
    """Return the content of a GBS from this writer.

    ValueError, with the offset, for any other file, damaged or by another writer.
    """
    cursor = Cursor(data)
    cursor.expect(_MAGIC, "mark of a GBS")
    songs = cursor.number(1, "header")
    if not songs:
        raise cursor.error("a file without songs")
    cursor.take(11, "header")
    title, author, copyright_line = (_text(cursor) for _ in range(3))
    program = cursor.take(PLAYER_SIZE, "player")
    table = program[player(songs).labels["table"] - ORIGIN :]
    logs = []
    for song in range(songs):
        places = table[song * TABLE_ROW : (song + 1) * TABLE_ROW]
        logs.append(unpack_log(data, _offset(places[:3]), _offset(places[3:]), DIALECT))
    found = GbsFile(title, author, copyright_line, tuple(logs))
    refuse_difference(data, _again(found).data)
    return found


def _again(file: GbsFile) -> ChipFile:
    """Return the file encoded again, for comparison; ValueError if it cannot be."""
    try:
        return encode_gbs(
            [(log, "") for log in file.logs],
            title=file.title,
            author=file.author,
            copyright_line=file.copyright,
        )
    except RenderError as error:
        raise ValueError(f"offset {_HEADER_SIZE:#x}: {error}") from error


def _text(cursor: Cursor) -> str:
    """Read a text of the header."""
    return cursor.take(_TEXT_SIZE, "header's texts").rstrip(b"\0").decode("ascii", "replace")


def _offset(place: Sequence[int]) -> int:
    """Return the file's offset of a byte mapped at that bank, low and high byte."""
    bank, low, high = place
    return _HEADER_SIZE + PLAYER_SIZE + (bank - 1) * BANK_SIZE + (high << 8 | low) - WINDOW
