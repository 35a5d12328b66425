"""VGM: the registers with waits in samples, for players and tools on a desktop.

Version 1.61 is the first with both the NES and the Game Boy (VGM specification). The time base is
44.1 kHz; every frame starts at its nearest sample, so waits differ by one and never drift. If a log
plays the NES's samples, a block before all commands holds their memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields, replace
from fractions import Fraction

from chipassets.chipfiles.cursor import Cursor, refuse_difference
from chipassets.chipfiles.result import ChipFile
from chipassets.chips.dmcbank import ORIGIN
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.units import frame_sample

_MAGIC, _GD3_MAGIC = b"Vgm ", b"Gd3 "
_VERSION, _GD3_VERSION = 0x161, 0x100
_HEADER_SIZE = 0x100
_WAIT, _END = 0x61, 0x66
# A data block for the memory of the NES's sound chip: size, then address and bytes.
_NES_MEMORY = b"\x67\x66\xc2"
_ADDRESS_BYTES = 2
_MAX_FRAMES = 1 << 20
_NUL = b"\0\0"


@dataclass(frozen=True, slots=True)
class _Target:
    """VGM's view of a chip: the command, the base address of registers, and the clock's field."""

    command: int
    first: int
    registers: int
    clock_field: int
    clock_hz: int
    frame_rate_hz: Fraction
    system: str


_TARGETS = {
    "nes": _Target(0xB4, 0x4000, 0x20, 0x84, 1_789_772, CHIPS["nes"].frame_rate_hz, "Nintendo NES"),
    "gameboy": _Target(
        0xB3, 0xFF10, 0x30, 0x80, 4_194_304, CHIPS["gameboy"].frame_rate_hz, "Nintendo Game Boy"
    ),
}


@dataclass(frozen=True, slots=True)
class VgmTags:
    """The GD3 tags in the file's order; `_jp` are the same in Japanese."""

    title: str = ""
    title_jp: str = ""
    game: str = ""
    game_jp: str = ""
    system: str = ""
    system_jp: str = ""
    author: str = ""
    author_jp: str = ""
    date: str = ""
    converted_by: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class VgmFile:
    """The content of a VGM from this writer."""

    log: RegisterLog
    tags: VgmTags


def encode_vgm(log: RegisterLog, tags: VgmTags | None = None) -> ChipFile:
    """Return the log as a VGM with tags; an empty system name is filled in.

    RenderError for a chip that VGM has no field for, an address that is not a sound register, a log
    without frames or one with more than 2^20.
    """
    target = _target(log)
    tags = tags or VgmTags()
    tags = tags if tags.system else replace(tags, system=target.system)
    data = bytearray(_memory_block(log.samples) if log.samples else b"")
    loop_at = 0
    for number, writes in enumerate(log.frames):
        if number == log.loop_start_frame:
            loop_at = _HEADER_SIZE + len(data)
        data += b"".join(_command(write, target, number) for write in writes)
        data += _wait(_sample(number + 1, target) - _sample(number, target))
    data.append(_END)
    body = bytes(data) + _gd3(tags)
    return ChipFile(_header(log, target, loop_at, len(data), len(body)) + body)


def _target(log: RegisterLog) -> _Target:
    """Return VGM's view of the log's chip; RenderError for a log that VGM cannot hold."""
    if log.chip not in _TARGETS:
        raise RenderError(
            f"VGM has no field for the chip {log.chip!r}: it holds {', '.join(_TARGETS)}; "
            "choose another format (NSF holds the VRC6)"
        )
    if not 0 < len(log.frames) <= _MAX_FRAMES:
        raise RenderError(f"the register log has {len(log.frames)} frames, not 1..{_MAX_FRAMES}")
    start = log.loop_start_frame
    if start is not None and not 0 <= start < len(log.frames):
        raise RenderError(f"the loop starts at frame {start}, outside the {len(log.frames)} frames")
    return _TARGETS[log.chip]


def _memory_block(samples: bytes) -> bytes:
    body = struct.pack("<H", ORIGIN) + samples
    return _NES_MEMORY + struct.pack("<I", len(body)) + body


def _command(write: Write, target: _Target, frame: int) -> bytes:
    """Return the command that writes a byte to a register of the chip."""
    register = write.address - target.first
    if not (0 <= register < target.registers and 0 <= write.value <= 0xFF):
        raise RenderError(
            f"frame {frame} writes {write.value} to ${write.address:04X}, which is not a byte for "
            f"a sound register of the {target.system}"
        )
    return bytes((target.command, register, write.value))


