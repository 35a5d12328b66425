"""A song's data for the cartridge's players: streams, tables and envelopes, compressed.

A song begins with the position of its loop in the rows, then each lane's stream and table, then its
rows: their number per bar, and their frames. A table gives the numbers of its entries that are
tones, that have tone envelopes, and that have level envelopes; a tone is two bytes, an envelope an
address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chipassets.chipfiles.cartridge.blocks import Block, Part, Ref
from chipassets.chipfiles.cartridge.consoles import CONSOLES
from chipassets.chipfiles.cartridge.envelopes import pack_level, pack_tone, shared
from chipassets.chipfiles.cartridge.lanes import (
    Frame,
    Lanes,
    LevelForm,
    Tone,
    VoiceLane,
    lanes_of,
)
from chipassets.chipfiles.cartridge.phrases import Call, Token, with_phrases
from chipassets.chipfiles.cartridge.rows import Rows, find_rows
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError

LOOP, END, CALL, RETURN = 0xFF, 0xFE, 0xFD, 0xFC
FRAMES, ROWS, REST, ON, LEVEL, TONE = 0xFB, 0xFA, 0xF9, 0xF8, 0xF7, 0xF6
"""Codes of a stream that are not entries of a table, with what follows each.

LOOP goes on at an address, END stops the song, CALL plays the phrase at an address and RETURN comes
back from it. FRAMES: the next event lasts that many frames; ROWS: from now on events last that many
rows. REST is silent, ON leaves everything as it is. LEVEL and TONE name an envelope by its address.
"""
DURATIONS = 64
"""The number of codes after a table's entries that mean 1, 2, 3, … rows in one byte."""
MOST_ENTRIES = TONE - DURATIONS
PHRASE_DEPTH = 2
"""The most nested phrases that the players support."""

_MOST_WAIT = 255
_MOST_FRAMES = 1 << 20


@dataclass(frozen=True, slots=True)
class SongData:
    """A song's blocks, the first of which is its start."""

    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """The number of bytes on the cartridge."""
        return sum(block.size for block in self.blocks)


@dataclass(frozen=True, slots=True)
class _Plain:
    """A constant tone, or a sample."""

    tone: Tone


@dataclass(frozen=True, slots=True)
class _Tones:
    """A tone envelope, one tone per frame."""

    tones: tuple[Tone, ...]


@dataclass(frozen=True, slots=True)
class _Levels:
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Burst:
    writes: tuple[Write, ...]


_Entry = _Plain | _Tones | _Levels | _Burst


@dataclass(frozen=True, slots=True)
class _Event:
    """What a lane does from a frame on: REST, ON, or a note with its entries."""

    start: int
    code: int = 0
    tone: _Entry | None = None
    level: _Entry | None = None


@dataclass(frozen=True, slots=True)
class _Code:
    """A token of a stream: a code and the byte that follows it, if any."""

    code: int
    byte: int | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """A token: events last that many rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class _Use:
    """A token: an entry, by its number in the lane."""

    entry: int


_LOOP_START = _Code(LOOP, 0)
"""A token without bytes, at the loop's start."""


def song_data(
    log: RegisterLog,
    label: str,
    *,
    starts: Mapping[str, Collection[int]],
    frames_per_bar: int,
) -> SongData:
    """Return the log as data under the label; the data reproduces every write in its frame.

    starts: the frames in which each voice's notes begin; they and the bar length only affect the
    size. RenderError for a chip or a log that the players cannot play.
    """
    if log.chip not in CONSOLES:
        raise RenderError(
            f"the cartridge's players are for {' and '.join(CONSOLES)}, not {log.chip}; choose "
            "another chip or format"
        )
    if not 0 < len(log.frames) <= _MOST_FRAMES:
        raise RenderError(f"the register log has {len(log.frames)} frames: 1..{_MOST_FRAMES} fit")
    console = CONSOLES[log.chip]
    lanes = lanes_of(log, console, starts)
    events = _events(lanes, log)
    every = [event.start for lane in events.values() for event in lane]
    rows = find_rows(every, len(log.frames), frames_per_bar)
    forms = {kind.name: kind.form for kind in console.voices}
    tables = {name: _table(lane, forms.get(name)) for name, lane in events.items()}
    pool = _pool(data for table in tables.values() for data in table.packed.values())
    head: list[Part] = [bytes(rows.place(log.loop_start_frame or 0))]
    blocks: list[Block] = []
    for name, lane in events.items():
        writer = _Writer(f"{label}_{name.upper()}", tables[name], f"{label}_DATA", pool)
        head += [Ref(writer.label), Ref(f"{writer.label}_TABLE")]
        blocks += _lane(writer, lane, rows, log)
    head.append(bytes((len(rows.lengths), *rows.lengths)))
    return SongData((Block(label, tuple(head)), *blocks, Block(f"{label}_DATA", (pool,))))


