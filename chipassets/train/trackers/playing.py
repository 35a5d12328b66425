"""Plays a tracker's song once, row by row, and writes down its notes.

Orders, jumps, breaks and loops inside patterns are followed until a place comes again with the same
loops: what a player would repeat for ever is written once.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.rows import Cell, Module, Row

_MOST_ROWS = 1 << 17
"""Twice the rows of the longest FamiTracker song: 256 places of 256 rows."""
_MOST_NOTES = 400_000
_LOUDEST, _QUIETEST = 127, 1
_ROUNDING = 1e-6
"""Less than any level: what sums of parts of 15 and 64 may be wrong by."""


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note of a voice: start and end in rows, MIDI pitch, velocity 1..127."""

    start: float
    end: float
    pitch: int
    velocity: int
    voice: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """A drum: its start in rows, General MIDI key, velocity 1..127."""

    start: float
    key: int
    velocity: int


@dataclass(slots=True)
class Played:
    """The notes of a song that was played once.

    row_seconds: the length of each row. pattern_rows: how many rows were played of a place, and how
    often. damaged: the number of things in the file that could not be read.
    """

    voices: tuple[str, ...]
    notes: list[PlayedNote] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    row_seconds: list[float] = field(default_factory=list)
    pattern_rows: Counter[int] = field(default_factory=Counter)
    damaged: int = 0

    def check_size(self) -> None:
        """Raise RefusedFileError if the song is longer than any music is."""
        if len(self.row_seconds) > _MOST_ROWS:
            raise RefusedFileError(f"more than {_MOST_ROWS:,} rows")
        if len(self.notes) + len(self.strokes) > _MOST_NOTES:
            raise RefusedFileError(f"more than {_MOST_NOTES:,} notes")


def velocity_of(loudness: float) -> int:
    """Return the MIDI velocity of a loudness 0..1."""
    return min(max(round(_LOUDEST * loudness), _QUIETEST), _LOUDEST)


def _moved(loudness: float, change: float) -> float:
    """Return a loudness after a change, 0..1."""
    moved = min(loudness + change, 1.0)
    return moved if moved > _ROUNDING else 0.0


def play(module: Module) -> Played:
    """Return the notes of a module; RefusedFileError if it does not end within the limits."""
    played = Played(module.channels)
    channels = [_Channel(number, played) for number in range(len(module.channels))]
    position = _Position(module)
    speed, tempo = module.speed, module.tempo
    while position.is_new():
        row = module.row(position.place, position.row)
        speed, tempo = row.speed or speed, row.tempo or tempo
        seconds = speed * module.tick_seconds(tempo)
        now = float(len(played.row_seconds))
        for channel, cell in zip(channels, row.cells, strict=True):
            channel.play(cell, now, speed, seconds)
        played.row_seconds += [seconds] * (1 + row.repeats)
        played.check_size()
        if row.halts:
            break
        position.follow(row, played)
    played.pattern_rows[position.since] += 1
    for channel in channels:
        channel.end(float(len(played.row_seconds)))
    played.damaged = module.damaged
    played.notes.sort(key=lambda note: (note.start, note.voice, note.pitch))
    return played