def _wait(samples: int) -> bytes:
    """Return the command that waits for a number of samples."""
    return struct.pack("<BH", _WAIT, samples)


def _sample(frame: int, target: _Target) -> int:
    """Return the sample at which a frame begins."""
    return frame_sample(frame, target.frame_rate_hz)


def _header(
    log: RegisterLog, target: _Target, loop_at: int, commands: int, body_size: int
) -> bytes:
    """Return the header; its offsets are relative to their own positions."""
    total = _sample(len(log.frames), target)
    start = log.loop_start_frame
    words = {
        0x04: _HEADER_SIZE + body_size - 0x04,
        0x08: _VERSION,
        0x14: _HEADER_SIZE + commands - 0x14,
        0x18: total,
        0x1C: 0 if start is None else loop_at - 0x1C,
        0x20: 0 if start is None else total - _sample(start, target),
        0x24: round(target.frame_rate_hz),
        0x34: _HEADER_SIZE - 0x34,
        target.clock_field: target.clock_hz,
    }
    header = bytearray(_HEADER_SIZE)
    header[:4] = _MAGIC
    for place, value in words.items():
        struct.pack_into("<I", header, place, value)
    return bytes(header)


def _gd3(tags: VgmTags) -> bytes:
    """Return the GD3 block of the tags."""
    texts = (getattr(tags, field.name).replace("\0", " ") for field in fields(VgmTags))
    body = b"".join(text.encode("utf-16-le", "replace") + _NUL for text in texts)
    return _GD3_MAGIC + struct.pack("<II", _GD3_VERSION, len(body)) + body


def decode_vgm(data: bytes) -> VgmFile:
    """Return the register log of a VGM file from this writer.

    ValueError, with the offset, for any other file, damaged or by another writer.
    """
    cursor = Cursor(data)
    cursor.expect(_MAGIC, "mark of a VGM")
    header = _MAGIC + cursor.take(_HEADER_SIZE - len(_MAGIC), "header")
    chip = _chip(header)
    (loop_field,) = struct.unpack_from("<I", header, 0x1C)
    loop_at = loop_field + 0x1C if loop_field else None
    log = _read_log(cursor, chip, loop_at)
    found = VgmFile(log, _read_tags(cursor))
    try:
        canonical = encode_vgm(found.log, found.tags).data
    except RenderError as error:
        raise ValueError(f"offset {_HEADER_SIZE:#x}: {error}") from error
    refuse_difference(data, canonical)
    return found


def _chip(header: bytes) -> str:
    """Return the chip whose clock the header states."""
    for name, target in _TARGETS.items():
        if header[target.clock_field : target.clock_field + 4] != bytes(4):
            return name
    raise ValueError("offset 0x80: no clock of a chip that this reader knows")


def _read_log(cursor: Cursor, chip: str, loop_at: int | None) -> RegisterLog:
    """Return the commands as frames; each wait ends one."""
    target = _TARGETS[chip]
    samples = b""
    if cursor.data.startswith(_NES_MEMORY, cursor.offset):
        cursor.take(len(_NES_MEMORY), "samples")
        samples = cursor.take(cursor.number(4, "samples"), "samples")[_ADDRESS_BYTES:]
    frames: list[tuple[Write, ...]] = []
    writes: list[Write] = []
    loop_frame = None
    while True:
        if cursor.offset == loop_at:
            loop_frame = len(frames)
        command = cursor.number(1, "commands")
        if command == target.command:
            register, value = cursor.take(2, "commands")
            writes.append(Write(target.first + register, value))
        elif command == _WAIT:
            cursor.number(2, "commands")
            frames.append(tuple(writes))
            writes = []
        elif command == _END:
            return RegisterLog(chip, tuple(frames), loop_frame, samples=samples)
        else:
            raise cursor.error(f"{command:#04x} is not a command of this writer")


def _read_tags(cursor: Cursor) -> VgmTags:
    """Return the tags of a GD3 block."""
    cursor.expect(_GD3_MAGIC + struct.pack("<I", _GD3_VERSION), "mark of the tags")
    body = cursor.take(cursor.number(4, "tags"), "tags")
    try:
        texts = body.decode("utf-16-le").split("\0")
    except UnicodeDecodeError as error:
        raise cursor.error(f"the tags are not UTF-16: {error}") from error
    if len(texts) != len(fields(VgmTags)) + 1 or texts.pop():
        raise cursor.error(f"the tags should be {len(fields(VgmTags))} strings")
    return VgmTags(*texts)
