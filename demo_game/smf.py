"""The notes of a bundle's MIDI file, read with the standard library alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_MOST_BYTES = 4 << 20
_DRUM_CHANNEL = 9
_NOTE_OFF, _NOTE_ON, _PROGRAM, _PRESSURE = 0x80, 0x90, 0xC0, 0xD0
_META, _TRACK_NAME = 0xFF, 3


class MidiError(Exception):
    """A file that is no MIDI file, or a broken one."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note: start and end in beats from the start of the track, MIDI pitch and velocity."""

    start_beat: float
    end_beat: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one voice plays, by start."""

    name: str
    is_drums: bool
    notes: tuple[Note, ...]


def read_parts(path: Path) -> tuple[Part, ...]:
    """Return the voices of a MIDI file that have notes; MidiError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise MidiError(f"{path}: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise MidiError(f"{path} is larger than {_MOST_BYTES >> 20} MiB")
    try:
        return parse_parts(data)
    except (IndexError, ValueError) as error:
        raise MidiError(f"{path} is not a whole MIDI file: {error}") from error


def parse_parts(data: bytes) -> tuple[Part, ...]:
    """Return the voices that have notes; IndexError or ValueError where the bytes are no MIDI."""
    if data[:4] != b"MThd" or len(data) < 14:
        raise ValueError("it has no MThd")
    division = int.from_bytes(data[12:14], "big")
    if division == 0 or division & 0x8000:
        raise ValueError("its clock counts no beats")
    parts, at = [], 8 + int.from_bytes(data[4:8], "big")
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            parts.append(_Reader(data[at + 8 : at + 8 + size], division).read())
        at += 8 + size
    return tuple(part for part in parts if part.notes)


class _Reader:
    """Reads one MTrk chunk."""

    def __init__(self, data: bytes, division: int) -> None:
        self._data = data
        self._division = division
        self._at = 0
        self._tick = 0
        self._name = ""
        self._is_drums = False
        self._open: dict[tuple[int, int], tuple[int, int]] = {}
        self._notes: list[Note] = []

    def read(self) -> Part:
        status = 0
        while self._at < len(self._data):
            self._tick += self._number()
            if self._data[self._at] & 0x80:
                status = self._byte()
            if status >= 0xF0:
                self._system(status)
            elif status & 0x80:
                self._channel(status)
            else:
                raise ValueError("an event has no status")
        for pitch in list(self._open):
            self._end(pitch)
        return Part(self._name, self._is_drums, tuple(sorted(self._notes, key=_by_start)))

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        """A variable-length quantity: seven bits a byte, the last without its top bit."""
        value = 0
        for _ in range(4):
            byte = self._byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise ValueError("a number is longer than four bytes")

    def _system(self, status: int) -> None:
        kind = self._byte() if status == _META else 0
        size = self._number()
        if status == _META and kind == _TRACK_NAME:
            self._name = self._data[self._at : self._at + size].decode("utf-8", "replace")
        self._at += size

    def _channel(self, status: int) -> None:
        kind, first = status & 0xF0, self._byte()
        second = 0 if kind in (_PROGRAM, _PRESSURE) else self._byte()
        if kind not in (_NOTE_ON, _NOTE_OFF):
            return
        self._end((status & 0x0F, first))
        if kind == _NOTE_ON and second:
            self._is_drums = status & 0x0F == _DRUM_CHANNEL
            self._open[status & 0x0F, first] = self._tick, second

    def _end(self, which: tuple[int, int]) -> None:
        if which in self._open:
            start, velocity = self._open.pop(which)
            beats = start / self._division, self._tick / self._division
            self._notes.append(Note(*beats, which[1], velocity))


def _by_start(note: Note) -> tuple[float, int]:
    return note.start_beat, note.pitch