class _Position:
    """Where in the order a song is, and where it has been."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.place = self.row = self.since = 0
        self._starts: dict[int, int] = {}
        self._left: dict[int, int] = {}
        self._seen: set[tuple[int, int, tuple[tuple[int, int], ...]]] = set()

    def is_new(self) -> bool:
        """Return whether the song was not here yet with the same loops still to play."""
        if self.place >= self.module.places:
            return False
        here = (self.place, self.row, tuple(sorted(self._left.items())))
        if here in self._seen:
            return False
        self._seen.add(here)
        return True

    def follow(self, row: Row, played: Played) -> None:
        """Go to the next row."""
        self.since += 1 + row.repeats
        back = self._loop(row)
        if row.jump is not None or row.break_row is not None:
            place = self.place + 1 if row.jump is None else row.jump
            self._enter(place, row.break_row or 0, played)
        elif back is not None:
            self.row = back
        elif self.row + 1 < self.module.pattern_rows:
            self.row += 1
        else:
            self._enter(self.place + 1, 0, played)

    def _loop(self, row: Row) -> int | None:
        """Return the row to which a loop inside the pattern goes back, if one does."""
        back = None
        for channel, times in row.loops:
            if not times:
                self._starts[channel] = self.row
            elif channel not in self._left:
                self._left[channel] = times
                back = self._starts.get(channel, 0)
            elif self._left[channel] > 1:
                self._left[channel] -= 1
                back = self._starts.get(channel, 0)
            else:
                del self._left[channel]
        return back

    def _enter(self, place: int, row: int, played: Played) -> None:
        """Go to a row of another place; the order begins again after its end."""
        played.pattern_rows[self.since] += 1
        self.since = 0
        self._starts.clear()
        self.place = place if place < self.module.places else 0
        self.row = row if row < self.module.pattern_rows else 0


class _Channel:
    """One channel while it is played: what sounds in it, and how loud."""

    def __init__(self, voice: int, played: Played) -> None:
        self.voice = voice
        self.played = played
        self.sounding: dict[int, float] = {}
        self.root: int | None = None
        self.chord: tuple[int, ...] = ()
        self.loudness = 1.0
        self.struck = 1.0
        self.until = float("inf")

    def play(self, cell: Cell, now: float, ticks: int, seconds: float) -> None:
        """Play a cell of the row that begins at `now` and lasts some ticks and seconds."""
        if self.until <= now:
            self.end(now)
        starts = cell.pitch is not None or cell.stroke
        if starts and cell.delay >= ticks:
            return  # the row is over before the note begins
        at = now + cell.delay / ticks
        if cell.chord is not None:
            self.chord = cell.chord
        if cell.volume is not None:
            self.loudness = cell.volume
        if cell.nudge:
            self.loudness = _moved(self.loudness, cell.nudge)
        if cell.is_off:
            self.end(at)
            self.root = None
        if cell.stroke:
            self.end(at)
            self.root = None
            if self.loudness > 0:
                key = cell.stroke
                self.played.strokes.append(Stroke(at, key, velocity_of(self.loudness)))
        elif cell.pitch is not None:
            self._start(cell, cell.pitch, at, seconds)
        elif cell.volume is not None or cell.nudge:
            self._set_volume(now)
        if cell.shift and self.root is not None and self.sounding:
            self._sound(self.root + cell.shift, at)
        elif self.sounding and self.root is not None and not starts:
            self._sound(self.root, now)
        self._change(cell, now, ticks)

    def _start(self, cell: Cell, pitch: int, at: float, seconds: float) -> None:
        """Start the cell's note, or let the sounding one glide to it."""
        if cell.glides and self.sounding:
            self._sound(pitch, at)
            return
        self.end(at)
        self.root = pitch
        self.until = float("inf")
        if cell.lasts_seconds is not None:
            self.until = at + cell.lasts_seconds / seconds
        if self.loudness > 0:
            self._sound(pitch, at)

    def _set_volume(self, now: float) -> None:
        """End the note at volume 0; a held one that becomes loud again begins anew."""
        if self.loudness <= 0:
            self._write(now)
        elif self.root is not None and not self.sounding:
            self._sound(self.root, now)

    def _change(self, cell: Cell, now: float, ticks: int) -> None:
        """Fade and cut within the row."""
        change = cell.fade * (ticks - 1)
        if change:
            left = self.loudness
            self.loudness = _moved(left, change)
            if self.loudness <= 0:
                faded = math.ceil(left / -cell.fade - _ROUNDING)
                self._write(now + faded / ticks)
        if cell.cut is not None:
            self.until = min(self.until, now + cell.cut / ticks)

    def _sound(self, root: int, at: float) -> None:
        """Let the note and its chord sound from here on; pitches that sound already go on."""
        self.root = root
        if not self.sounding:
            self.struck = self.loudness
        wanted = {root, *(root + interval for interval in self.chord)}
        if wanted == self.sounding.keys():
            return
        self._write(at, keeping=wanted)
        for pitch in wanted:
            self.sounding.setdefault(pitch, at)

    def _write(self, at: float, keeping: set[int] | frozenset[int] = frozenset()) -> None:
        """Write down the sounding notes that do not go on."""
        end = min(at, self.until)
        for pitch in [pitch for pitch in self.sounding if pitch not in keeping]:
            start = self.sounding.pop(pitch)
            if end > start and 0 <= pitch <= 127:
                velocity = velocity_of(self.struck)
                self.played.notes.append(PlayedNote(start, end, pitch, velocity, self.voice))

    def end(self, at: float) -> None:
        """End what sounds."""
        self._write(at)
        if self.until <= at:
            self.root = None
