"""Reads FamiTracker's text export, also of its descendants: each track of it is a song."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from chipassets.chipfiles.ft_module import NOTE_NAMES
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS
from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.chords import chord_of, chord_of_effect
from chipassets.train.trackers.percussion import KICK, drum_by_name, drum_by_noise
from chipassets.train.trackers.rows import EMPTY, Cell, Row

HEADING = re.compile(rb"\s*# \S*FamiTracker text export", re.IGNORECASE)
"""The first line of such a file, also of Dn-FamiTracker and 0CC-FamiTracker."""

_TOKEN = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s"]+))')
_SEMITONES = {name: n for n, name in enumerate(NOTE_NAMES)}
_TRIANGLE, _NOISE, _SAMPLES = 2, 3, 4
_BASE_CHANNELS = ("pulse1", "pulse2", "triangle", "noise", "samples")
_VRC6, _VRC6_CHANNELS = 1, ("vrc6_pulse1", "vrc6_pulse2", "vrc6_saw")
_LOWEST = 24
"""MIDI pitch of C-0; the triangle sounds an octave below its name."""
_MOST_CHANNELS, _MOST_ROWS, _MOST_PLACES = 32, 256, 256
_LOUDEST = 15
_FADE_STEPS = 8
"""Axy changes the volume by eighths of a level in every tick, the first of a row too."""
_NTSC_HZ, _PAL_HZ = 60, 50
_TICK_SECONDS = 2.5
_VOLUME, _ARPEGGIO = 0, 1
_ABSOLUTE, _FIXED = 0, 1


@dataclass(frozen=True, slots=True)
class _Macro:
    """The values of a parameter frame by frame; loop and release are -1 without one."""

    loop: int
    release: int
    setting: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Instrument:
    """An instrument: its name, and the number of its volume and arpeggio macros."""

    chip: str
    volume: int
    arpeggio: int
    name: str


@dataclass(slots=True)
class _File:
    """What the tracks of a file share."""

    macros: dict[tuple[str, int, int], _Macro] = field(default_factory=dict)
    instruments: dict[int, _Instrument] = field(default_factory=dict)
    samples: dict[int, str] = field(default_factory=dict)
    keys: dict[tuple[int, int], int] = field(default_factory=dict)
    split: int = 32
    frame_hz: int = _NTSC_HZ
    expansion: int = 0
    tracks: list[_Track] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Track:
    """One song: `patterns[number][row]` are the words of each channel's cell."""

    row_count: int
    speed: int
    tempo: int
    order: list[tuple[int, ...]] = field(default_factory=list)
    patterns: dict[int, dict[int, list[list[str]]]] = field(default_factory=dict)
    pattern: int = -1


@dataclass(slots=True)
class _Memory:
    """What a channel remembers."""

    instrument: int = -1
    volume: int = _LOUDEST
    glides: bool = False
    fade: int = 0


