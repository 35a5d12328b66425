"""SPC: the SNES's sound memory at the start of a track, with our player in it.

The memory of 64 KiB holds the player, the directory and the samples that the track uses, its
registers packed and the echo buffer. Header and ID666 tags: "SPC File Format v0.31" in its
text form.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chipassets.chipfiles.cursor import Cursor, refuse_difference
from chipassets.chipfiles.lengths import play_time
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.spc_player import (
    COPY_LENGTHS,
    FREQUENT_REGISTERS,
    FREQUENT_VALUES,
    LOOP,
    ORIGIN,
    POINTER,
    STACK_POINTER,
    copy_lengths,
    player,
)
from chipassets.chipfiles.spc_stream import (
    MOST_FREQUENT,
    REGISTERS,
    WRITABLE,
    Token,
    pack_music,
    unpack_music,
)
from chipassets.chipfiles.stream import Dialect
from chipassets.chipfiles.text import fit_fields
from chipassets.chips.brr import BLOCK_BYTES, BLOCK_SAMPLES
from chipassets.chips.registers import RegisterLog, Write
from chipassets.chips.soundbank import Source, sources
from chipassets.errors import FullError, RenderError

_MAGIC = b"SNES-SPC700 Sound File Data v0.30\x1a\x1a"
_HAS_TAGS, _MINOR = 0x1A, 30
_HEADER_SIZE, _MEMORY_SIZE = 0x100, 0x10000
_TEXT_SIZE = 32
_DUMPER = "chipassets"

_DIRECTORY = 0x0300
_SAMPLES = 0x0400
_END_BYTES = 4
"""What a music's end takes at most: silence, a frame, a wait and the jump."""
_ECHO_UNIT = 0x0800
_DELAY, _DIRECTORY_PAGE, _ECHO_PAGE = 0x7D, 0x5D, 0x6D
_LOOPS = 2
"""The bit of a last block's header that lets the source loop."""

_SOURCE = 4
"""The lower digit of the address of a voice's source register."""

_VOICES = 8
_MOST_SECONDS = 999
# A frame has 17,024 clocks of the SPC700; a write costs at most 112 of them.
_DIALECT = Dialect(
    "snes",
    {address: address for address in WRITABLE},
    (Write(0x5C, 0xFF),),
    most_writes=150,
)


@dataclass(frozen=True, slots=True)
class SpcFile:
    """The content of an SPC from this writer; `seconds`: how long players play it."""

    title: str
    game: str
    author: str
    seconds: int
    fade_ms: int
    log: RegisterLog


def encode_spc(log: RegisterLog, *, title: str, game: str = "", author: str = "") -> ChipFile:
    """Return the log of the chip `snes` as an SPC; changed texts are reported.

    Equal sources of the bank are in the file once, under the first one's number. A track that loops
    plays twice with a fade of eight seconds, one that ends plays once. RenderError for another
    chip, registers that are not the S-DSP's, or more data than the memory holds, with the sizes of
    the parts.
    """
    asked = {"title": title, "game": game, "author": author}
    texts, dropped = fit_fields(asked, _TEXT_SIZE, "SPC")
    memory, registers = _memory(log)
    seconds, fade = _length(log)
    header = _header(texts, seconds, fade)
    return ChipFile(header + memory + registers + bytes(REGISTERS), dropped)


