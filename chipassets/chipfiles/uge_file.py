"""A hUGETracker song of version 6 as a value, and its bytes.

Layout: hUGETracker manual, "UGE v5/v6 format spec", with routines as a length and their bytes, and
rows of subpatterns always present, as in real files.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VERSION = 6
ROWS, MOST_INSTRUMENTS, WAVES, ROUTINES = 64, 15, 16, 16
NO_NOTE = 90
TEXT_SIZE = 255
SAME_NOTE = 36
"""The note of a subpattern's row that leaves the pitch as it is."""

MOST_BYTES = 0x4000
"""What a song may take in a game of GB Studio: a bank of the cartridge."""
_HEADER_BYTES, _CELL_BYTES, _RECORD_BYTES, _SUBPATTERN_ROWS = 22, 3, 6, 32

TICK_HZ = 64
_TIMER_HZ, _TIMER_SIZE = 4096, 256
_TIMER_DIVIDER = _TIMER_SIZE - _TIMER_HZ // TICK_HZ


@dataclass(frozen=True, slots=True)
class UgeCell:
    """A row of one voice: `instrument` from 1, 0 is none; effect 0 with parameter 0 is none."""

    note: int = NO_NOTE
    instrument: int = 0
    effect: int = 0
    parameter: int = 0


EMPTY = UgeCell()


@dataclass(frozen=True, slots=True)
class Sound:
    """An instrument of the file: its name, its register values, and its pitch by tick.

    `fade` is the period of the chip's falling envelope, 0 for none. `steps` are semitones of each
    tick against the note, the first always 0; the last one is held.
    """

    name: str
    volume: int
    fade: int
    duty: int = 0
    wave: int = 0
    is_metallic: bool = False
    steps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UgeVoice:
    """The cells of one voice by pattern, in the order in which it plays them."""

    patterns: Sequence[tuple[UgeCell, ...]]


def uge_bytes(
    texts: Mapping[str, str],
    kinds: Sequence[Sequence[Sound]],
    waves: bytes,
    ticks: int,
    voices: Sequence[UgeVoice],
) -> bytes:
    """Return the song's bytes; equal patterns are stored once.

    `kinds` are the instruments of pulses, of the wave and of the noise; `ticks` is the first row's
    length. The timer is set to 64 ticks a second, at which GB Studio plays every song.
    """
    distinct: dict[tuple[UgeCell, ...], int] = {}
    orders: list[list[int]] = []
    for voice in voices:
        whole = (cells + (EMPTY,) * (ROWS - len(cells)) for cells in voice.patterns)
        orders.append([distinct.setdefault(cells, len(distinct)) for cells in whole])
    return b"".join(
        (
            struct.pack("<I", VERSION),
            _text(texts["title"]),
            _text(texts["author"]),
            _text(""),
            *(_instruments(kind, sounds) for kind, sounds in enumerate(kinds)),
            waves,
            struct.pack("<IBI", ticks, 1, _TIMER_DIVIDER),
            struct.pack("<I", len(distinct)),
            *(_pattern(number, cells) for cells, number in distinct.items()),
            *(_order(order) for order in orders),
            bytes(4 * ROUTINES),
        )
    )


def driver_bytes(kinds: Sequence[Sequence[Sound]], voices: Sequence[UgeVoice]) -> int:
    """Return the bytes that the song takes in a game, as GB Studio writes it for hUGEDriver.

    Three bytes for each row of a pattern and of an instrument's subpattern of 32 rows, two for each
    place in an order, six for each of 45 instruments, and the waves.
    """
    distinct = {cells for voice in voices for cells in voice.patterns}
    moving = [sound for kind in kinds for sound in kind if sound.steps]
    orders = sum(len(voice.patterns) for voice in voices)
    rows = ROWS * len(distinct) + _SUBPATTERN_ROWS * len(moving)
    records = len(kinds) * MOST_INSTRUMENTS * _RECORD_BYTES + WAVES * 16
    return _HEADER_BYTES + _CELL_BYTES * rows + 2 * orders + records


def _text(text: str) -> bytes:
    """Return a text as hUGETracker stores it: its length, then a field of fixed size."""
    data = text.encode("ascii")
    return bytes((len(data),)) + data.ljust(TEXT_SIZE, b"\0")


def _instruments(kind: int, sounds: Sequence[Sound]) -> bytes:
    rows = [*sounds, *[Sound("", 15 if kind != 1 else 1, 0)] * (MOST_INSTRUMENTS - len(sounds))]
    return b"".join(_instrument(kind, sound) for sound in rows)


def _instrument(kind: int, sound: Sound) -> bytes:
    """Return an instrument's record; kind 0 is a pulse, 1 the wave, 2 the noise."""
    volume, fade = (0, 0) if kind == 1 else (sound.volume, sound.fade)
    level = sound.volume if kind == 1 else 0
    return b"".join(
        (
            struct.pack("<I", kind),
            _text(sound.name),
            struct.pack("<IBBIB", 0, 0, volume, 1, fade),
            struct.pack("<III", 0, 0, 0),
            struct.pack("<BII", sound.duty, level, sound.wave),
            struct.pack("<IB", sound.is_metallic, bool(sound.steps)),
            _subpattern(sound.steps),
        )
    )


def _subpattern(steps: Sequence[int]) -> bytes:
    """Return the rows that an instrument plays, one a tick; the last jumps to itself."""
    rows = []
    for row in range(ROWS):
        moves = row < len(steps) and row > 0 and steps[row] != steps[row - 1]
        note = SAME_NOTE + steps[row] if moves else NO_NOTE
        jump = row + 1 if row == len(steps) else 0
        rows.append(struct.pack("<IIIIB", note, 0, jump if steps else 0, 0, 0))
    return b"".join(rows)


def _pattern(number: int, cells: Sequence[UgeCell]) -> bytes:
    rows = (
        struct.pack("<IIIIB", cell.note, cell.instrument, 0, cell.effect, cell.parameter)
        for cell in cells
    )
    return struct.pack("<I", number) + b"".join(rows)


def _order(order: Sequence[int]) -> bytes:
    """Return an order list; its count is one too large, and a filler takes the extra place."""
    return struct.pack(f"<I{len(order)}II", len(order) + 1, *order, 0)
