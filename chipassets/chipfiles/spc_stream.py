"""The music of an SPC: a log's writes as tokens; what was played before is copied from there.

`cc vv` writes vv to register cc; `$90+n` is the n-th of the song's most frequent writes, which a
table holds; `$80+k` ends the frame, and k more frames pass without writes; a code that is no
register that can be written copies tokens from an address; `$FF` jumps to the loop. A log that
plays once ends in the writes that silence the chip, a frame and an endless wait, `$80 $8F`; a loop
of that many empty frames is written `$8F $80`, so that a reader can tell them apart.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chipassets.chipfiles.cursor import Cursor
from chipassets.chipfiles.stream import MAX_FRAMES, Dialect, check_log
from chipassets.chips.registers import RegisterLog, Write

REGISTERS = 128
_UNWRITTEN_DIGITS = (0x8, 0x9, 0xA, 0xB, 0xE)
"""The lower digits of addresses that are read only, or no registers."""

WRITABLE = tuple(n for n in range(REGISTERS) if n & 15 not in _UNWRITTEN_DIGITS)
*COPIES, LONG_COPY = (n for n in range(REGISTERS) if n & 15 in _UNWRITTEN_DIGITS)
"""The codes of copies of 2, 3, 4 … tokens, and that of one whose length follows its address."""

SHORTEST_COPY, LONGEST_COPY = 2, 254
END_FRAME, FREQUENT, JUMP = 0x80, 0x90, 0xFF
MOST_FREQUENT = JUMP - FREQUENT
"""The number of writes that have a code of their own."""

_LONGEST_PAUSE = FREQUENT - END_FRAME - 1
_REST = bytes((END_FRAME, END_FRAME + _LONGEST_PAUSE))
_MOST_TRIED = 400
_MOST_TOKENS = 1 << 20
_MEMORY = 0x10000
"""The size of the memory: copies come from inside it."""

Token = tuple[int, ...]
"""A write, its register and its value; or the code that ends a frame."""


@dataclass(frozen=True, slots=True)
class Music:
    """A packed log: its bytes, where its loop starts in them, and its most frequent writes.

    frame_ends: for each token that ends a frame, the frames that are played by then and the bytes
    that hold them.
    """

    data: bytes
    loop_offset: int
    frequent: tuple[Token, ...]
    frame_ends: tuple[tuple[int, int], ...]

    def frames_in(self, size: int) -> int:
        """Return the number of frames that the first bytes of the music hold."""
        return max((frame for frame, end in self.frame_ends if end <= size), default=0)


def pack_music(log: RegisterLog, dialect: Dialect, address: int) -> Music:
    """Return the log packed for an address; RenderError for what the player cannot play."""
    check_log(log, dialect)
    tokens, loop = _tokens(log, dialect)
    counts = Counter(token for token in tokens if len(token) == 2)
    frequent = tuple(token for token, _ in counts.most_common(MOST_FREQUENT))
    packer = _Packer(tokens, frequent, address)
    ends, loop_offset, frames = [], 0, 0
    while packer.at < len(tokens):
        if packer.at == loop:
            loop_offset = len(packer.data)
        begun = packer.at
        packer.step(loop if loop > packer.at else len(tokens))
        passed = sum(1 + t[0] - END_FRAME for t in tokens[begun : packer.at] if len(t) == 1)
        frames += passed
        if passed:
            ends.append((frames, len(packer.data)))
    if log.loop_start_frame is None:
        loop_offset = len(packer.data)
        packer.data += _REST
    return Music(bytes(packer.data) + bytes((JUMP,)), loop_offset, frequent, tuple(ends))


def _tokens(log: RegisterLog, dialect: Dialect) -> tuple[list[Token], int]:
    """Return the tokens of the log, and the number of the one at which the loop starts."""
    tokens: list[Token] = []
    loop = 0
    number = 0
    while number < len(log.frames):
        if number == log.loop_start_frame:
            loop = len(tokens)
        tokens += [(write.address, write.value) for write in log.frames[number]]
        pause = _pause(log, number)
        tokens.append((END_FRAME + pause,))
        number += 1 + pause
    if log.loop_start_frame is None:
        tokens += [(write.address, write.value) for write in dialect.silence]
    return tokens, loop


def _pause(log: RegisterLog, number: int) -> int:
    """Return the number of empty frames after this one, up to the loop's start and the limit."""
    last = min(number + 1 + _LONGEST_PAUSE, len(log.frames))
    for following in range(number + 1, last):
        if log.frames[following] or following == log.loop_start_frame:
            return following - number - 1
    return max(last - number - 1, 0)


