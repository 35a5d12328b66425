"""Reads songs of hUGETracker and GB Studio (`.uge`), versions 0 to 6 of the format."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from chipassets.chipfiles.cursor import Cursor
from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.chords import chord_of_effect
from chipassets.train.trackers.percussion import drum_by_name, drum_by_noise
from chipassets.train.trackers.rows import EMPTY, Cell, Row

_NEWEST, _ROWS = 6, 64
_NOTES, _MOST_PATTERNS, _MOST_PLACES = 72, 1 << 16, 1 << 16
_INSTRUMENTS, _SHARED_INSTRUMENTS = 45, 15
_BANK = 15
"""Instruments of each kind: pulses, wave, noise."""
_CHANNELS = ("pulse1", "pulse2", "wave", "noise")
_WAVE, _NOISE = 2, 3
_LOWEST = (36, 36, 24)
"""MIDI pitch of note 0, C-3, by channel: the wave sounds an octave below."""
_FRAME_HZ = 4_194_304 / 70_224
_TIMER_HZ, _TIMER_STEPS = 4_096, 256
_WAVE_LEVELS = {0: 0.0, 1: 1.0, 2: 0.5, 3: 0.25}
_ENVELOPE_HZ, _LENGTH_HZ = 64, 256
_LOUDEST = 15
_ARPEGGIO, _GLIDE, _DELAY, _NUDGE, _JUMP, _VOLUME, _BREAK, _CUT, _SPEED = (
    0x0, 0x3, 0x7, 0xA, 0xB, 0xC, 0xD, 0xE, 0xF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Instrument:
    """A sound: loudness 0..1, and how long it lasts, None if it is held."""

    name: str
    volume: float
    seconds: float | None


@dataclass
class UgeModule:
    """A song of four channels."""

    speed: int
    tempo: int
    instruments: list[_Instrument]
    patterns: dict[int, list[tuple[int, int, int, int]]]
    orders: list[tuple[int, ...]]
    damaged: int
    channels: tuple[str, ...] = _CHANNELS
    pattern_rows: int = _ROWS
    _playing: list[int] = field(default_factory=lambda: [0] * 4)

    @property
    def places(self) -> int:
        """The length of the shortest channel's order."""
        return min(map(len, self.orders))

    def tick_seconds(self, tempo: int) -> float:
        """Return a frame, or the timer's period for a song that runs by the timer."""
        return (_TIMER_STEPS - tempo) / _TIMER_HZ if tempo else 1 / _FRAME_HZ

    def row(self, place: int, row: int) -> Row:
        """Return a row; a pattern that the file does not have is empty."""
        line = Row([])
        for channel, order in enumerate(self.orders):
            pattern = self.patterns.get(order[place])
            line.cells.append(self._cell(channel, pattern[row], line) if pattern else EMPTY)
        return line

    def _cell(self, channel: int, data: tuple[int, int, int, int], line: Row) -> Cell:
        """Return a cell, and add its commands to the row."""
        note, number, effect, value = data
        if 0 < number <= _BANK:
            self._playing[channel] = number
        _command(effect, value, line)
        volume = (value & 0x0F) / _LOUDEST if effect == _VOLUME else None
        # hUGEDriver changes the volume once a row, in its first tick.
        nudge = ((value >> 4) - (value & 0x0F)) / _LOUDEST if effect == _NUDGE else 0.0
        chord = chord_of_effect(value) if effect == _ARPEGGIO and value else None
        delay = value if effect == _DELAY else 0
        cut = value if effect == _CUT else None
        if not 0 <= note < _NOTES:
            return Cell(volume=volume, nudge=nudge, chord=chord, cut=cut)
        sound = self._instrument(channel)
        volume = sound.volume if volume is None else volume
        if channel == _NOISE:
            key = drum_by_name(sound.name) or drum_by_noise(_noise_hz(note), sound.seconds)
            return Cell(stroke=key, volume=volume, nudge=nudge, delay=delay, cut=cut)
        return Cell(
            pitch=_LOWEST[channel] + note,
            glides=effect == _GLIDE,
            volume=volume,
            nudge=nudge,
            chord=chord or (),
            delay=delay,
            cut=cut,
            lasts_seconds=sound.seconds,
        )

    def _instrument(self, channel: int) -> _Instrument:
        """Return the instrument that a channel plays; a plain one if it has none."""
        number = self._playing[channel]
        place = number - 1 + (max(channel - 1, 0) * _BANK if len(self.instruments) > _BANK else 0)
        return self.instruments[place] if number else _Instrument("", 1.0, None)


def read_uge(data: bytes) -> UgeModule:
    """Return the song in a file; RefusedFileError, with the offset, if it is none."""
    try:
        return _song(Cursor(data))
    except ValueError as error:
        raise RefusedFileError(f"not readable as UGE ({error})") from error


