"""A ProTracker module as a value, and its bytes.

Four channels are ProTracker's own; up to nine channels have the mark of later trackers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from chipassets.chipfiles.cursor import Cursor

ROWS, MOST_SAMPLES, MOST_PATTERNS = 64, 31, 128
_CHANNELS, _MOST_CHANNELS = 4, 9
_TITLE_SIZE, _NAME_SIZE, _ORDER_SIZE = 20, 22, 128
_FEW_PATTERNS = 64
"""Files with more patterns have another mark, so that old players refuse them."""

_NO_RESTART = 127


@dataclass(frozen=True, slots=True)
class ModSample:
    """Signed 8-bit samples of an even number; `finetune` in eighths of a semitone, -8..7.

    The loop runs for `loop_length` samples from `loop_start`; 0 is no loop.
    """

    name: str
    data: bytes
    volume: int
    finetune: int = 0
    loop_start: int = 0
    loop_length: int = 0


@dataclass(frozen=True, slots=True)
class ModCell:
    """A row of one channel: sample 0 and period 0 are none; effect 0 with parameter 0 is none."""

    sample: int = 0
    period: int = 0
    effect: int = 0
    parameter: int = 0


@dataclass(frozen=True, slots=True)
class ModFile:
    """A module: `patterns[n][row][channel]`; empty samples at the end may be left out."""

    title: str
    samples: tuple[ModSample, ...]
    order: tuple[int, ...]
    patterns: tuple[tuple[tuple[ModCell, ...], ...], ...]


_EMPTY_SAMPLE = ModSample("", b"", 0)


def mod_bytes(module: ModFile) -> bytes:
    """Return the module as a file."""
    padding = (_EMPTY_SAMPLE,) * (MOST_SAMPLES - len(module.samples))
    return b"".join(
        (
            module.title.encode("ascii").ljust(_TITLE_SIZE, b"\0"),
            *(_sample_header(sample) for sample in (*module.samples, *padding)),
            bytes((len(module.order), _NO_RESTART)),
            bytes(module.order).ljust(_ORDER_SIZE, b"\0"),
            _mark(len(module.patterns), len(module.patterns[0][0])),
            *(_cell(cell) for rows in module.patterns for row in rows for cell in row),
            *(sample.data for sample in module.samples),
        )
    )


def _mark(patterns: int, channels: int) -> bytes:
    """Return the four letters that state the number of channels."""
    if channels != _CHANNELS:
        return b"%dCHN" % channels
    return b"M.K." if patterns <= _FEW_PATTERNS else b"M!K!"


def _sample_header(sample: ModSample) -> bytes:
    """Return the header of a sample: lengths in words, a loop of one word for none."""
    name = sample.name.encode("ascii").ljust(_NAME_SIZE, b"\0")
    words = len(sample.data) // 2
    loop = (sample.loop_start // 2, sample.loop_length // 2 or 1)
    return name + struct.pack(">HBBHH", words, sample.finetune & 0x0F, sample.volume, *loop)


def _cell(cell: ModCell) -> bytes:
    """Return the four bytes of a cell."""
    first = cell.sample & 0xF0 | cell.period >> 8
    third = (cell.sample & 0x0F) << 4 | cell.effect
    return bytes((first, cell.period & 0xFF, third, cell.parameter))


def decode_mod(data: bytes) -> ModFile:
    """Return the module of a ProTracker file.

    ValueError, with the offset, for a file that is cut off, too long, or against the format.
    """
    cursor = Cursor(data)
    title = _text(cursor, _TITLE_SIZE)
    headers = [_read_header(cursor) for _ in range(MOST_SAMPLES)]
    length = cursor.number(1, "header")
    if not 0 < length <= _ORDER_SIZE:
        raise cursor.error(f"an order of {length} patterns")
    cursor.take(1, "header")
    order = cursor.take(_ORDER_SIZE, "order")
    count = max(order) + 1
    if count > MOST_PATTERNS or any(order[length:]):
        raise cursor.error("an order with patterns above 127 or after its end")
    channels = _read_channels(cursor, count)
    patterns = tuple(_read_pattern(cursor, channels) for _ in range(count))
    samples = tuple(_with_data(header, size, cursor) for header, size in headers)
    if cursor.offset != len(data):
        raise cursor.error("bytes after the last sample")
    while samples and samples[-1] == _EMPTY_SAMPLE:
        samples = samples[:-1]
    return ModFile(title, samples, tuple(order[:length]), patterns)


def _text(cursor: Cursor, size: int) -> str:
    """Read a text of `size` bytes that ends with zeros; ValueError unless it is printable ASCII."""
    raw = cursor.take(size, "texts").rstrip(b"\0")
    if not all(0x20 <= byte < 0x7F for byte in raw):
        raise cursor.error("a text that is not printable ASCII")
    return raw.decode("ascii")


def _read_header(cursor: Cursor) -> tuple[ModSample, int]:
    """Return the sample without its data, and the number of its bytes."""
    name = _text(cursor, _NAME_SIZE)
    fields = struct.unpack(">HBBHH", cursor.take(8, "sample header"))
    size, finetune, volume, loop_start, loop_length = fields
    if finetune > 15 or volume > 64:
        raise cursor.error(f"a sample of finetune {finetune} and volume {volume}")
    if loop_length == 0 or (size and loop_start + loop_length > size):
        raise cursor.error(f"a loop of {loop_length} words from {loop_start} in {size}")
    looped = loop_length > 1
    signed = finetune - 16 if finetune > 7 else finetune
    loop = (2 * loop_start, 2 * loop_length) if looped else (0, 0)
    return ModSample(name, b"", volume, signed, *loop), 2 * size


def _with_data(header: ModSample, size: int, cursor: Cursor) -> ModSample:
    """Return the sample with the data that come next."""
    data = cursor.take(size, "samples")
    return ModSample(
        header.name, data, header.volume, header.finetune, header.loop_start, header.loop_length
    )


def _read_channels(cursor: Cursor, patterns: int) -> int:
    """Return the number of channels that the file's mark states."""
    mark = cursor.data[cursor.offset : cursor.offset + 4]
    channels = mark[0] - ord("0") if mark[1:] == b"CHN" else _CHANNELS
    if not 1 <= channels <= _MOST_CHANNELS:
        raise cursor.error(f"a module of {channels} channels")
    cursor.expect(_mark(patterns, channels), "mark of a module")
    return channels


def _read_pattern(cursor: Cursor, channels: int) -> tuple[tuple[ModCell, ...], ...]:
    """Read a pattern as rows of a cell for each channel."""
    return tuple(tuple(_read_cell(cursor) for _ in range(channels)) for _ in range(ROWS))


def _read_cell(cursor: Cursor) -> ModCell:
    """Return the cell of the next four bytes."""
    first, low, third, parameter = cursor.take(4, "patterns")
    sample = first & 0xF0 | third >> 4
    if sample > MOST_SAMPLES:
        raise cursor.error(f"sample {sample}, of which there are {MOST_SAMPLES}")
    return ModCell(sample, (first & 0x0F) << 8 | low, third & 0x0F, parameter)