@dataclass(frozen=True, slots=True)
class _Table:
    """A lane's entries, of which the first `tabled` have codes, and the entries' bytes."""

    entries: tuple[_Entry, ...]
    tabled: int
    packed: Mapping[_Entry, bytes]


def _table(events: Sequence[_Event], form: LevelForm | None) -> _Table:
    """Return a lane's table: the entries used most often come first and have codes of one byte."""
    uses = Counter(
        entry for event in events for entry in (event.tone, event.level) if entry is not None
    )
    entries = sorted(uses, key=lambda entry: (-uses[entry], _KIND[type(entry)]))
    first = sorted(entries[:MOST_ENTRIES], key=lambda entry: _KIND[type(entry)])
    rest = entries[MOST_ENTRIES:]
    away = [entry for entry in first if not isinstance(entry, _Plain)] + rest
    packed = {entry: _packed(entry, form) for entry in away}
    return _Table((*first, *rest), len(first), packed)


def _packed(entry: _Entry, form: LevelForm | None) -> bytes:
    """Return the bytes of an entry."""
    match entry:
        case _Plain(tone):
            return pack_tone([tone])
        case _Tones(tones):
            return pack_tone(tones)
        case _Burst(writes):
            pairs = (byte for w in writes for byte in (w.address & 0xFF, w.value))
            return bytes((len(writes), *pairs))
        case _Levels(levels):
            return pack_level(levels, form or LevelForm(0, 0, 0))


def _pool(packed: Iterable[bytes]) -> bytes:
    """Return bytes that contain all of these; one that is part of another is stored once."""
    pool = b""
    for data in sorted(packed, key=lambda data: (-len(data), data)):
        if data not in pool:
            pool += data
    return pool


def _events(lanes: Lanes, log: RegisterLog) -> dict[str, list[_Event]]:
    """Return the events of each lane by name, in the players' order; each starts with an event."""
    found = {"start": _placed({f: _Burst(w) for f, w in lanes.bursts.items()}, log)}
    found |= {lane.kind.name: _voice_events(lane, log) for lane in lanes.voices}
    if CONSOLES[log.chip].samples:
        samples = {frame: _Plain(tone) for frame, tone in lanes.samples.items()}
        found["samples"] = _placed(samples, log)
    return found


def _placed(entries: Mapping[int, _Entry], log: RegisterLog) -> list[_Event]:
    """Return an event at each frame with an entry, at frame 0 and at the loop's start."""
    cuts = sorted({0, log.loop_start_frame or 0, *entries})
    return [
        _Event(frame, 0, entries[frame]) if frame in entries else _Event(frame, ON)
        for frame in cuts
    ]


def _voice_events(lane: VoiceLane, log: RegisterLog) -> list[_Event]:
    """Return a voice's events: rests, continued notes, and notes with their envelopes."""
    form = lane.kind.form
    spans = [lane.frames[a:b] for a, b in pairwise((*lane.starts, len(log.frames)))]
    sung = [_sung(span, start, lane) for start, span in zip(lane.starts, spans, strict=True)]
    tones = shared(sung)
    levels = shared([frame.level for frame in span] for span in spans)
    before = Frame(lane.kind.first, 0)
    plugged = 0
    events = []
    for start, span, tone in zip(lane.starts, spans, sung, strict=True):
        # The loop also reaches its start from the song's end.
        sources = [before, lane.frames[-1]] if start == log.loop_start_frame else [before]
        rests = {(source.tone, source.level & form.kept | plugged) for source in sources}
        if rests == {(frame.tone, frame.level) for frame in span}:
            events.append(_Event(start, REST))
        else:
            plugged = form.plugged
            whole = tones[tone]
            entry = _Plain(whole[0]) if len(set(whole)) == 1 else _Tones(whole)
            level = levels[tuple(frame.level for frame in span)]
            events.append(_Event(start, 0, entry, _Levels(level)))
        before = span[-1]
    return events


def _sung(span: Sequence[Frame], start: int, lane: VoiceLane) -> tuple[Tone, ...]:
    """Return the tone of each frame in which the voice sounds, and the first tone.

    RenderError for what the player cannot do within a note: change the tone in silence, or set
    other bits of a level.
    """
    form = lane.kind.form
    tones = [span[0].tone]
    for number, frame in enumerate(span):
        sounds = frame.level & form.volume
        if number and sounds:
            tones.append(frame.tone)
        if frame.tone != tones[-1] or (
            sounds and form.mask and frame.level & form.mask != form.plugged
        ):
            raise RenderError(
                f"the {lane.kind.name} has the tone {frame.tone} and the level {frame.level:#04x} "
                f"{number} frames after frame {start}, which the cartridge's player cannot write"
            )
    return tuple(tones)


