"""Files of trackers that tests write by hand: modules, texts, cartridges, Game Boy songs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from chipassets.chipfiles.mod_file import ModCell, ModFile, ModSample, mod_bytes
from chipassets.train.trackers.mod import read_mod
from chipassets.train.trackers.playing import play
from chipassets.train.trackers.rows import Cell, Row

TONE = ModSample("lead", bytes([100] * 16 + [156] * 16), 64, 0, 0, 32)
KICK_SAMPLE = ModSample("Kick 01", bytes(range(0, 200, 2)), 64)
C2, D2, G2 = 428, 381, 285


def module(
    cells: dict[tuple[int, int, int], ModCell], order: tuple[int, ...] = (0,), channels: int = 4
) -> bytes:
    """A module of a tone and a kick, with these cells by (pattern, row, channel)."""
    patterns = tuple(
        tuple(
            tuple(cells.get((pattern, row, channel), ModCell()) for channel in range(channels))
            for row in range(64)
        )
        for pattern in range(max(order) + 1)
    )
    return mod_bytes(ModFile("test", (TONE, KICK_SAMPLE), order, patterns))


def notes_of(data: bytes) -> list[tuple[float, float, int]]:
    """The notes of a module in rows."""
    return [(note.start, note.end, note.pitch) for note in play(read_mod(data)).notes]


@dataclass
class OneChannel:
    """A module of one channel and one pattern."""

    cells: list[Cell]
    channels = ("only",)
    speed = 6
    tempo = 125
    places = 1
    damaged = 0

    @property
    def pattern_rows(self) -> int:
        return len(self.cells)

    def row(self, place: int, row: int) -> Row:
        return Row([self.cells[row]])

    def tick_seconds(self, tempo: int) -> float:
        return 2.5 / tempo


FAMITRACKER = """\
# FamiTracker text export 0.4.2

TITLE "two songs"
MACHINE 0
FRAMERATE 0
EXPANSION 0
SPLIT 32
MACRO 0 0 -1 -1 0 : 15 8 0
MACRO 1 0 0 -1 0 : 0 4 7
INST2A03 0 -1 0 -1 -1 -1 "chord"
INST2A03 1 0 -1 -1 -1 -1 "pluck"
INST2A03 2 0 -1 -1 -1 -1 "Hat"
DPCMDEF 0 1 "snare.wav"
KEYDPCM 2 3 0 0 15 0 0 -1

TRACK 4 6 150 "one"
COLUMNS : 1 2 1 1 1
ORDER 00 : 00 00 00 00 00
PATTERN 00
ROW 00 : C-3 00 F ... : E-2 01 . G03 ... : C-3 .. . ... : F-# 02 F ... : C-3 02 . ...
ROW 01 : ... .. . ... : ... .. . Q02 ... : --- .. . ... : ... .. . ... : ... .. . ...
ROW 02 : --- .. . ... : G-2 .. . S02 ... : ... .. . ... : ... .. . ... : ... .. . ...
ROW 03 : ... .. . ... : ... .. . C00 ... : ... .. . ... : ... .. . ... : ... .. . ...

TRACK 2 12 150 "two"
COLUMNS : 1 1 1 1 1
ORDER 00 : 00 01 00 00 00
PATTERN 00
ROW 00 : A-2 .. . ... : ... .. . ... : ... .. . ... : ... .. . ... : ... .. . ...
PATTERN 01
ROW 01 : ... .. . ... : B-2 .. 8 ... : ... .. . ... : ... .. . ... : ... .. . ...
"""


def cartridge(sounds: dict[int, str], music: list[str]) -> bytes:
    """A cartridge: sound effects as header and slots, and lines of music."""
    empty = "01100000" + "00000" * 32
    lines = [sounds.get(n, empty).ljust(168, "0") for n in range(64)]
    return "\n".join(
        ["pico-8 cartridge // http://www.pico-8.com", "version 41", "__lua__", "music(0)",
         "__sfx__", *lines, "__music__", *music, ""]
    ).encode()  # fmt: skip


@dataclass(frozen=True)
class UgeSound:
    """An instrument of a song: what differs from a plain one."""

    name: str = ""
    volume: int = 12
    falls: bool = True
    sweep: int = 0
    length: int = 0
    is_cut: bool = False
    wave_level: int = 1


Rows = list[tuple[int, int, int, int]]
"""Note (90 is none), instrument (0 is none), effect, parameter."""


def uge(
    version: int,
    rows: Rows,
    channel: int = 0,
    sounds: dict[int, UgeSound] | None = None,
    speed: int = 7,
    timer: int = 0,
) -> bytes:
    """A song of one pattern on a channel, as each version of the format lays it out.

    sounds: instruments by their place in the file, from 0. timer: the divider of a song that
    runs by the timer.
    """

    def text(value: str) -> bytes:
        return bytes([len(value)]) + value.encode().ljust(255, b"\0")

    def instrument(kind: int, sound: UgeSound) -> bytes:
        head = struct.pack("<I", kind) + text(sound.name)
        head += struct.pack(
            "<IBBIB", sound.length, sound.is_cut, sound.volume, sound.falls, sound.sweep
        )
        head += bytes(12) + struct.pack("<BII", 2, sound.wave_level, 0)
        if version >= 6:
            return head + bytes(5) + struct.pack("<IIIIB", 90, 0, 0, 0, 0) * 64
        return head + bytes(12) + (bytes(6) if version >= 4 else b"")

    kinds = [0] * 15 + ([1] * 15 + [2] * 15 if version >= 3 else [])
    form = "<iiiiB" if version >= 6 else "<iiiB"
    blank = (90, 0, 0, 0)

    def pattern(number: int, cells: Rows) -> bytes:
        data = struct.pack("<I", number) if version >= 5 else b""
        for note, sound, effect, value in [*cells, *[blank] * (64 - len(cells))]:
            middle = (0,) if version >= 6 else ()
            data += struct.pack(form, note, sound, *middle, effect, value)
        return data

    own = sounds or {}
    return b"".join(
        (
            struct.pack("<I", version), text("t"), text("a"), text("c"),
            *(instrument(kind, own.get(n, UgeSound())) for n, kind in enumerate(kinds)),
            bytes(16 * (32 if version >= 3 else 33)),
            struct.pack("<I", speed),
            struct.pack("<BI", timer > 0, timer) if version >= 6 else b"",
            struct.pack("<I", 2), pattern(0, rows), pattern(1, []),
            *(struct.pack("<III", 2, int(number != channel), 0) for number in range(4)),
        )
    )  # fmt: skip
