"""Reads the music of PICO-8 cartridges (`.p8`, text): each run of patterns is a song.

A pattern plays up to four sound effects at once, each of 32 slots at a speed of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.chords import chord_of
from chipassets.train.trackers.percussion import CLOSED_HAT, KICK, SNARE, TOM
from chipassets.train.trackers.playing import Played, PlayedNote, Stroke, velocity_of

HEADING = re.compile(rb"\s*pico-8 cartridge", re.IGNORECASE)
_SLOTS, _CHANNELS, _SILENT = 32, 4, 0x40
_TICK_SECONDS = 183 / 22_050
"""A slot lasts this time its effect's speed: 183 samples at 22,050 Hz."""
_LOWEST = 36
"""MIDI pitch of pitch 0, C-0 of PICO-8, 65.4 Hz."""
_OWN_PITCH = 24
"""The pitch at which an instrument made of a sound effect sounds as written."""
_LOUDEST = 7
_NOISE_WAVE, _CUSTOM = 6, 8
_DROP, _FADE_IN, _FADE_OUT, _FAST_ARPEGGIO, _SLOW_ARPEGGIO = 3, 4, 5, 6, 7
_GROUP = 4
_BEGINS, _ENDS, _STOPS = 1, 2, 4
_KICK_BELOW, _SNARE_BELOW, _DROPPED_KICK_BELOW = 16, 40, 30
_DROPPED_DRUM_TO, _DROPPED_TONE_KICK_TO = 40, 28
_FINER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class _Slot:
    """A 32nd of a sound effect: pitch 0..63, wave 0..15, volume 0..7, effect 0..7."""

    pitch: int
    wave: int
    volume: int
    effect: int