@dataclass
class FamiTrackerSong:
    """One track of a file."""

    file: _File
    track: _Track
    channels: tuple[str, ...]
    damaged: int
    _memory: list[_Memory] = field(init=False)
    _tempo: int = field(init=False)

    def __post_init__(self) -> None:
        self._memory = [_Memory() for _ in self.channels]
        self._tempo = self.track.tempo

    @property
    def speed(self) -> int:
        """The ticks of a row at the start."""
        return self.track.speed

    @property
    def tempo(self) -> int:
        """The tempo at the start; 0 counts frames."""
        return self.track.tempo

    @property
    def places(self) -> int:
        """The length of the order."""
        return len(self.track.order)

    @property
    def pattern_rows(self) -> int:
        """The rows of each pattern."""
        return self.track.row_count

    def tick_seconds(self, tempo: int) -> float:
        """Return the length of a tick; without a tempo it is a frame."""
        return _TICK_SECONDS / tempo if tempo else 1 / self.file.frame_hz

    def row(self, place: int, row: int) -> Row:
        """Return a row; patterns and rows that the file does not have are empty."""
        line = Row([])
        for channel in range(len(self.channels)):
            numbers = self.track.order[place]
            number = numbers[channel] if channel < len(numbers) else -1
            cells = self.track.patterns.get(number, {}).get(row, [])
            words = cells[channel] if channel < len(cells) else []
            line.cells.append(self._cell(channel, words, line))
        self._tempo = line.tempo or self._tempo
        return line

    def _cell(self, channel: int, words: list[str], line: Row) -> Cell:
        """Return a cell, and add its commands to the row."""
        memory = self._memory[channel]
        if len(words) < 3:
            return self._held(memory)
        note, instrument, volume, *effects = words
        if re.fullmatch(r"[0-9A-F]{2}", instrument):
            memory.instrument = int(instrument, 16)
        if re.fullmatch(r"[0-9A-F]", volume):
            memory.volume = int(volume, 16)
        # Effects count frames, which are ticks only at the usual tempo.
        told = _Told(1 / self.file.frame_hz / self.tick_seconds(self._tempo))
        for effect in effects:
            _effect(effect, memory, line, told, self.file.split)
        loudness = memory.volume / _LOUDEST * self._peak(memory.instrument)
        says_volume = volume != "." or note not in ("...", "---", "===")
        fade = memory.fade / _FADE_STEPS / _LOUDEST
        common = {"delay": told.delay, "cut": told.cut, "shift": told.shift}
        common |= {"nudge": fade, "fade": fade}
        if note in ("---", "==="):
            return Cell(is_off=True, delay=told.delay)
        if note == "..." or not re.fullmatch(r"[A-G][-#]\d|[0-9A-F]-#", note):
            return Cell(
                volume=loudness if says_volume and note == "..." else None,
                chord=told.chord,
                **common,  # type: ignore[arg-type]
            )
        common |= {"volume": loudness}
        stroke = self._drum(channel, note, memory.instrument)
        if stroke:
            return Cell(stroke=stroke, **common)  # type: ignore[arg-type]
        if note.endswith("-#"):
            return EMPTY
        moved, chord = self._arpeggio(memory.instrument)
        lasts = self._lasts(memory.instrument)
        return Cell(
            pitch=_pitch(note) + moved - (12 if channel == _TRIANGLE else 0),
            glides=memory.glides,
            chord=chord or told.chord,
            lasts_seconds=lasts,
            **common,  # type: ignore[arg-type]
        )

    def _held(self, memory: _Memory) -> Cell:
        """Return the cell of an empty row: a volume that slides goes on."""
        fade = memory.fade / _FADE_STEPS / _LOUDEST
        return Cell(nudge=fade, fade=fade) if fade else EMPTY

    def _drum(self, channel: int, note: str, instrument: int) -> int:
        """Return the drum that a note plays, 0 if it has a pitch."""
        name = self.file.instruments.get(instrument, _NO_INSTRUMENT).name
        if channel == _SAMPLES:
            sample = self.file.keys.get((instrument, _pitch(note) - _LOWEST), -1)
            return drum_by_name(self.file.samples.get(sample, "")) or drum_by_name(name) or KICK
        if channel == _NOISE:
            named = drum_by_name(name)
            if named or not note.endswith("-#"):
                return named or KICK
            macro = self._macro(instrument, _ARPEGGIO)
            period = 15 - int(note[0], 16)
            if macro and macro.values:
                settled = macro.values[min(2, len(macro.values) - 1)]
                period = 15 - settled if macro.setting == _FIXED else period - settled
            rate = float(CHIPS["nes"].clock_hz) / NOISE_PERIODS[period % 16]
            return drum_by_noise(rate, self._lasts(instrument))
        return drum_by_name(name) if channel == _TRIANGLE else 0

    def _macro(self, instrument: int, kind: int) -> _Macro | None:
        """Return a macro of an instrument; None if it has none."""
        found = self.file.instruments.get(instrument, _NO_INSTRUMENT)
        number = found.volume if kind == _VOLUME else found.arpeggio
        return self.file.macros.get((found.chip, kind, number))

    def _peak(self, instrument: int) -> float:
        """Return the loudest that an instrument gets, 0..1."""
        macro = self._macro(instrument, _VOLUME)
        if not macro or not macro.values:
            return 1.0
        return min(max(max(macro.values) / _LOUDEST, 0.0), 1.0)

    def _lasts(self, instrument: int) -> float | None:
        """Return after how many seconds an instrument is silent; None if it is held."""
        macro = self._macro(instrument, _VOLUME)
        if not macro:
            return None
        values = macro.values[: macro.release] if macro.release > 0 else macro.values
        if not values or (macro.loop >= 0 and any(values[macro.loop :])):
            return None
        loud = [age for age, value in enumerate(values) if value > 0]
        if values[-1] > 0:
            return None
        return (max(loud, default=0) + 1) / self.file.frame_hz

    def _arpeggio(self, instrument: int) -> tuple[int, tuple[int, ...]]:
        """Return where an arpeggio macro ends, in semitones, and the chord that it repeats."""
        macro = self._macro(instrument, _ARPEGGIO)
        if not macro or not macro.values or macro.setting != _ABSOLUTE:
            return 0, ()
        values = macro.values[: macro.release] if macro.release > 0 else macro.values
        if macro.loop < 0 or macro.loop >= len(values):
            return (values[-1] if values else 0), ()
        return 0, chord_of(values[macro.loop :])