def _lane(writer: _Writer, events: Sequence[_Event], rows: Rows, log: RegisterLog) -> list[Block]:
    """Return the blocks of a lane: its stream with its phrases, and its table."""
    numbers = {entry: n for n, entry in enumerate(writer.table.entries)}
    stream, phrases = with_phrases(
        _tokens(events, numbers, rows, log),
        writer.cost,
        call=writer.cost(Call(0)),
        end=1,
        depth=PHRASE_DEPTH,
        anchors=lambda token: isinstance(token, _Code) and token.code in (LOOP, END),
    )
    start = stream.index(_LOOP_START) if _LOOP_START in stream else len(stream)
    return [
        Block(writer.label, writer.parts(stream[:start])),
        Block(f"{writer.label}_LOOP", writer.parts(stream[start:])),
        *(
            Block(f"{writer.label}_{number}", (*writer.parts(phrase), bytes((RETURN,))))
            for number, phrase in enumerate(phrases)
        ),
        Block(f"{writer.label}_TABLE", writer.table_parts()),
    ]


_KIND = {_Plain: 0, _Tones: 1, _Burst: 1, _Levels: 2}
"""The position of an entry in a table."""


def _tokens(
    events: Sequence[_Event], numbers: Mapping[_Entry, int], rows: Rows, log: RegisterLog
) -> list[Token]:
    """Return a lane's tokens: durations, and entries where they differ from the last ones."""
    tokens: list[Token] = []
    latched: Token = None
    lasting: Token = None
    ends = [event.start for event in events[1:]] + [len(log.frames)]
    for event, end in zip(events, ends, strict=True):
        if event.start == log.loop_start_frame:
            if event.start and any(isinstance(entry, _Burst) for entry in numbers):
                # All registers are written where the loop starts, in the first pass too.
                tokens.append(_Code(LOOP))
            tokens.append(_LOOP_START)
            latched = lasting = None
        level = None if event.level is None else _Use(numbers[event.level])
        if level not in (None, latched):
            tokens.append(level)
            latched = level
        code: Token = _Code(event.code) if event.tone is None else _Use(numbers[event.tone])
        for duration in _durations(event.start, end, rows):
            if duration != lasting:
                tokens.append(duration)
            lasting = duration if isinstance(duration, _Rows) else lasting
            tokens.append(code)
            code = _Code(ON)
    tokens.append(_Code(END if log.loop_start_frame is None else LOOP))
    return tokens


def _durations(start: int, end: int, rows: Rows) -> list[Token]:
    """Return durations that together last from one frame to the other."""
    found: list[Token] = []
    while start < end:
        edges = rows.after(start, end)
        if edges and edges[-1] == end and len(edges) <= _MOST_WAIT:
            return [*found, _Rows(len(edges))]
        if end - start <= _MOST_WAIT:
            return [*found, _Code(FRAMES, end - start)]
        edges = edges[:_MOST_WAIT]
        found.append(_Rows(len(edges)))
        start = edges[-1]
    return found


@dataclass(frozen=True, slots=True)
class _Writer:
    """Converts a lane's tokens to bytes."""

    label: str
    table: _Table
    pool_label: str
    pool: bytes

    def cost(self, token: Token) -> int:
        """Return the number of bytes of the token."""
        return sum(2 if isinstance(part, Ref) else len(part) for part in self._parts(token))

    def parts(self, tokens: Sequence[Token]) -> tuple[Part, ...]:
        """Return the tokens' bytes."""
        return tuple(part for token in tokens for part in self._parts(token))

    def table_parts(self) -> tuple[Part, ...]:
        """Return the numbers of tones, tone envelopes and level envelopes, then the entries."""
        entries = self.table.entries[: self.table.tabled]
        kinds = [_KIND[type(entry)] for entry in entries]
        counts = bytes(sum(kind <= most for kind in kinds) for most in range(3))
        return (
            counts,
            *(bytes(e.tone) if isinstance(e, _Plain) else self._address(e) for e in entries),
        )

    def _address(self, entry: _Entry) -> Ref:
        return Ref(self.pool_label, self.pool.index(self.table.packed[entry]))

    def _parts(self, token: Token) -> tuple[Part, ...]:
        """Return the bytes of a token."""
        tabled = self.table.tabled
        match token:
            case Call(phrase):
                return (bytes((CALL,)), Ref(f"{self.label}_{phrase}"))
            case _Rows(count) if count <= DURATIONS:
                return (bytes((tabled + count - 1,)),)
            case _Rows(count):
                return (bytes((ROWS, count)),)
            case _Use(number) if number < tabled:
                return (bytes((number,)),)
            case _Use(number):
                entry = self.table.entries[number]
                code = LEVEL if isinstance(entry, _Levels) else TONE
                return (bytes((code,)), self._address(entry))
            case _Code(code, None):
                loop = (Ref(f"{self.label}_LOOP"),) if code == LOOP else ()
                return (bytes((code,)), *loop)
            case _Code(code, byte) if token != _LOOP_START:
                return (bytes((code, byte or 0)),)
        return ()
