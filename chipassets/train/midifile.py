"""Standard MIDI files, read in one pass: notes, metres, tempi, programs; all else is skipped.

A corpus has millions of messages, and only these matter here. What is damaged ends its track, not
the file: what stood before is kept. Source: Standard MIDI Files 1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chipassets.train.music import RefusedFileError

DRUM_CHANNEL = 9
_DRUM_PROGRAMS = frozenset({113, *range(115, 128)})
"""General MIDI's unpitched percussion and sound effects, counted from 0: what recordings of chip
music give the noise channel, whose pitches are none."""
_DRUM_NAME = re.compile(r"drum|percuss|noise|dpcm|^(no|noi|dmc|pcm|kit)$", re.IGNORECASE)
_MAX_NOTES = 400_000
_MAX_TICK = 1 << 40
_LONGEST_HANGING_QUARTERS = 4
_META, _SYSEX, _SYSEX_MORE = 0xFF, 0xF0, 0xF7
_TRACK_NAME, _SET_TEMPO, _TIME_SIGNATURE, _END_OF_TRACK = 0x03, 0x51, 0x58, 0x2F
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}


@dataclass(slots=True)
class MidiContent:
    """What a file says, in ticks.

    notes: (start, end, pitch, voice), a voice being one channel of one track. drums: the starts of
    what is set apart. metres: (tick, numerator, denominator). tempi: (tick, microseconds a
    quarter). programs: those of channels that have notes. names: the last name of each track that
    has one; voice v stands in track v // 16. damaged: tracks that break off. hanging: notes that
    nothing ended, now at most a bar of 4/4 long.
    """

    ticks_per_quarter: int
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    metres: set[tuple[int, int, int]] = field(default_factory=set)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    programs: set[int] = field(default_factory=set)
    drums: list[int] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    damaged: int = 0
    hanging: int = 0


def parse_midi(data: bytes) -> MidiContent:
    """Return the content of a file; RefusedFileError when it is no MIDI file that has a beat."""
    if len(data) < 14 or data[:4] != b"MThd":
        raise RefusedFileError("not readable as MIDI (no header)")
    header_bytes = int.from_bytes(data[4:8], "big")
    form, division = int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big")
    if form == 2 or not 0 < division < 0x8000:
        raise RefusedFileError("no common beat (type 2, or SMPTE time)")
    content = MidiContent(division)
    position, tracks = 8 + header_bytes, 0
    while position + 8 <= len(data):
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "big")
        if data[position : position + 4] == b"MTrk":
            _Track(content, tracks).read(data, position + 8, min(end, len(data)))
            content.damaged += end > len(data)
            tracks += 1
        position = end
    if not tracks:
        raise RefusedFileError("not readable as MIDI (no track)")
    return content


class _Track:
    """One track while it is read: what sounds in it, and the programs of its channels."""

    def __init__(self, content: MidiContent, number: int) -> None:
        self.content = content
        self.first_voice = 16 * number
        self.is_drums = False
        self.sounding: dict[int, list[int]] = {}
        self.programs = [0] * 16

    def read(self, data: bytes, position: int, end: int) -> None:
        """Add to the content what stands between two positions; damage ends it."""
        tick = 0
        try:
            tick = self._read(data[:end] if end < len(data) else data, position)
        except IndexError:
            self.content.damaged += 1
            tick = max((start for starts in self.sounding.values() for start in starts), default=0)
        self._end_hanging(tick)

    def _read(self, data: bytes, position: int) -> int:
        """Return the tick of the track's end; IndexError when it breaks off.

        One loop without calls, because it runs once a message.
        """
        tick, status, length = 0, 0, len(data)
        while position < length:
            byte = data[position]
            position += 1
            delta = byte & 0x7F
            while byte & 0x80:
                byte = data[position]
                position += 1
                delta = delta << 7 | byte & 0x7F
            tick += delta
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
        channel = status & 0x0F
        if channel == DRUM_CHANNEL or self.is_drums or self.programs[channel] in _DRUM_PROGRAMS:
            if velocity:
                self.content.drums.append(tick)
            return
        key = channel << 7 | pitch
        if velocity:
            self.sounding.setdefault(key, []).append(tick)
            self.content.programs.add(self.programs[channel])
        elif self.sounding.get(key):
            start, voice = self.sounding[key].pop(0), self.first_voice + channel
            self.content.notes.append((start, tick, pitch, voice))
            if len(self.content.notes) > _MAX_NOTES:
                raise RefusedFileError(f"more than {_MAX_NOTES:,} notes")

    def _skip_system(self, data: bytes, position: int, status: int, tick: int) -> int:
        """Return the position behind a system or meta message, -1 behind the track's last."""
        kind = 0
        if status == _META:
            kind = data[position]
            position += 1
        elif status not in (_SYSEX, _SYSEX_MORE):
            return position + _SYSTEM_DATA_BYTES.get(status, 0)
        size = 0
        while True:
            byte = data[position]
            position += 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        end = position + size
        if end > len(data):
            raise IndexError
        if kind == _END_OF_TRACK:
            return -1
        self._meta(kind, data[position:end], tick)
        return end

    def _meta(self, kind: int, value: bytes, tick: int) -> None:
        if kind == _SET_TEMPO and len(value) >= 3:
            self.content.tempi.append((tick, int.from_bytes(value[:3], "big")))
        elif kind == _TRACK_NAME:
            name = value[:64].decode("latin-1")
            self.content.names[self.first_voice // 16] = name
            self.is_drums = _DRUM_NAME.search(name) is not None
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
