"""Reads standard MIDI files in one pass: notes, metres, tempi, programs; the rest is skipped.

The only reader of users' music, for primers and for a corpus. A corpus has millions of messages,
and only these matter. Unusual but meaningful files are read: RIFF wrappers, other kinds of chunks,
wrong track counts and lengths. Damage ends its track, not the file: what came before is kept, and
counted. Source: Standard MIDI Files 1.0.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

MIDI_SUFFIXES = frozenset({".mid", ".midi", ".kar", ".rmi"})
"""The suffixes of files that this module reads, karaoke and RIFF included."""

DRUM_CHANNEL = 9
_DRUM_PROGRAMS = frozenset({113, *range(115, 128)})
"""General MIDI's unpitched percussion and sound effects, counted from 0: transcriptions of chip
music use them for the noise channel, which has no pitch."""
_DRUM_NAME = re.compile(r"drum|percuss|noise|dpcm|^(no|noi|dmc|pcm|kit)$", re.IGNORECASE)
_HEADER, _TRACK = b"MThd", b"MTrk"
_HEADER_BYTES, _CHUNK_BYTES = 14, 8
_MOST_JUNK_BYTES = 4096
"""The most bytes before the header: a RIFF wrapper has 20, a MacBinary header 128."""
_MOST_NOTES = 400_000
_MAX_TICK = 1 << 40
_MOST_DIGITS = 4
"""The most bytes of a variable-length number, of seven bits each."""
_LONGEST_HANGING_QUARTERS = 4
_META, _SYSEX, _SYSEX_MORE = 0xFF, 0xF0, 0xF7
_TRACK_NAME, _SET_TEMPO, _TIME_SIGNATURE, _END_OF_TRACK = 0x03, 0x51, 0x58, 0x2F
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}


class MidiError(ValueError):
    """The bytes are not a MIDI file with ticks per beat; the message says why."""


@dataclass(slots=True)
class MidiContent:
    """The content of a file, in ticks.

    notes: (start, end, pitch, voice); a voice is one channel of one track.
    drums: the starts of drum notes; strokes: the same as (tick, key, velocity).
    metres: (tick, numerator, denominator).
    tempi: (tick, microseconds per quarter), without those of 0, which `no_tempi` counts.
    programs: those of channels with notes.
    names: the last name of each named track; voice v is in track v // 16.
    damaged: the number of tracks that break off.
    hanging: the number of notes without an end, cut to at most a bar of 4/4.
    tracks: the number of tracks; promised: the number in the header.
    """

    ticks_per_quarter: int
    promised: int = 0
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    metres: set[tuple[int, int, int]] = field(default_factory=set)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    programs: set[int] = field(default_factory=set)
    drums: list[int] = field(default_factory=list)
    strokes: list[tuple[int, int, int]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    tracks: int = 0
    damaged: int = 0
    hanging: int = 0
    no_tempi: int = 0


def names_drums(track_name: str) -> bool:
    """Return whether a track of this name plays drums."""
    return _DRUM_NAME.search(track_name) is not None


def parse_midi(
    data: bytes, *, drums_by_name: bool = True, drums_by_program: bool = True
) -> MidiContent:
    """Return the content of a file; MidiError if it is not a MIDI file with ticks per beat.

    Drums are channel 10, with `drums_by_name` tracks whose names say so, and with
    `drums_by_program` the channels whose programs have no pitch.
    """
    begin = data.find(_HEADER, 0, _MOST_JUNK_BYTES)
    if begin < 0:
        raise MidiError("no MIDI header")
    header = data[begin : begin + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES:
        raise MidiError("cut off within its header")
    form, tracks, division = (int.from_bytes(header[at : at + 2], "big") for at in (8, 10, 12))
    if not division:
        raise MidiError("no beat: its header gives a quarter note 0 ticks")
    if division >= 0x8000:
        raise MidiError("no beat: it counts film frames (SMPTE time)")
    content = MidiContent(division, tracks)
    position = begin + _CHUNK_BYTES + int.from_bytes(header[4:8], "big")
    if not _is_chunk(data, position):
        position = _next_track(data, begin + _HEADER_BYTES)
    while position + _CHUNK_BYTES <= len(data):
        first = position + _CHUNK_BYTES
        end = first + int.from_bytes(data[position + 4 : first], "big")
        if data[position : position + 4] == _TRACK:
            if end < len(data) and not _is_chunk(data, end):
                end = _next_track(data, first)  # its length is wrong: read its events to their end
            track = _Track(content, drums_by_name, drums_by_program)
            track.read(data, first, min(end, len(data)))
            content.damaged += track.is_broken or (end > len(data) and not track.is_ended)
            content.tracks += 1
        elif not _is_chunk(data, end):
            end = _next_track(data, first)
        position = end
    if not content.tracks:
        raise MidiError("no track in it")
    if form == 2 and content.tracks > 1:
        raise MidiError("format 2: its tracks share no time")
    return content


def _is_chunk(data: bytes, position: int) -> bool:
    """Return whether the file ends here, or the next four bytes look like the name of a chunk."""
    name = data[position : position + 4]
    return position == len(data) or (len(name) == 4 and name.isalnum() and name.isascii())


def _next_track(data: bytes, position: int) -> int:
    found = data.find(_TRACK, position)
    return len(data) if found < 0 else found


class _Track:
    """The state while a track is read: the sounding notes, and the programs of its channels."""

    def __init__(self, content: MidiContent, by_name: bool, by_program: bool) -> None:
        self.content = content
        self.first_voice = 16 * content.tracks
        self.drums_by_name = by_name
        self.drum_programs = _DRUM_PROGRAMS if by_program else frozenset()
        self.is_drums = False
        self.is_ended = False
        self.is_broken = False
        self.started = 0
        self.sounding: dict[int, deque[int]] = {}
        self.programs = [0] * 16

    def read(self, data: bytes, position: int, end: int) -> None:
        """Add the events between two positions to the content; stop at damaged data."""
        tick = 0
        try:
            tick = self._read(data[:end] if end < len(data) else data, position)
        except IndexError:
            self.is_broken = True
            tick = max((start for starts in self.sounding.values() for start in starts), default=0)
        self._end_hanging(tick)

    def _read(self, data: bytes, position: int) -> int:
        """Return the tick of the track's end; IndexError if it breaks off.

        One loop without calls, because it runs once per message.
        """
        tick, status, length = 0, 0, len(data)
        while position < length:
            byte = data[position]
            position += 1
            if byte & 0x80:
                delta, position = _number(data, position - 1)
                tick += delta
            else:
                tick += byte
            byte = data[position]
            if byte & 0x80:
                position += 1
                if byte >= 0xF0:
                    position = self._skip_system(data, position, byte, tick)
                    if position < 0:
                        return tick
                    continue
                status = byte
            kind = status & 0xF0
            if kind == 0xC0:
                self.programs[status & 0x0F] = data[position]
                position += 1
            elif kind == 0xD0:
                position += 1
            elif not status or tick > _MAX_TICK:
                raise IndexError
            else:
                second = data[position + 1]
                if kind <= 0x90:
                    self._note(status, data[position] & 0x7F, second if kind == 0x90 else 0, tick)
                position += 2
        return tick

    def _note(self, status: int, pitch: int, velocity: int, tick: int) -> None:
        """Store the start of a note, or end the oldest sounding note of its pitch."""
        channel = status & 0x0F
        if channel == DRUM_CHANNEL or self.is_drums or self.programs[channel] in self.drum_programs:
            if velocity:
                self.content.drums.append(tick)
                self.content.strokes.append((tick, pitch, velocity))
            return
        key = channel << 7 | pitch
        if velocity:
            self.sounding.setdefault(key, deque()).append(tick)
            self.content.programs.add(self.programs[channel])
            self.started += 1
            if len(self.content.notes) + self.started > 2 * _MOST_NOTES:
                raise MidiError(f"more than {_MOST_NOTES:,} notes")
        elif self.sounding.get(key):
            start, voice = self.sounding[key].popleft(), self.first_voice + channel
            self.content.notes.append((start, tick, pitch, voice))
            if len(self.content.notes) > _MOST_NOTES:
                raise MidiError(f"more than {_MOST_NOTES:,} notes")

    def _skip_system(self, data: bytes, position: int, status: int, tick: int) -> int:
        """Return the position after a system or meta message, -1 after the end of the track."""
        kind = 0
        if status == _META:
            kind = data[position]
            position += 1
        elif status not in (_SYSEX, _SYSEX_MORE):
            return position + _SYSTEM_DATA_BYTES.get(status, 0)
        size, position = _number(data, position)
        end = position + size
        if end > len(data):
            raise IndexError
        if kind == _END_OF_TRACK:
            self.is_ended = True
            return -1
        self._meta(kind, data[position:end], tick)
        return end

    def _meta(self, kind: int, value: bytes, tick: int) -> None:
        """Store a tempo, a track name or a metre; other meta messages are skipped."""
        if kind == _SET_TEMPO and len(value) >= 3:
            tempo = int.from_bytes(value[:3], "big")
            if tempo:
                self.content.tempi.append((tick, tempo))
            self.content.no_tempi += not tempo
        elif kind == _TRACK_NAME:
            name = value[:64].decode("latin-1")
            self.content.names[self.first_voice // 16] = name
            self.is_drums = self.drums_by_name and names_drums(name)
        elif kind == _TIME_SIGNATURE and len(value) >= 2 and value[0] and value[1] < 8:
            self.content.metres.add((tick, value[0], 1 << value[1]))

    def _end_hanging(self, tick: int) -> None:
        """End what still sounds at the track's end, or a bar after it began."""
        longest = _LONGEST_HANGING_QUARTERS * self.content.ticks_per_quarter
        for key, starts in self.sounding.items():
            for start in starts:
                end = max(min(tick, start + longest), start)
                voice = self.first_voice + (key >> 7)
                self.content.notes.append((start, end, key & 0x7F, voice))
                self.content.hanging += 1


def _number(data: bytes, position: int) -> tuple[int, int]:
    """Return a variable-length number and the position after it; IndexError if there is none."""
    value = 0
    for byte in data[position : position + _MOST_DIGITS]:
        position += 1
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value, position
    raise IndexError