_NO_INSTRUMENT = _Instrument("2A03", -1, -1, "")


@dataclass(slots=True)
class _Told:
    """What the effects of a cell say; times in ticks."""

    ticks_a_frame: float
    delay: float = 0.0
    cut: float | None = None
    shift: int = 0
    chord: tuple[int, ...] | None = None


def _effect(effect: str, memory: _Memory, line: Row, told: _Told, split: int) -> None:
    """Carry out an effect; unknown ones change no note."""
    if not re.fullmatch(r"[0-9A-Z][0-9A-F]{2}", effect):
        return
    kind, value = effect[0], int(effect[1:], 16)
    if kind == "0":
        told.chord = chord_of_effect(value)
    elif kind == "3":
        memory.glides = value > 0
    elif kind == "A":
        memory.fade = (value >> 4) or -(value & 0x0F)
    elif kind == "B":
        line.jump = value
    elif kind == "C":
        line.halts = True
    elif kind == "D":
        line.break_row = value
    elif kind == "F" and value >= split:
        line.tempo = value
    elif kind == "F" and value:
        line.speed = value
    elif kind == "G":
        told.delay = value * told.ticks_a_frame
    elif kind == "S":
        told.cut = value * told.ticks_a_frame
    elif kind in "QR":
        told.shift = (1 if kind == "Q" else -1) * (value & 0x0F)


def _pitch(note: str) -> int:
    """Return the MIDI pitch of a note's name; 24 for one of noise."""
    if note.endswith("#") and note[1] == "-":
        return _LOWEST
    return _LOWEST + 12 * int(note[2]) + _SEMITONES.get(note[:2], 0)


def read_famitracker(data: bytes) -> list[FamiTrackerSong]:
    """Return the tracks of a text; RefusedFileError, with the line, if it has none.

    A line that cannot be read is left out and counted.
    """
    if not HEADING.match(data):
        raise RefusedFileError("not readable as FamiTracker text (line 1: no such heading)")
    file = _File()
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _read_line(line, file)
        except (ValueError, IndexError) as error:
            file.skipped.append(f"line {number}: {error}")
    songs = [
        FamiTrackerSong(file, track, _names(track, file.expansion), len(file.skipped))
        for track in file.tracks
        if track.order and track.patterns
    ]
    if not songs:
        why = file.skipped[0] if file.skipped else "no track with an order and patterns"
        raise RefusedFileError(f"not readable as FamiTracker text ({why})")
    return songs


def _names(track: _Track, expansion: int) -> tuple[str, ...]:
    """Return the names of a track's channels; those of the VRC6 come first after the NES's own."""
    count = max(map(len, track.order))
    known = (*_BASE_CHANNELS, *(_VRC6_CHANNELS if expansion & _VRC6 else ()))
    more = range(len(known) + 1, count + 1)
    return (*known, *(f"channel {number}" for number in more))[:count]


def _read_line(line: str, file: _File) -> None:
    """Add a line to the file; ValueError if it is against the format."""
    keyword, _, rest = line.strip().partition(" ")
    reader = _READERS.get(keyword)
    if reader:
        reader(keyword, rest, file)


def _numbers(text: str, count: int, base: int = 10) -> list[int]:
    """Return the first numbers of a line."""
    words = text.split()
    if len(words) < count:
        raise ValueError(f"{len(words)} values instead of {count}")
    return [_number(word, base) for word in words[:count]]


