"""An Impulse Tracker module as a value, and its bytes.

The format is described in Impulse Tracker's ITTECH.TXT (version 2.14).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHANNELS, MOST_PATTERNS, MOST_ROWS = 64, 200, 200
MOST_NODES = 25
NOTES = 120
CUT, OFF = 254, 255
"""Notes that end a note: at once, or by leaving its envelope's sustained part."""

MIDDLE_C = 60
"""The note at which a sample plays at its own rate; notes are counted as in MIDI."""

SPEED, JUMP, VIBRATO, ARPEGGIO, SPECIAL, TEMPO, FINE_VIBRATO, PAN = 1, 2, 8, 10, 19, 20, 21, 24
"""Effects A, B, H, J, S, T, U and X.

Of S, $Cx cuts a note after x ticks, $Dx delays it by x. Of H and U, the upper digit moves on in a
period of 64 by itself each tick, and the lower is the depth. X
moves a channel from the left, 0, to the right, 255.
"""

_VERSION = 0x0214
_STEREO, _INSTRUMENTS, _LINEAR_SLIDES = 1, 4, 8
_HAS_HIGHLIGHT = 4
_HEADER_BYTES, _SAMPLE_BYTES, _ENVELOPE_BYTES = 192, 80, 82
_MIX_VOLUME = 48
_CENTRE, _DISABLED, _NO_PANNING = 32, 0x80, 0x80 | 32
_LOUDEST = 64
_LAST_ORDER = 255


@dataclass(frozen=True, slots=True)
class ItCell:
    """A row of one channel; volume 0..64, None leaves the sample's; effect 0 is none."""

    note: int | None = None
    instrument: int = 0
    volume: int | None = None
    effect: int = 0
    parameter: int = 0


EMPTY = ItCell()


@dataclass(frozen=True, slots=True)
class ItSample:
    """A sample: name, signed values, rate at middle C, and from where it loops to its end.

    width: bytes of a value, 1 or 2; two are little endian. loop_start: None plays it once.
    """

    name: str
    data: bytes
    rate_hz: int
    loop_start: int | None = None
    width: int = 1


@dataclass(frozen=True, slots=True)
class ItEnvelope:
    """Levels 0..64 at ticks, and the nodes between which it repeats while the note is held."""

    nodes: tuple[tuple[int, int], ...]
    sustain: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ItInstrument:
    """An instrument: its name, the note and the sample's number for each key, its envelope."""

    name: str
    keys: tuple[tuple[int, int], ...]
    envelope: ItEnvelope | None = None


@dataclass(frozen=True, slots=True)
class ItModule:
    """A module: `patterns[n][row]` are the cells of every channel.

    beat_rows, bar_rows: after how many rows a tracker highlights one. places: volume and panning of
    the first channels, each 0..64; the others are as loud as they can be and in the middle.
    """

    title: str
    speed: int
    tempo: int
    beat_rows: int
    bar_rows: int
    order: tuple[int, ...]
    instruments: tuple[ItInstrument, ...]
    samples: tuple[ItSample, ...]
    patterns: tuple[tuple[tuple[ItCell, ...], ...], ...]
    channel_names: tuple[str, ...]
    places: tuple[tuple[int, int], ...] = ()


def it_bytes(module: ItModule) -> bytes:
    """Return the module as a file."""
    parts = [
        *(_instrument(item) for item in module.instruments),
        *(_SAMPLE_BYTES * b"\0" for _ in module.samples),
        *(_pattern(pattern) for pattern in module.patterns),
    ]
    orders = bytes((*module.order, _LAST_ORDER))
    place = _HEADER_BYTES + len(orders) + 4 * len(parts)
    offsets = []
    for part in parts:
        offsets.append(place)
        place += len(part)
    counts = len(module.instruments), len(module.samples)
    for number, sample in enumerate(module.samples):
        parts[counts[0] + number] = _sample(sample, place)
        place += len(sample.data)
    head = _header(module, len(orders))
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    return b"".join((head, orders, table, *parts, *(item.data for item in module.samples)))


