"""The compact register log, which the web synthesiser plays: one to three kilobytes per track.

The writes of a frame always have the same order, so each register gets a column: the frames in
which it is written, and the values. Then notes look alike, and repetitions are stored once. The
compression only copies bytes, so that every machine writes the same file.

Layout: `CREG` and the version 1; the header, JSON, after its length; the packed columns. Numbers
have 7 bits per byte, lowest first, with bit 7 set on all but the last. A column is the register's
address, the number of writes, the frames from one to the next, then the values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from chipassets.chips import dmcbank
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError

MAGIC = b"CREG\x01"
_CHIPS = ("nes", "gameboy")
_MOST_BYTES = 1 << 24

_SAMPLE_ADDRESS, _SAMPLE_LENGTH = 0x4012, 0x4013
_SHORTEST = 4
"""The shortest copy; a copy takes up to four bytes itself."""
_MOST_TRIED = 64


def encode_compact(
    log: RegisterLog,
    *,
    filter_name: str,
    gain: int,
    samples: int,
    layers: Sequence[Sequence[str]] = (),
) -> bytes:
    """Return the log as a file for the web synthesiser; RenderError for a chip that it lacks.

    gain: the factor of the track's files, in 1 / 4096. samples: the number of samples in the files.
    layers: the voices that each layer adds, none if the track has no layers.
    """
    if log.chip not in _CHIPS:
        raise RenderError(f"the page's synthesiser plays {' and '.join(_CHIPS)}, not {log.chip}")
    header: dict[str, Any] = {
        "chip": log.chip,
        "filter": filter_name,
        "gain": gain,
        "samples": samples,
        "frames": len(log.frames),
        "loop": log.loop_start_frame,
        "layers": [list(voices) for voices in layers],
    }
    clips = _clips(log)
    if clips:
        header["clips"] = clips
    text = json.dumps(header, separators=(",", ":")).encode()
    return MAGIC + _number(len(text)) + text + _packed(_columns(log.frames))


def _clips(log: RegisterLog) -> dict[str, str]:
    """Return the samples that the log starts, in hex, by the registers that point to them."""
    found: dict[str, str] = {}
    held = {_SAMPLE_ADDRESS: 0, _SAMPLE_LENGTH: 0}
    for write in (write for writes in log.frames for write in writes):
        if write.address in held:
            held[write.address] = write.value
        elif write.address == 0x4015 and write.value & 0x10:
            address, length = held.values()
            start = address * dmcbank.ALIGNMENT
            data = log.samples[start : start + 16 * length + 1]
            found[f"{address} {length}"] = data.hex()
    return dict(sorted(found.items()))


def _order(frames: Sequence[tuple[Write, ...]]) -> list[int]:
    """Return addresses in an order that contains each frame's writes as a subsequence.

    An address may occur twice.
    """
    order: list[int] = []
    for writes in frames:
        place = 0
        for write in writes:
            try:
                place = order.index(write.address, place) + 1
            except ValueError:
                order.insert(place, write.address)
                place += 1
    return order


def _columns(frames: Sequence[tuple[Write, ...]]) -> bytes:
    """Return the columns of the registers in bytes."""
    order = _order(frames)
    columns: list[list[tuple[int, int]]] = [[] for _ in order]
    for number, writes in enumerate(frames):
        place = 0
        for write in writes:
            place = order.index(write.address, place)
            columns[place].append((number, write.value))
            place += 1
    data = bytearray(_number(len(order)))
    for address, column in zip(order, columns, strict=True):
        numbers = [number for number, _ in column]
        gaps = [b - a for a, b in zip([0, *numbers], numbers, strict=False)]
        data += _numbers((address, len(column), *gaps))
        data += bytes(value for _, value in column)
    return bytes(data)


def _packed(data: bytes) -> bytes:
    """Return the number of bytes, then alternately literal bytes and copies of earlier bytes.

    Literal bytes: their number, then the bytes. A copy: its length, and its distance. It may
    overlap its source.
    """
    out = bytearray(_number(len(data)))
    places: dict[bytes, list[int]] = {}
    at = plain = 0
    while at < len(data):
        length, back = _longest(data, at, places.get(data[at : at + _SHORTEST], []))
        if length:
            out += _number(at - plain) + data[plain:at] + _numbers((length, back))
        for place in range(at, at + max(length, 1)):
            places.setdefault(data[place : place + _SHORTEST], []).append(place)
        at += max(length, 1)
        plain = at if length else plain
    if plain < at:
        out += _number(at - plain) + data[plain:at]
    return bytes(out)


def _longest(data: bytes, at: int, places: list[int]) -> tuple[int, int]:
    """Return the longest possible copy at this position and its distance; (0, 0) if none."""
    best, back = 0, 0
    for place in places[: -_MOST_TRIED - 1 : -1]:
        length = 0
        while at + length < len(data) and data[place + length] == data[at + length]:
            length += 1
        if length > best:
            best, back = length, at - place
    return (best, back) if best >= _SHORTEST else (0, 0)


def _numbers(values: Iterable[int]) -> bytes:
    """Return numbers in their variable-length form, one behind the other."""
    return b"".join(map(_number, values))


def _number(value: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode_compact(data: bytes) -> tuple[dict[str, Any], RegisterLog]:
    """Return the header and the log of such a file; ValueError, with the offset, if invalid."""
    if not data.startswith(MAGIC):
        raise ValueError("offset 0: not a compact register log of version 1")
    head = _Cursor(data, len(MAGIC))
    header = _header(head)
    columns = _Cursor(_unpacked(head), 0)
    if head.at < len(data):
        raise ValueError(f"offset {head.at}: there is data after the columns")
    frames: list[list[Write]] = [[] for _ in range(header["frames"])]
    for _ in range(columns.number()):
        address, count = columns.number(), columns.number()
        numbers = list(accumulate(columns.number() for _ in range(count)))
        for number, value in zip(numbers, columns.take(count), strict=True):
            if number >= len(frames):
                raise ValueError(f"offset {columns.at}: frame {number} of {len(frames)} is written")
            frames[number].append(Write(address, value))
    return header, RegisterLog(header["chip"], tuple(map(tuple, frames)), header["loop"])


def _header(head: _Cursor) -> dict[str, Any]:
    """Return the header's values; ValueError if they are damaged or do not fit together."""
    text = head.take(head.number())
    try:
        found = json.loads(text)
        frames, loop = found["frames"], found["loop"]
        fits = isinstance(found["chip"], str) and 0 <= frames <= _MOST_BYTES
        fits = fits and (loop is None or 0 <= loop < frames)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"offset {len(MAGIC)}: the header is damaged ({error})") from error
    if not fits:
        raise ValueError(f"offset {len(MAGIC)}: {frames} frames cannot loop from {loop}")
    return dict(found)


def _unpacked(packed: _Cursor) -> bytes:
    """Return the unpacked bytes of literals and copies; ValueError if they are damaged."""
    size, out = packed.number(), bytearray()
    if size > _MOST_BYTES:
        raise ValueError(f"offset {packed.at}: it would unpack to {size} bytes")
    while len(out) < size:
        out += packed.take(packed.number())
        if len(out) < size:
            length, back = packed.number(), packed.number()
            if not 0 < back <= len(out) or not 0 < length <= size - len(out):
                raise ValueError(f"offset {packed.at}: it copies {length} bytes from {back} back")
            for _ in range(length):
                out.append(out[-back])
    if len(out) > size:
        raise ValueError(f"offset {packed.at}: {len(out)} bytes instead of {size}")
    return bytes(out)


class _Cursor:
    """Reads bytes in order."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes; ValueError if they are missing."""
        if self.at + count > len(self._data):
            raise ValueError(f"offset {self.at}: {count} bytes are missing")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self) -> int:
        """Return the next number: seven bits a byte, the lowest first, until a byte below 128."""
        value = shift = 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