def _number(word: str, base: int = 10) -> int:
    if len(word) > 6:
        raise ValueError(f"{word[:12]!r} is no number of this format")
    return int(word, base)


def _setting(keyword: str, rest: str, file: _File) -> None:
    """Read the machine, its frame rate, its sound chips or the split of speed and tempo."""
    (value,) = _numbers(rest, 1)
    if keyword == "MACHINE":
        file.frame_hz = _PAL_HZ if value == 1 else _NTSC_HZ
    elif keyword == "FRAMERATE" and 1 <= value <= 800:
        file.frame_hz = value
    elif keyword == "SPLIT":
        file.split = value
    elif keyword == "EXPANSION":
        file.expansion = value


def _macro(keyword: str, rest: str, file: _File) -> None:
    head, _, values = rest.partition(":")
    kind, index, loop, release, setting = _numbers(head, 5)
    found = tuple(_number(word) for word in values.split())
    chip = keyword.removeprefix("MACRO") or "2A03"
    file.macros[chip, kind, index] = _Macro(loop, release, setting, found)


def _instrument(keyword: str, rest: str, file: _File) -> None:
    words = _words(rest)
    index = _number(words[0])
    chip = keyword.removeprefix("INST")
    has_macros = chip in ("2A03", "VRC6", "N163", "S5B")
    volume, arpeggio = (_number(words[1]), _number(words[2])) if has_macros else (-1, -1)
    file.instruments[index] = _Instrument(chip, volume, arpeggio, words[-1])


def _sample(_keyword: str, rest: str, file: _File) -> None:
    words = _words(rest)
    file.samples[_number(words[0])] = words[-1]


def _key(_keyword: str, rest: str, file: _File) -> None:
    instrument, octave, note, sample = _numbers(rest, 4)
    file.keys[instrument, 12 * octave + note] = sample


def _track(_keyword: str, rest: str, file: _File) -> None:
    rows, speed, tempo = _numbers(rest, 3)
    if not 1 <= rows <= _MOST_ROWS or not 1 <= speed <= 255 or not 0 <= tempo <= 255:
        raise ValueError(f"a track of {rows} rows, speed {speed} and tempo {tempo}")
    file.tracks.append(_Track(rows, speed, tempo))


def _order(_keyword: str, rest: str, file: _File) -> None:
    _, _, numbers = rest.partition(":")
    found = tuple(_number(word, 16) for word in numbers.split())
    if not 1 <= len(found) <= _MOST_CHANNELS or len(file.tracks[-1].order) >= _MOST_PLACES:
        raise ValueError("an order that no track has")
    file.tracks[-1].order.append(found)


def _pattern(_keyword: str, rest: str, file: _File) -> None:
    (number,) = _numbers(rest, 1, 16)
    file.tracks[-1].pattern = number
    file.tracks[-1].patterns.setdefault(number, {})


def _row(_keyword: str, rest: str, file: _File) -> None:
    head, *cells = rest.split(" : ")
    track = file.tracks[-1]
    if track.pattern < 0:
        raise ValueError("a row outside a pattern")
    track.patterns[track.pattern][_number(head.strip(), 16)] = [cell.split() for cell in cells]


def _words(line: str) -> list[str]:
    """Return a line's words; a word in quotes may contain spaces and doubled quotes."""
    return [
        word or quoted.replace('""', '"')
        for quoted, word in ((match[1] or "", match[2] or "") for match in _TOKEN.finditer(line))
    ]


_READERS: dict[str, Callable[[str, str, _File], None]] = {
    **dict.fromkeys(("MACHINE", "FRAMERATE", "EXPANSION", "SPLIT"), _setting),
    **dict.fromkeys(("MACRO", "MACROVRC6", "MACRON163", "MACROS5B"), _macro),
    **dict.fromkeys(
        ("INST2A03", "INSTVRC6", "INSTVRC7", "INSTFDS", "INSTN163", "INSTS5B"), _instrument
    ),
    "DPCMDEF": _sample,
    "KEYDPCM": _key,
    "TRACK": _track,
    "ORDER": _order,
    "PATTERN": _pattern,
    "ROW": _row,
}