def _text(text: str, size: int) -> bytes:
    """Return a text as `size` bytes of ASCII that end with a zero."""
    return text.encode("ascii")[: size - 1].ljust(size, b"\0")


def _header(module: ItModule, orders: int) -> bytes:
    """Return the header up to the orders; the channels that the module lacks are disabled."""
    channels = len(module.channel_names)
    places = [*module.places, *((_LOUDEST, _CENTRE),) * MOST_CHANNELS][:MOST_CHANNELS]
    panning = [
        pan if channel < channels else _DISABLED | _CENTRE
        for channel, (_, pan) in enumerate(places)
    ]
    return b"".join((
        b"IMPM", _text(module.title, 26), bytes((module.beat_rows, module.bar_rows)),
        struct.pack("<4H", orders, len(module.instruments), len(module.samples),
                    len(module.patterns)),
        struct.pack("<4H", _VERSION, _VERSION, _STEREO | _INSTRUMENTS | _LINEAR_SLIDES,
                    _HAS_HIGHLIGHT),
        bytes((128, _MIX_VOLUME, module.speed, module.tempo, 128, 0)), bytes(10),
        bytes(panning), bytes(volume for volume, _ in places),
    ))  # fmt: skip


def _instrument(item: ItInstrument) -> bytes:
    """Return an instrument's record: 120 keys, each a note and a sample, and its envelope."""
    keys = b"".join(bytes(key) for key in item.keys)
    off = _ENVELOPE_BYTES * b"\0"
    return b"".join((
        b"IMPI", bytes(12), bytes(4), struct.pack("<H", 0), bytes((0, MIDDLE_C, 128, _NO_PANNING)),
        bytes(2), struct.pack("<H", _VERSION), bytes(2), _text(item.name, 26),
        bytes((0, 0, 0, 0xFF)), struct.pack("<H", 0xFFFF), keys,
        _envelope(item.envelope) if item.envelope else off, off, off, bytes(4),
    ))  # fmt: skip


def _envelope(envelope: ItEnvelope) -> bytes:
    """Return an envelope's record; what is held goes round between the two sustain nodes."""
    begin, end = envelope.sustain or (0, 0)
    flags = 1 | (4 if envelope.sustain else 0)
    nodes = b"".join(struct.pack("<bH", level, tick) for tick, level in envelope.nodes)
    head = bytes((flags, len(envelope.nodes), 0, 0, begin, end))
    return (head + nodes).ljust(_ENVELOPE_BYTES, b"\0")


def _sample(sample: ItSample, place: int) -> bytes:
    """Return the header of a sample whose data begin at `place`."""
    loops = sample.loop_start is not None
    flags = 1 | (2 if sample.width == 2 else 0) | (16 if loops else 0)
    count = len(sample.data) // sample.width
    return b"".join((
        b"IMPS", bytes(13), bytes((64, flags, 64)), _text(sample.name, 26), bytes((1, 0)),
        struct.pack("<7I", count, sample.loop_start or 0, count if loops else 0,
                    sample.rate_hz, 0, 0, place),
        bytes(4),
    ))  # fmt: skip


def _pattern(rows: Sequence[Sequence[ItCell]]) -> bytes:
    """Return a pattern in its packed form, in which a 0 ends each row."""
    data = bytearray()
    for cells in rows:
        for channel, cell in enumerate(cells, start=1):
            data += _cell(channel, cell)
        data.append(0)
    return struct.pack("<HHI", len(data), len(rows), 0) + bytes(data)


def _cell(channel: int, cell: ItCell) -> bytes:
    """Return a packed cell: channel, mask of what follows, values; nothing for an empty one."""
    said = [
        (1, (cell.note,)) if cell.note is not None else (0, ()),
        (2, (cell.instrument,)) if cell.instrument else (0, ()),
        (4, (cell.volume,)) if cell.volume is not None else (0, ()),
        (8, (cell.effect, cell.parameter)) if cell.effect else (0, ()),
    ]
    mask = sum(bit for bit, _ in said)
    if not mask:
        return b""
    values = [value for _, own in said for value in own if value is not None]
    return bytes((channel | 0x80, mask, *values))