def _song(cursor: Cursor) -> UgeModule:
    version = cursor.number(4, "version")
    if version > _NEWEST:
        raise cursor.error(f"version {version}, of which {_NEWEST} is the newest known")
    for what in ("title", "artist", "comment"):
        _text(cursor, what)
    count = _SHARED_INSTRUMENTS if version < 3 else _INSTRUMENTS
    instruments = [_instrument(cursor, version, number) for number in range(count)]
    cursor.take(16 * (32 if version >= 3 else 33), "waves")
    speed = cursor.number(4, "speed")
    timed, divider = 0, 0
    if version >= 6:
        timed, divider = cursor.number(1, "timer"), cursor.number(4, "timer")
    patterns = _patterns(cursor, version)
    orders = [_order(cursor) for _ in _CHANNELS]
    missing = {number for order in orders for number in order} - patterns.keys()
    return UgeModule(
        min(max(speed, 1), 255),
        min(divider, _TIMER_STEPS - 1) if timed else 0,
        instruments,
        patterns,
        orders,
        len(missing),
    )


def _text(cursor: Cursor, what: str) -> str:
    """Return a text of Pascal: its length, then 255 bytes."""
    raw = cursor.take(256, what)
    return raw[1 : 1 + raw[0]].decode("latin-1")


def _instrument(cursor: Cursor, version: int, number: int) -> _Instrument:
    """Return an instrument; the wave's loudness is a choice of four levels."""
    kind = cursor.number(4, "instruments")
    name = _text(cursor, "instruments")
    length, is_cut, volume, falls, sweep = struct.unpack("<IBBIB", cursor.take(11, "instruments"))
    cursor.take(12, "instruments")
    _, level, _ = struct.unpack("<BII", cursor.take(9, "instruments"))
    if version >= 6:
        cursor.take(4 + 1 + _ROWS * 17, "instruments")
    else:
        cursor.take(12 + (6 if version >= 4 else 0), "instruments")
    is_wave = kind == 1 or (version >= 3 and number // _BANK == 1)
    seconds = None
    if not is_wave and falls and sweep:
        seconds = volume * sweep / _ENVELOPE_HZ
    if is_cut:
        steps = (256 if is_wave else 64) - min(length, 256 if is_wave else 64)
        cut = max(steps, 1) / _LENGTH_HZ
        seconds = cut if seconds is None else min(seconds, cut)
    loudness = _WAVE_LEVELS.get(level, 1.0) if is_wave else min(volume, _LOUDEST) / _LOUDEST
    if not is_wave and not falls and sweep and not loudness:
        loudness = 1.0  # it begins in silence and rises
    return _Instrument(name, loudness, seconds)


def _patterns(cursor: Cursor, version: int) -> dict[int, list[tuple[int, int, int, int]]]:
    """Return the patterns by number, as (note, instrument, effect, parameter) of each row."""
    count = cursor.number(4, "patterns")
    if count > _MOST_PATTERNS:
        raise cursor.error(f"{count} patterns")
    form = "<iiiiB" if version >= 6 else "<iiiB"
    size = struct.calcsize(form)
    patterns = {}
    for place in range(count):
        number = cursor.number(4, "patterns") if version >= 5 else place
        rows = struct.iter_unpack(form, cursor.take(_ROWS * size, "patterns"))
        cells = [(row[0], row[1], row[-2], row[-1]) for row in rows]
        # Version 5 was written with the same number for several patterns: they count by place.
        patterns[place if version == 5 and number in patterns else number] = cells
    return patterns


def _order(cursor: Cursor) -> tuple[int, ...]:
    """Return the patterns of a channel; the file's count is one too large."""
    count = cursor.number(4, "order")
    if not 1 < count <= _MOST_PLACES:
        raise cursor.error(f"an order of {count - 1} patterns")
    return struct.unpack(f"<{count}I", cursor.take(4 * count, "order"))[:-1]


def _command(effect: int, value: int, line: Row) -> None:
    """Add an effect of a whole row to it; places and rows are counted from 1, 0 is the next."""
    if effect == _SPEED and value:
        line.speed = value
    elif effect == _JUMP and value:
        line.jump = value - 1
    elif effect == _JUMP:
        line.break_row = 0
    elif effect == _BREAK:
        line.break_row = max(value - 1, 0)


def _noise_hz(note: int) -> float:
    """Return the rate at which hUGEDriver steps the noise register for a note.

    The register value is that of its note table: shift and divider from the note counted down.
    """
    turned = 63 - min(note, 63)
    shift, divider = (0, turned) if turned < 7 else ((turned - 4) // 4, turned % 4 + 4)
    return 262_144 / ((divider or 0.5) * (1 << shift))