def _length(log: RegisterLog) -> tuple[int, int]:
    """Return seconds before the fade, rounded up, and milliseconds of the fade."""
    time = play_time(log)
    return min(-(-time.play_ms // 1000), _MOST_SECONDS), time.fade_ms


def _memory(log: RegisterLog) -> tuple[bytes, bytes]:
    """Return the 64 KiB, and the S-DSP's registers before the first frame."""
    if log.chip != "snes":
        raise RenderError(f"SPC holds the chip 'snes', not {log.chip!r}; choose another format")
    log = _distinct(log)
    numbers = _used(log)
    packed = [_bank(log)[number].packed for number in numbers]
    delay = _delay(log)
    echo_at = _MEMORY_SIZE - delay * _ECHO_UNIT
    samples = b"".join(packed)
    stream_at = _SAMPLES + len(samples)
    stream = pack_music(_renumbered(log, numbers), _DIALECT, stream_at)
    if stream_at + len(stream.data) > echo_at:
        fits = stream.frames_in(echo_at - stream_at - _END_BYTES) * 100 // len(log.frames)
        raise FullError(
            f"the sound memory of 65536 bytes is too small: {_SAMPLES} for the player, "
            f"{len(samples)} for {len(packed)} samples, {len(stream.data)} for the registers of "
            f"{len(log.frames)} frames, {delay * _ECHO_UNIT} for the echo; {fits} % of the track "
            "fits: make it shorter (length:), or use fewer instruments"
        )
    memory = bytearray(_MEMORY_SIZE)
    memory[ORIGIN : ORIGIN + len(player())] = player()
    memory[COPY_LENGTHS : COPY_LENGTHS + REGISTERS] = copy_lengths()
    for place, number in ((FREQUENT_REGISTERS, 0), (FREQUENT_VALUES, 1)):
        column = bytes(token[number] for token in stream.frequent)
        memory[place : place + len(column)] = column
    memory[_DIRECTORY:_SAMPLES] = _directory(numbers, _bank(log)).ljust(
        _SAMPLES - _DIRECTORY, b"\0"
    )
    memory[_SAMPLES:stream_at] = samples
    memory[stream_at : stream_at + len(stream.data)] = stream.data
    struct.pack_into("<H", memory, POINTER, stream_at)
    struct.pack_into("<H", memory, LOOP, stream_at + stream.loop_offset)
    registers = bytearray(REGISTERS)
    registers[_DIRECTORY_PAGE] = _DIRECTORY >> 8
    registers[_ECHO_PAGE] = (echo_at if delay else _MEMORY_SIZE - _ECHO_UNIT) >> 8
    # Muted and without echo writes until the first frame changes that.
    registers[0x6C], registers[_DELAY] = 0x60, delay
    return bytes(memory), bytes(registers)


def _delay(log: RegisterLog) -> int:
    """Return the echo's delay, in units of 2 KiB of memory."""
    return max((w.value & 15 for writes in log.frames for w in writes if w.address == _DELAY),
               default=0)  # fmt: skip


def _bank(log: RegisterLog) -> tuple[Source, ...]:
    """Return the sources by number: the sound bank's, then the log's own."""
    return (*sources(), *log.sources)


def _names_a_source(write: Write) -> bool:
    return write.address & 0x0F == _SOURCE and write.address >> 4 < _VOICES


def _used(log: RegisterLog) -> list[int]:
    """Return the sources that the log uses, in order."""
    numbers = sorted({w.value for writes in log.frames for w in writes if _names_a_source(w)})
    if numbers and numbers[-1] >= len(_bank(log)):
        raise RenderError(f"the log plays source {numbers[-1]}; there are {len(_bank(log))}")
    if len(numbers) > (_SAMPLES - _DIRECTORY) // 4:
        raise RenderError(f"the log plays {len(numbers)} sources, and an SPC has room for 64")
    return numbers


def _first_places(bank: Sequence[Source]) -> dict[tuple[bytes, int], int]:
    """Return, for blocks and loop of each source, the number of the first source with these."""
    places: dict[tuple[bytes, int], int] = {}
    for number, source in enumerate(bank):
        places.setdefault((source.packed, source.loop_start or 0), number)
    return places


def _distinct(log: RegisterLog) -> RegisterLog:
    """Return the log with equal sources under one number."""
    bank = _bank(log)
    places = _first_places(bank)
    return _moved(
        log, {n: places[source.packed, source.loop_start or 0] for n, source in enumerate(bank)}
    )


def _renumbered(log: RegisterLog, numbers: list[int]) -> RegisterLog:
    """Return the log with the source numbers of the file's directory."""
    return _moved(log, {number: n for n, number in enumerate(numbers)})


def _moved(log: RegisterLog, numbers: Mapping[int, int]) -> RegisterLog:
    """Return the log with other source numbers; those that are not listed stay."""

    def moved(write: Write) -> Write:
        """Return the write with the new number of its sample."""
        if not _names_a_source(write):
            return write
        return replace(write, value=numbers.get(write.value, write.value))

    return replace(log, frames=tuple(tuple(map(moved, writes)) for writes in log.frames))


def _directory(numbers: list[int], bank: Sequence[Source]) -> bytes:
    """Return the start and the loop start of each source."""
    rows, at = bytearray(), _SAMPLES
    for number in numbers:
        source = bank[number]
        rows += struct.pack("<HH", at, at + (source.loop_start or 0) // 16 * 9)
        at += len(source.packed)
    return bytes(rows)


def _header(texts: Mapping[str, str], seconds: int, fade_ms: int) -> bytes:
    """Return the header with the processor's registers and the ID666 tags as text."""

    def text(value: str, size: int = _TEXT_SIZE) -> bytes:
        return value.encode("ascii").ljust(size, b"\0")

    processor = struct.pack("<HBBBBBH", ORIGIN, 0, 0, 0, 0, STACK_POINTER, 0)
    tags = b"".join(
        (
            text(texts["title"]),
            text(texts["game"]),
            text(_DUMPER, 16),
            text(""),
            text("", 11),
            f"{seconds:03d}{fade_ms:05d}".encode("ascii"),
            text(texts["author"]),
        )
    )
    head = _MAGIC + bytes((_HAS_TAGS, _MINOR)) + processor + tags
    return head.ljust(_HEADER_SIZE, b"\0")


def decode_spc(data: bytes) -> SpcFile:
    """Return the content of an SPC from this writer; sources have the sound bank's numbers.

    Those that are not in the bank are the log's own, without names and cycles.

    ValueError, with the offset, for any other file, damaged or by another writer.
    """
    cursor = Cursor(data)
    cursor.expect(_MAGIC + bytes((_HAS_TAGS, _MINOR)), "mark of an SPC")
    cursor.take(9, "processor's registers")
    title, game = (_text(cursor) for _ in range(2))
    cursor.take(16 + _TEXT_SIZE + 11, "tags")
    seconds, fade = _number(cursor, 3), _number(cursor, 5)
    author = _text(cursor)
    cursor.take(_HEADER_SIZE - cursor.offset, "header")
    memory = cursor.take(_MEMORY_SIZE, "memory")
    start, loop = (struct.unpack_from("<H", memory, place)[0] for place in (POINTER, LOOP))
    log = unpack_music(memory, start, loop, _frequent(memory), _DIALECT)
    found = SpcFile(title, game, author, seconds, fade, _as_in_the_bank(log, memory))
    try:
        canonical = encode_spc(found.log, title=title, game=game, author=author).data
    except RenderError as error:
        raise ValueError(f"offset {_HEADER_SIZE:#x}: {error}") from error
    refuse_difference(data, canonical)
    return found


def _frequent(memory: bytes) -> list[Token]:
    """Return the most frequent writes; those of unused codes are of register 0."""
    columns = (
        memory[place : place + MOST_FREQUENT] for place in (FREQUENT_REGISTERS, FREQUENT_VALUES)
    )
    return list(zip(*columns, strict=True))


def _as_in_the_bank(log: RegisterLog, memory: bytes) -> RegisterLog:
    """Return the log with the source numbers of the sound bank, followed by its own."""
    places = _first_places(sources())
    own: list[Source] = []
    used = sorted({w.value for writes in log.frames for w in writes if _names_a_source(w)})
    rows = [struct.unpack_from("<HH", memory, _DIRECTORY + 4 * number) for number in used]
    starts = [start for start, _ in rows]
    (end,) = struct.unpack_from("<H", memory, POINTER)
    numbers: dict[int, int] = {}
    ends = [*starts[1:], end]
    for number, (at, again), following in zip(used, rows, ends, strict=False):
        packed = memory[at:following]
        loop_start = (again - at) // BLOCK_BYTES * BLOCK_SAMPLES
        if (packed, loop_start) not in places:
            if not packed or len(packed) % BLOCK_BYTES or not at <= again < following:
                raise ValueError(f"offset {_HEADER_SIZE + at:#x}: not the blocks of a source")
            loops = packed[-BLOCK_BYTES] & _LOOPS
            places[packed, loop_start] = len(sources()) + len(own)
            own.append(Source("", packed, loop_start if loops else None, 0))
        numbers[number] = places[packed, loop_start]
    return replace(_moved(log, numbers), sources=tuple(own))


def _text(cursor: Cursor) -> str:
    """Read a text of the tags."""
    return cursor.take(_TEXT_SIZE, "tags").rstrip(b"\0").decode("ascii", "replace")


def _number(cursor: Cursor, size: int) -> int:
    """Return a number that the tags hold as decimal digits."""
    digits = cursor.take(size, "tags")
    if not digits.isdigit():
        raise cursor.error("the length is no number")
    return int(digits)