@dataclass(frozen=True, slots=True)
class _Sound:
    """A sound effect: its speed, the slots between which it loops, and its slots."""

    speed: int
    loop_start: int
    loop_end: int
    slots: tuple[_Slot, ...]

    @property
    def loops(self) -> bool:
        return self.loop_end > self.loop_start

    @property
    def length(self) -> int:
        """The slots of one turn: a loop start alone, without an end, shortens the effect."""
        return _SLOTS if self.loops or not self.loop_start else min(self.loop_start, _SLOTS)

    @property
    def sounds(self) -> bool:
        return any(slot.volume for slot in self.slots)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern: its flags, and the sound effect of each channel, None if it is silent."""

    flags: int
    sounds: tuple[int | None, ...]


def read_pico8(data: bytes) -> list[Played]:
    """Return the songs of a cartridge; RefusedFileError if it has none.

    A line that cannot be read is left out and counted.
    """
    if not HEADING.match(data):
        raise RefusedFileError("not readable as PICO-8 text (line 1: no such heading)")
    sounds: list[_Sound] = []
    patterns: list[_Pattern] = []
    skipped = []
    section = ""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if re.fullmatch(r"__\w+__\s*", line):
            section = line.strip()
        elif line.strip() and section in ("__sfx__", "__music__"):
            try:
                if section == "__sfx__":
                    sounds.append(_sound(line.strip()))
                else:
                    patterns.append(_pattern(line.strip()))
            except ValueError as error:
                skipped.append(f"line {number}: {error}")
    blank = _Sound(16, 0, 0, (_Slot(0, 0, 0, 0),) * _SLOTS)
    sounds += [blank] * (64 - len(sounds))
    songs = [_Song(sounds, song).played(len(skipped)) for song in _songs(sounds, patterns)]
    songs = [song for song in songs if song.notes or song.strokes]
    if not songs:
        why = skipped[0] if skipped else "no pattern that sounds"
        raise RefusedFileError(f"no music in the cartridge ({why})")
    return songs


def _sound(line: str) -> _Sound:
    """Return a sound effect: four bytes, then five digits for each slot."""
    digits = 2 * _CHANNELS + 5 * _SLOTS
    if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", line):
        raise ValueError(f"a sound effect that is not {digits} hexadecimal digits")
    head = bytes.fromhex(line[:8])
    cells = [line[at : at + 5] for at in range(8, digits, 5)]
    slots = tuple(
        _Slot(int(c[:2], 16) & 0x3F, int(c[2], 16), int(c[3], 16) & 7, int(c[4], 16) & 7)
        for c in cells
    )
    return _Sound(max(head[1], 1), min(head[2], _SLOTS), min(head[3], _SLOTS), slots)


def _pattern(line: str) -> _Pattern:
    found = re.fullmatch(r"([0-9a-fA-F]{2})\s+([0-9a-fA-F]{8})", line)
    if not found:
        raise ValueError("a pattern that is not flags and four sound effects")
    numbers = bytes.fromhex(found[2])
    return _Pattern(int(found[1], 16), tuple(None if n & _SILENT else n & 0x3F for n in numbers))


def _songs(sounds: list[_Sound], patterns: list[_Pattern]) -> list[list[_Pattern]]:
    """Return the songs: runs of patterns up to one that loops back, stops or is silent."""
    songs: list[list[_Pattern]] = []
    song: list[_Pattern] = []
    for pattern in patterns:
        is_played = any(number is not None for number in pattern.sounds)
        if is_played:
            song.append(pattern)
        if song and (not is_played or pattern.flags & (_ENDS | _STOPS)):
            songs.append(song)
            song = []
    songs += [song] if song else []
    return [
        song
        for song in songs
        if any(sounds[n].sounds for pattern in song for n in pattern.sounds if n is not None)
    ]


class _Song:
    """A song while it is written down; times in ticks of a speed, later in rows."""

    def __init__(self, sounds: list[_Sound], patterns: list[_Pattern]) -> None:
        self.sounds = sounds
        self.patterns = patterns
        self.row_ticks = self._row_ticks()

    def played(self, skipped: int) -> Played:
        """Return the notes, with a row for each slot of the usual speed."""
        names = tuple(f"channel {number}" for number in range(1, _CHANNELS + 1))
        played = Played(names, damaged=skipped)
        begin = 0
        lines = [_Line(channel, played, self.row_ticks) for channel in range(_CHANNELS)]
        for pattern in self.patterns:
            length = self._length(pattern)
            for line, number in zip(lines, pattern.sounds, strict=True):
                if number is None:
                    line.rest()
                else:
                    self._play(line, self.sounds[number], begin, length)
            begin += length
            played.pattern_rows[round(length / self.row_ticks)] += 1
            played.row_seconds += [self.row_ticks * _TICK_SECONDS] * (
                round(begin / self.row_ticks) - len(played.row_seconds)
            )
            played.check_size()
        for line in lines:
            line.rest()
        played.notes.sort(key=lambda note: (note.start, note.voice, note.pitch))
        played.strokes.sort(key=lambda stroke: (stroke.start, stroke.key))
        return played

    def _row_ticks(self) -> int:
        """Return the speed of most notes, or a finer one that divides it and has a quarter."""
        used = Counter[int]()
        for pattern in self.patterns:
            for number in pattern.sounds:
                if number is not None:
                    sound = self.sounds[number]
                    used[sound.speed] += sum(slot.volume > 0 for slot in sound.slots)
        usual = used.most_common(1)[0][0]
        enough = _FINER_SHARE * used.total()
        finer = [n for n, count in used.items() if usual % n == 0 and count >= enough]
        return min([usual, *finer])

    def _length(self, pattern: _Pattern) -> int:
        """Return the ticks of a pattern: those of its first effect that does not loop."""
        used = [self.sounds[number] for number in pattern.sounds if number is not None]
        for sound in used:
            if not sound.loops:
                return sound.speed * sound.length
        return max(sound.speed * _SLOTS for sound in used)

    def _play(self, line: _Line, sound: _Sound, begin: int, length: int) -> None:
        """Play a sound effect for the ticks of its pattern."""
        place = 0
        for tick in range(0, length, sound.speed):
            if sound.loops and place >= sound.loop_end:
                place = sound.loop_start
            if place >= sound.length:
                line.rest()
                return
            slot = sound.slots[place]
            end = begin + min(tick + sound.speed, length)
            line.slot(self._as_written(slot), self._group(sound, place), begin + tick, end)
            place += 1

    def _as_written(self, slot: _Slot) -> _Slot:
        """Return a slot with the wave and the pitch that its own instrument gives it."""
        if slot.wave < _CUSTOM:
            return slot
        own = next((s for s in self.sounds[slot.wave - _CUSTOM].slots if s.volume), None)
        if own is None:
            return _Slot(slot.pitch, 0, 0, slot.effect)
        wave = own.wave if own.wave < _CUSTOM else 0
        return _Slot(slot.pitch + own.pitch - _OWN_PITCH, wave, slot.volume, slot.effect)

    def _group(self, sound: _Sound, place: int) -> tuple[int, ...]:
        """Return the pitches of a slot with an arpeggio, which runs over its group of four."""
        if sound.slots[place].effect not in (_FAST_ARPEGGIO, _SLOW_ARPEGGIO):
            return ()
        group = [self._as_written(s) for s in sound.slots[place - place % _GROUP :][:_GROUP]]
        pitches = [slot.pitch for slot in group if slot.volume]
        root = min(pitches, default=0)
        return tuple(root + step for step in (0, *chord_of(pitch - root for pitch in pitches)))


class _Line:
    """One channel while it is written down: a note goes on while nothing strikes it again."""

    def __init__(self, voice: int, played: Played, row_ticks: int) -> None:
        self.voice = voice
        self.played = played
        self.row_ticks = row_ticks
        self._start = self._end = 0
        self._pitches: tuple[int, ...] = ()
        self._last: _Slot | None = None
        self._loudness = 0.0

    def slot(self, slot: _Slot, group: tuple[int, ...], start: int, end: int) -> None:
        """Play a slot, or the group of its arpeggio, from one tick to another."""
        if not slot.volume:
            self.rest()
            return
        drum = _drum(slot)
        goes_on = self._goes_on(slot)
        if drum:
            if not goes_on or self._pitches:
                self.rest()
                velocity = velocity_of(slot.volume / _LOUDEST)
                self.played.strokes.append(Stroke(start / self.row_ticks, drum, velocity))
            self._last, self._end = slot, end
            return
        pitches = tuple(_LOWEST + pitch for pitch in group or (slot.pitch,))
        if self._pitches == pitches and self._end == start and goes_on:
            self._last, self._end = slot, end
            return
        self.rest()
        self._start, self._end, self._pitches, self._last = start, end, pitches, slot
        self._loudness = slot.volume / _LOUDEST

    def _goes_on(self, slot: _Slot) -> bool:
        """Return whether a slot continues the sound of the one before."""
        last = self._last
        if last is None or last.wave != slot.wave or slot.volume > last.volume:
            return False
        if last.effect in (_DROP, _FADE_OUT) or slot.effect in (_DROP, _FADE_IN):
            return False
        return slot.wave == _NOISE_WAVE or slot.pitch == last.pitch or slot.effect >= _FAST_ARPEGGIO

    def rest(self) -> None:
        """Write down what has sounded."""
        for pitch in self._pitches:
            if 0 <= pitch <= 127:
                start, end = self._start / self.row_ticks, self._end / self.row_ticks
                note = PlayedNote(start, end, pitch, velocity_of(self._loudness), self.voice)
                self.played.notes.append(note)
        self._pitches, self._last = (), None


def _drum(slot: _Slot) -> int:
    """Return the drum that a slot plays: noise, or a low tone that drops; 0 for a note."""
    if slot.wave == _NOISE_WAVE:
        if slot.pitch < _KICK_BELOW:
            return KICK
        if slot.effect == _DROP and slot.pitch < _DROPPED_KICK_BELOW:
            return KICK
        return SNARE if slot.pitch < _SNARE_BELOW else CLOSED_HAT
    if slot.effect == _DROP and slot.pitch <= _DROPPED_DRUM_TO:
        return KICK if slot.pitch <= _DROPPED_TONE_KICK_TO else TOM
    return 0