class _Packer:
    """The packed tokens while they are made; copies come from tokens that were not copied."""

    def __init__(self, tokens: Sequence[Token], frequent: Sequence[Token], address: int) -> None:
        self.data, self.at = bytearray(), 0
        self._tokens, self._address = tokens, address
        self._codes = {token: bytes((FREQUENT + n,)) for n, token in enumerate(frequent)}
        self._ends = [0]
        for token in tokens:
            self._ends.append(self._ends[-1] + len(self._bytes(token)))
        self._memory: list[Token | None] = []
        self._places: list[int] = []
        self._pairs: dict[tuple[Token, Token], list[int]] = {}

    def _bytes(self, token: Token) -> bytes:
        return self._codes.get(token) or bytes(token)

    def step(self, end: int) -> None:
        """Pack what comes next: a copy that ends by `end`, or a token."""
        gain, length, place = self._longest(self.at, end)
        # A copy that starts a token later may save more.
        if gain and self._longest(self.at + 1, end)[0] > gain:
            gain = 0
        if gain:
            source = struct.pack("<H", self._address + self._places[place])
            self._keep(None)
            self.data += _copy(length, source)
            self.at += length
            return
        token = self._tokens[self.at]
        self._keep(token)
        self.data += self._bytes(token)
        self.at += 1

    def _keep(self, token: Token | None) -> None:
        """Note the token that is packed next, so that it can be copied; None for a copy."""
        before = self._memory[-1] if self._memory else None
        reachable = self._address + len(self.data) < _MEMORY
        if before is not None and token is not None and reachable:
            self._pairs.setdefault((before, token), []).append(len(self._memory) - 1)
        self._memory.append(token)
        self._places.append(len(self.data))

    def _longest(self, at: int, end: int) -> tuple[int, int, int]:
        """Return the bytes that the best copy saves, its length in tokens and its source.

        All are 0 if no copy saves any.
        """
        best = (0, 0, 0)
        if at + SHORTEST_COPY > end:
            return best
        for place in self._pairs.get((self._tokens[at], self._tokens[at + 1]), [])[-_MOST_TRIED:]:
            most = min(LONGEST_COPY, end - at, len(self._memory) - place)
            length = SHORTEST_COPY
            while length < most and self._memory[place + length] == self._tokens[at + length]:
                length += 1
            for taken in {length, min(length, SHORTEST_COPY + len(COPIES) - 1)}:
                gain = self._ends[at + taken] - self._ends[at] - len(_copy(taken, b"  "))
                best = max(best, (gain, taken, place))
        return best


def _copy(length: int, source: bytes) -> bytes:
    """Return the code of a copy from an address of two bytes."""
    if length - SHORTEST_COPY < len(COPIES):
        return bytes((COPIES[length - SHORTEST_COPY],)) + source
    return bytes((LONG_COPY,)) + source + bytes((length + 1,))


def unpack_music(
    memory: bytes, start: int, loop: int, frequent: Sequence[Token], dialect: Dialect
) -> RegisterLog:
    """Return the log of the music at `start`; ValueError, with the offset, for a broken one."""
    reader = _Reader(memory, start, frequent)
    frames: list[tuple[Write, ...]] = []
    writes: list[Write] = []
    loop_frame: int | None = None
    for token, place in reader.tokens():
        if place == loop:
            rests = memory[loop : loop + 3] == _REST + bytes((JUMP,))
            if rests and tuple(writes) == tuple(dialect.silence):
                return RegisterLog(dialect.chip, tuple(frames), None)
            loop_frame = None if writes else len(frames)
        if len(token) == 2:
            writes.append(Write(*token))
            continue
        frames.append(tuple(writes))
        writes = []
        frames += [()] * (token[0] - END_FRAME)
        if len(frames) > MAX_FRAMES:
            raise reader.error(f"more than {MAX_FRAMES} frames")
    if writes or loop_frame is None or loop_frame == len(frames):
        raise reader.error("the music jumps, but not from a frame's end to a frame's start")
    return RegisterLog(dialect.chip, tuple(frames), loop_frame)


@dataclass(slots=True)
class _Reader:
    """Reads the tokens of packed music."""

    memory: bytes
    start: int
    frequent: Sequence[Token]
    _count: int = 0
    _cursor: Cursor = field(init=False)

    def __post_init__(self) -> None:
        self._cursor = Cursor(self.memory, self.start)

    def error(self, said: str) -> ValueError:
        """Return the error of a broken place."""
        return self._cursor.error(said)

    def tokens(self) -> Iterator[tuple[Token, int | None]]:
        """Yield the tokens up to the jump, each with its address; None for one that is copied."""
        while True:
            place = self._cursor.offset
            code = self._cursor.number(1, "music")
            if code == JUMP:
                return
            if code in COPIES or code == LONG_COPY:
                yield from self._copied(code, place)
            else:
                yield self._token(code, self._cursor), place
            self._count += 1
            if self._count > _MOST_TOKENS:
                raise self.error(f"more than {_MOST_TOKENS} tokens")

    def _copied(self, code: int, place: int) -> Iterator[tuple[Token, int | None]]:
        """Yield the tokens of a copy; the first has the copy's address."""
        source = Cursor(self.memory, self._cursor.number(2, "music"))
        count = (
            self._cursor.number(1, "music") - 1
            if code == LONG_COPY
            else COPIES.index(code) + SHORTEST_COPY
        )
        for number in range(count):
            again = source.number(1, "music")
            if again in (JUMP, LONG_COPY, *COPIES):
                raise self.error("a copy of a copy, or of a jump")
            yield self._token(again, source), None if number else place
            self._count += 1

    def _token(self, code: int, cursor: Cursor) -> Token:
        if code < END_FRAME:
            return code, cursor.number(1, "music")
        if code < FREQUENT:
            return (code,)
        if code - FREQUENT >= len(self.frequent):
            raise self.error(f"${code:02X} is no code of the music")
        return self.frequent[code - FREQUENT]
