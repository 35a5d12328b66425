"""A RegisterLog as a byte stream for an 8-bit player.

`cc vv` writes vv to the register with code cc (below $7F); `$80+k` ends the frame, and k more
frames pass without writes (k up to 126); `$FF` jumps to the loop. A log that plays once ends in
writes that silence the chip and in an endless wait, written `$80 $FE`; a loop of the same number of
empty frames is written `$FE $80`, so that a reader can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chipassets.chipfiles.cursor import Cursor
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError

MAX_FRAMES = 1 << 20
"""Nearly five hours: more is refused, so that a few malicious bytes cannot fill the memory."""

_END_FRAME, _JUMP, _LONGEST = 0x80, 0xFF, 126
_REST = bytes((_END_FRAME, _END_FRAME + _LONGEST, _JUMP))


@dataclass(frozen=True, slots=True)
class Dialect:
    """A chip's registers as codes, the writes that silence it, and the most writes per frame."""

    chip: str
    codes: Mapping[int, int]
    silence: tuple[Write, ...]
    most_writes: int


@dataclass(frozen=True, slots=True)
class Stream:
    """The bytes of one log and the offset at which the loop starts."""

    data: bytes
    loop_offset: int


def pack_log(log: RegisterLog, dialect: Dialect) -> Stream:
    """Return the log as a stream; RenderError for what the dialect cannot express."""
    check_log(log, dialect)
    data = bytearray()
    loop_offset = 0
    number = 0
    while number < len(log.frames):
        if number == log.loop_start_frame:
            loop_offset = len(data)
        data += _pairs(log.frames[number], dialect)
        pause = _pause(log, number)
        data.append(_END_FRAME + pause)
        number += 1 + pause
    if log.loop_start_frame is not None:
        return Stream(bytes(data) + bytes((_JUMP,)), loop_offset)
    data += _pairs(dialect.silence, dialect)
    return Stream(bytes(data) + _REST, len(data))


def _pairs(writes: Sequence[Write], dialect: Dialect) -> bytes:
    """Return register writes as pairs of the dialect's code and the value."""
    return bytes(byte for w in writes for byte in (dialect.codes[w.address], w.value))


def _pause(log: RegisterLog, number: int) -> int:
    """Return the number of empty frames after this one, up to the loop's start and the limit."""
    pause = 0
    for following in range(number + 1, min(number + 1 + _LONGEST, len(log.frames))):
        if log.frames[following] or following == log.loop_start_frame:
            break
        pause += 1
    return pause


def check_log(log: RegisterLog, dialect: Dialect) -> None:
    """Raise RenderError if the player cannot play the log."""
    if log.chip != dialect.chip:
        raise RenderError(
            f"the log has registers of the chip {log.chip!r}, but the player is for "
            f"{dialect.chip!r}"
        )
    if not 0 < len(log.frames) <= MAX_FRAMES:
        raise RenderError(
            f"the register log has {len(log.frames)} frames: a file holds 1..{MAX_FRAMES}; "
            "give the track a length between"
        )
    start = log.loop_start_frame
    if start is not None and not 0 <= start < len(log.frames):
        raise RenderError(f"the loop starts at frame {start}, outside the {len(log.frames)} frames")
    for number, writes in enumerate(log.frames):
        if len(writes) > dialect.most_writes:
            raise RenderError(
                f"frame {number} has {len(writes)} writes: the player has time for "
                f"{dialect.most_writes}; spread them over more frames"
            )
        for write in writes:
            if write.address not in dialect.codes or not 0 <= write.value <= 0xFF:
                raise RenderError(
                    f"frame {number} writes {write.value} to ${write.address:04X}: the player "
                    f"reaches only the sound registers of {dialect.chip!r} with bytes"
                )


def unpack_log(data: bytes, start: int, loop_offset: int, dialect: Dialect) -> RegisterLog:
    """Return the log of the stream at `start`; ValueError, with the offset, for a broken one.

    Offsets are from the start of `data`, also `loop_offset`.
    """
    addresses = {code: address for address, code in dialect.codes.items()}
    cursor = Cursor(data, start)
    frames: list[tuple[Write, ...]] = []
    writes: list[Write] = []
    loop_frame: int | None = None
    while True:
        if cursor.offset == loop_offset:
            rests = data[loop_offset : loop_offset + len(_REST)] == _REST
            if rests and tuple(writes) == tuple(dialect.silence):
                return RegisterLog(dialect.chip, tuple(frames), None)
            loop_frame = None if writes else len(frames)
        code = cursor.number(1, "stream")
        if code == _JUMP:
            break
        if code >= _END_FRAME:
            frames.append(tuple(writes))
            writes = []
            frames += [()] * (code - _END_FRAME)
            if len(frames) > MAX_FRAMES:
                raise cursor.error(f"more than {MAX_FRAMES} frames")
        elif code in addresses:
            writes.append(Write(addresses[code], cursor.number(1, "stream")))
        else:
            raise cursor.error(f"${code:02X} is not a command of the stream")
    if writes or loop_frame is None or loop_frame == len(frames):
        raise cursor.error("the stream jumps, but not from a frame's end to a frame's start")
    return RegisterLog(dialect.chip, tuple(frames), loop_frame)


def pack_songs(
    songs: Sequence[tuple[RegisterLog, str]],
    dialect: Dialect,
    format_name: str,
    most_banks: int,
    bank_bytes: int,
) -> list[Stream]:
    """Return the streams of the songs, in order; RenderError names a song that can't be packed.

    RenderError, too, for more data than the format's banks hold together.
    """
    streams = []
    for log, name in songs:
        try:
            streams.append(pack_log(log, dialect))
        except RenderError as error:
            raise error.within(f"{format_name.lower()} song {name!r}") from None
    size = sum(len(stream.data) for stream in streams)
    if size > most_banks * bank_bytes:
        raise RenderError(
            f"the registers need {-(-size // bank_bytes)} banks of {bank_bytes // 1024} KiB and "
            f"{format_name} has {most_banks}: write fewer or shorter tracks into one file"
        )
    return streams
