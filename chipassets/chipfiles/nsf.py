"""NSF: a file that a console plays. It has a header, our player, and the registers as a stream.

Header: NESdev wiki, "NSF" and "NSF2". One file holds one track or a whole album; the songs' data
follow each other in banks of 4 KiB. If a song plays samples, the last banks hold them and are
mapped from $C000 on. After the data are the songs' titles, lengths and fades, which players of
version 1 ignore. The same as NSFe is for players that look for the chunks there.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.chipfiles.clip_memory import shared_samples
from chipassets.chipfiles.cursor import Cursor, refuse_difference
from chipassets.chipfiles.lengths import play_time
from chipassets.chipfiles.nsf_chunks import (
    author_chunk,
    chunk,
    end_chunk,
    read_chunks,
    read_strings,
    song_chunks,
)
from chipassets.chipfiles.nsf_player import BANK_SIZE, DIALECTS, ORIGIN, TABLES, WINDOW, player
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.stream import Stream, pack_songs, unpack_log
from chipassets.chipfiles.text import fit_fields
from chipassets.chips.chipsong import Dropped
from chipassets.chips.dmcbank import uses_samples
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError

_MAGIC, _VERSION = b"NESM\x1a", 2
_NSFE_MAGIC = b"NSFE"
_HEADER_SIZE = 0x80
_TEXT_SIZE = 32
_MOST_BANKS = 255
_WINDOWS, _SAMPLE_WINDOW = 8, 4
"""The windows of 4 KiB from $8000 on, and the one at $C000."""
_MOST_SONGS = 255
_VRC6_BIT = 1
# Microseconds between two calls; players take them as one video frame (NTSC, PAL).
_NTSC_SPEED_US, _PAL_SPEED_US = 16_639, 19_997
_UNKNOWN = "<?>"
"""The text of an unknown field."""


@dataclass(frozen=True, slots=True)
class NsfFile:
    """The content of an NSF from this writer."""

    title: str
    author: str
    copyright: str
    logs: tuple[RegisterLog, ...]
    titles: tuple[str, ...]


def encode_nsf(
    songs: Sequence[tuple[RegisterLog, str]],
    *,
    title: str,
    game: str = "",
    author: str = "",
    copyright_line: str = "",
) -> ChipFile:
    """Return an NSF with all songs, in order, of chip `nes` or `nes-vrc6`.

    Texts of the header become ASCII of at most 31 letters, the game's name before the title;
    changes are reported. The songs' own titles are stored in full. RenderError for no song or more
    than 255, songs for different chips, registers that the player cannot reach, or more data than
    255 banks hold.
    """
    header, program, dropped = _parts(songs, title, game, author, copyright_line)
    size = struct.pack("<I", len(program))[:3]
    return ChipFile(header + size + program + _chunks(songs) + end_chunk(), dropped)


def encode_nsfe(
    songs: Sequence[tuple[RegisterLog, str]],
    *,
    title: str,
    game: str = "",
    author: str = "",
    copyright_line: str = "",
) -> ChipFile:
    """Return an NSFe with all songs, in order; its texts have no length limit.

    It has no `RATE`: what it would say is the format's default, and a player that does not know a
    chunk with capital letters must refuse the file, as Mednafen does.
    RenderError as in `encode_nsf`.
    """
    header, program, _ = _parts(songs, title, game, author, copyright_line)
    addresses, chips = header[0x08:0x0E], header[0x7B:0x7C]
    info = addresses + bytes((0,)) + chips + bytes((len(songs), 0))
    whole_title = f"{game}: {title}" if game else title
    return ChipFile(
        b"".join(
            (
                _NSFE_MAGIC,
                chunk("INFO", info),
                chunk("BANK", header[0x70:0x78]),
                chunk("DATA", program),
                author_chunk(whole_title, author, copyright_line),
                _chunks(songs),
                end_chunk(),
            )
        )
    )


def _chunks(songs: Sequence[tuple[RegisterLog, str]]) -> bytes:
    return song_chunks([play_time(log) for log, _ in songs], [name for _, name in songs])


def _parts(
    songs: Sequence[tuple[RegisterLog, str]],
    title: str,
    game: str,
    author: str,
    copyright_line: str,
) -> tuple[bytes, bytes, tuple[Dropped, ...]]:
    """Return the header without the program's size, the program, and changed header texts."""
    dialect = _dialect(songs)
    streams = pack_songs(songs, DIALECTS[dialect], "NSF", _MOST_BANKS, BANK_SIZE)
    asked = {"title": title, "author": author, "copyright": copyright_line}
    fields, dropped = fit_fields(asked, _TEXT_SIZE - 1, "NSF", game=game)
    vrc6 = dialect == "nes-vrc6"
    data = b"".join(stream.data for stream in streams)
    samples = shared_samples(log.samples for log, _ in songs)
    if samples:
        data += bytes(-len(data) % BANK_SIZE)
    first = 1 + len(data) // BANK_SIZE
    banks = range(first, first - (-len(samples) // BANK_SIZE))
    if banks and banks[-1] > _MOST_BANKS:
        raise RenderError(
            f"the registers need {first - 1} of {_MOST_BANKS} banks, and the samples {len(banks)}; "
            "write fewer or shorter tracks into one file"
        )
    header = _header(len(streams), fields, vrc6, banks)
    return header, _program(streams, vrc6) + data + samples, dropped


def _dialect(songs: Sequence[tuple[RegisterLog, str]]) -> str:
    """Return the chip of the songs; RenderError if there are too many or their chips differ."""
    if not 0 < len(songs) <= _MOST_SONGS:
        raise RenderError(f"an NSF holds 1..{_MOST_SONGS} songs, not {len(songs)}")
    chips = sorted({log.chip for log, _ in songs})
    if len(chips) > 1 or chips[0] not in DIALECTS:
        raise RenderError(
            f"NSF cannot hold songs for {', '.join(chips)}: it holds songs for one chip of "
            f"{', '.join(DIALECTS)}; choose another format or chip"
        )
    return chips[0]


def _program(streams: Sequence[Stream], vrc6: bool) -> bytes:
    """Return bank 0: the player with its tables filled in."""
    machine = player(len(streams), vrc6)
    code = bytearray(machine.code)
    offset = 0
    for song, stream in enumerate(streams):
        row = (*_place(offset), *_place(offset + stream.loop_offset))
        for name, value in zip(TABLES, row, strict=True):
            code[machine.labels[name] - ORIGIN + song] = value
        offset += len(stream.data)
    return bytes(code).ljust(BANK_SIZE, b"\0")


def _place(offset: int) -> tuple[int, int, int]:
    """Return bank, low and high byte of the address at which the stream's byte is mapped."""
    bank, within = divmod(offset, BANK_SIZE)
    return 1 + bank, within & 0xFF, WINDOW + within >> 8


def _header(songs: int, fields: dict[str, str], vrc6: bool, samples: Sequence[int]) -> bytes:
    """Return the header of 128 bytes; the fields are title, author and copyright.

    samples: the banks that are mapped from $C000 on.
    """
    labels = player(songs, vrc6).labels
    texts = ((fields[name] or _UNKNOWN).encode("ascii") for name in fields)
    return b"".join(
        (
            _MAGIC,
            struct.pack("<BBB", _VERSION, songs, 1),
            struct.pack("<HHH", ORIGIN, labels["init"], labels["play"]),
            *(text.ljust(_TEXT_SIZE, b"\0") for text in texts),
            struct.pack("<H", _NTSC_SPEED_US),
            bytes((0, 1, 0, 0, *samples)).ljust(_WINDOWS, b"\0"),
            struct.pack("<H", _PAL_SPEED_US),
            bytes((0, _VRC6_BIT if vrc6 else 0, 0)),
        )
    )


def decode_nsf(data: bytes) -> NsfFile:
    """Return the content of an NSF from this writer.

    ValueError, with the offset, for any other file, damaged or by another writer.
    """
    cursor = Cursor(data)
    cursor.expect(_MAGIC + bytes((_VERSION,)), "mark of an NSF")
    songs = cursor.number(1, "header")
    if not songs:
        raise cursor.error("a file without songs")
    cursor.take(7, "header")
    title, author, copyright_line = (_text(cursor) for _ in range(3))
    cursor.take(0x70 - cursor.offset, "header")
    banks = cursor.take(_WINDOWS, "header")
    cursor.take(0x7B - cursor.offset, "header")
    chips = cursor.number(1, "header")
    if chips not in (0, _VRC6_BIT):
        raise cursor.error(f"sound chips {chips:#04x}, of which this reader knows only the VRC6")
    vrc6 = chips == _VRC6_BIT
    dialect = DIALECTS["nes-vrc6" if vrc6 else "nes"]
    cursor.take(1, "header")
    size = cursor.number(3, "header")
    titles = _titles(data, _HEADER_SIZE + size, songs)
    first = banks[_SAMPLE_WINDOW]
    samples = data[_HEADER_SIZE + first * BANK_SIZE : _HEADER_SIZE + size] if first else b""
    bank = cursor.take(BANK_SIZE, "player")
    labels = player(songs, vrc6).labels
    logs = []
    for song in range(songs):
        places = [bank[labels[name] - ORIGIN + song] for name in TABLES]
        start, loop = _offset(places[:3]), _offset(places[3:])
        log = unpack_log(data, start, loop, dialect)
        logs.append(replace(log, samples=samples) if _plays_samples(log) else log)
    found = NsfFile(title, author, copyright_line, tuple(logs), titles)
    refuse_difference(data, _again(found).data)
    return found


def _plays_samples(log: RegisterLog) -> bool:
    return uses_samples(write.address for writes in log.frames for write in writes)


def _titles(data: bytes, start: int, songs: int) -> tuple[str, ...]:
    """Return the songs' titles, which follow the program."""
    cursor = Cursor(data, start)
    titles = read_strings(read_chunks(cursor).get(b"tlbl", b""))
    if len(titles) != songs:
        raise cursor.error(f"{len(titles)} titles for {songs} songs")
    return tuple(titles)


def _again(file: NsfFile) -> ChipFile:
    """Return the file encoded again, for comparison; ValueError if it cannot be."""
    try:
        return encode_nsf(
            list(zip(file.logs, file.titles, strict=True)),
            title=file.title,
            author=file.author,
            copyright_line=file.copyright,
        )
    except RenderError as error:
        raise ValueError(f"offset {_HEADER_SIZE:#x}: {error}") from error


def _text(cursor: Cursor) -> str:
    """Read a text of the header; "" for the one that stands for an unknown name."""
    raw = cursor.take(_TEXT_SIZE, "header's texts")
    text = raw.rstrip(b"\0").decode("ascii", "replace")
    return "" if text == _UNKNOWN else text


def _offset(place: Sequence[int]) -> int:
    """Return the file's offset of a byte mapped at that bank, low and high byte."""
    bank, low, high = place
    return _HEADER_SIZE + bank * BANK_SIZE + (high << 8 | low) - WINDOW
