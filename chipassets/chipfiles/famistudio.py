"""A ChipSong as FamiStudio's text, which a musician opens, edits and exports in FamiStudio.

Times are frames: a pattern's notes last as many frames as its groove says, so every row keeps the
audio's time. FamiStudio counts a groove's longer notes as one frame shorter and waits a frame at
their end; what falls into that frame moves by one. The text names no version: FamiStudio refuses
another version's than its own, and takes text without one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chipassets.chipfiles.famitracker import tracker_chip
from chipassets.chipfiles.ft_samples import sampled_drums
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields
from chipassets.chips.chipsong import (
    ChipNote,
    ChipSong,
    ChipVoice,
    Instrument,
    Macro,
    counted,
)
from chipassets.chips.dmcbank import Clip
from chipassets.chips.profiles import VRC6_DUTIES, Chip, VoiceSpec
from chipassets.errors import RenderError
from chipassets.units import CENT, OCTAVE, STEPS_PER_BEAT, steps_per_bar

_CHANNELS = {
    "pulse1": "Square1",
    "pulse2": "Square2",
    "triangle": "Triangle",
    "noise": "Noise",
    "vrc6_pulse1": "VRC6Square1",
    "vrc6_pulse2": "VRC6Square2",
    "vrc6_saw": "VRC6Saw",
}
_SAMPLES = "DPCM"

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_LOWEST_MIDI, _OCTAVES = 24, 8
"""FamiStudio's C0, and its octaves. The triangle sounds an octave below its name."""

_DARKEST_NOISE = 31
"""A note, counted from C0, on which the noise has its longest period: one of every sixteen."""

_LONGEST_ROW = 18
_MOST_GROOVE = 8
_MOST_PATTERNS = 256
_MOST_PATTERN_FRAMES = 2_048
_LONGEST_MACRO = 255
_LETTERS = 255

# Envelopes of FamiStudio's vibrato: frames a period by speed, timer units up and down by depth.
_VIBRATO_FRAMES = (64, 32, 21, 16, 13, 11, 9, 8, 7, 6, 5, 4)
_VIBRATO_DEPTHS = (1, 2, 3, 4, 6, 9, 11, 13, 16, 21, 29, 43, 63, 95, 127)


_SAW_SHARE = 42 / 30
"""Our saw's largest rate by FamiStudio's at half of its range; the whole range overflows."""

_TWICE = "FamiStudio: a second note of a voice in one frame"
_RANGE = "FamiStudio: a note below C0 or above B7"
_OUTSIDE = "FamiStudio: a note outside the song"
_MOVED = "FamiStudio: a note's start or end a frame away, in a frame of the groove"
_LONG = f"FamiStudio: a note whose macro is cut to {_LONGEST_MACRO} values"
_LOUD = "FamiStudio: a note of the saw softer than it was"

Attributes = dict[str, object]


def encode_famistudio(
    song: ChipSong,
    *,
    title: str,
    author: str = "",
    copyright_line: str = "",
    beats_per_bar: float = 4,
) -> ChipFile:
    """Return the song as FamiStudio's text, and what frames, notes and texts could not hold.

    RenderError for a chip other than `nes` and `nes-vrc6`, a voice that it does not have, or a song
    of more than 256 patterns.
    """
    chip = tracker_chip(song, "FamiStudio")
    asked = {"title": title, "author": author, "copyright": copyright_line}
    texts, changed = fit_fields(asked, _LETTERS, "FamiStudio")
    patterns = _patterns(song, beats_per_bar)
    lost: Counter[str] = Counter()
    clock = _Clock(patterns, lost)
    bank = _Bank()
    channels = {
        _CHANNELS[spec.name]: _Lane(song, clock, chip, spec, bank, lost).notes(
            song.voice(spec.name)
        )
        for spec in chip.voices
    }
    used = _used_clips(song)
    if used:
        channels[_SAMPLES] = _samples(song, clock, used, lost)
    lines = [
        _line(0, "Project", TempoMode="FamiStudio", Name=texts["title"], Author=texts["author"],
              Copyright=texts["copyright"],
              Expansions="VRC6" if song.chip == "nes-vrc6" else ""),
        *(_line(1, "DPCMSample", Name=clip.name, Data=clip.packed.hex()) for clip in used),
        *bank.lines,
        *_sampler(used),
        *_song(texts["title"] or "song", patterns, song, beats_per_bar),
    ]  # fmt: skip
    for name, notes in channels.items():
        lines += _channel(name, notes, patterns)
    dropped = counted(sorted(lost.items()))
    return ChipFile(("\n".join(lines) + "\n").encode("ascii"), (*changed, *dropped))


def _line(depth: int, kind: str, /, **attributes: object) -> str:
    """Return a line of the text; attributes without a value are left out."""
    said = {key: str(value).replace('"', '""') for key, value in attributes.items()}
    pairs = "".join(f' {key}="{value}"' for key, value in said.items() if value)
    return "\t" * depth + kind + pairs


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern: its first frame, and how many frames each of its rows lasts.

    begin: its place in FamiStudio's own frames, which the longer rows' last frames are not among.
    """

    start_frame: int
    begin: int
    rows: tuple[int, ...]

    @property
    def note_length(self) -> int:
        """Return the frames of the shortest row, as long as which all are counted."""
        return min(self.rows)

    @property
    def length(self) -> int:
        """Return the pattern's length in FamiStudio's own frames."""
        return self.note_length * len(self.rows)

    @property
    def groove(self) -> tuple[int, ...]:
        """Return the shortest run of rows that repeats to make the pattern."""
        return _repeated(self.rows)


def _repeated(rows: Sequence[int]) -> tuple[int, ...]:
    """Return the fewest rows that, repeated, are these; a single one if all are equal."""
    size = next(n for n in range(1, len(rows) + 1) if all(
        row == rows[place % n] for place, row in enumerate(rows)))  # fmt: skip
    return tuple(rows[:size])


def _patterns(song: ChipSong, beats_per_bar: float) -> list[_Pattern]:
    """Return the song's bars as patterns; a bar whose groove is too long is cut into several.

    RenderError for a song without frames, whose loop starts outside it, or of too many patterns.
    """
    start = song.loop_start_frame
    if song.frames < 1 or song.frames_per_bar < 1 or not 0 <= (start or 0) < song.frames:
        raise RenderError(
            f"a song of {song.frames} frames in bars of {song.frames_per_bar} that loops from "
            f"{start} has no rows"
        )
    edges = {*range(0, song.frames, song.frames_per_bar), start or 0, song.frames}
    step_frames = song.frames_per_bar / steps_per_bar(beats_per_bar)
    # Rows of a slow song are 32nds, or shorter still.
    row_frames = step_frames / -(-step_frames // _LONGEST_ROW)
    found: list[_Pattern] = []
    begin = 0
    in_order = sorted(edges)
    for first, last in pairwise(in_order):
        count = max(round((last - first) / row_frames), -(-(last - first) // _LONGEST_ROW), 1)
        count = min(count, last - first)
        ends = [first + (last - first) * n // count for n in range(count + 1)]
        at = first
        for rows in _cut([b - a for a, b in pairwise(ends)]):
            found.append(_Pattern(at, begin, rows))
            at, begin = at + sum(rows), begin + found[-1].length
    if len(found) > _MOST_PATTERNS:
        raise RenderError(
            f"the song has {len(found)} patterns and FamiStudio holds {_MOST_PATTERNS}; write a "
            "shorter track"
        )
    return found


def _cut(rows: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the rows whole if their groove is short enough, otherwise eight at a time."""
    if len(_repeated(rows)) <= _MOST_GROOVE and sum(rows) < _MOST_PATTERN_FRAMES:
        yield tuple(rows)
        return
    for place in range(0, len(rows), _MOST_GROOVE):
        yield tuple(rows[place : place + _MOST_GROOVE])


@dataclass(slots=True)
class _Clock:
    """Tells where a frame of the song is in FamiStudio's own frames."""

    patterns: Sequence[_Pattern]
    lost: Counter[str]

    def place(self, frame: int) -> int:
        """Return the place of a frame; counts one that is a long row's last."""
        found, is_moved = self._find(frame)
        self.lost[_MOVED] += is_moved
        return found

    def near(self, frame: int) -> int:
        """Return the place of a frame, counting nothing."""
        return self._find(frame)[0]

    def _find(self, frame: int) -> tuple[int, bool]:
        """Return the place of a frame in note units, and whether it had to move back to fit."""
        number = bisect_right(self.patterns, frame, key=lambda item: item.start_frame) - 1
        pattern = self.patterns[number]
        left, row = frame - pattern.start_frame, 0
        while row < len(pattern.rows) and left >= pattern.rows[row]:
            left -= pattern.rows[row]
            row += 1
        within = min(left, pattern.note_length - 1) if row < len(pattern.rows) else 0
        return pattern.begin + row * pattern.note_length + within, within != left

    @property
    def end(self) -> int:
        """Return the place after the last one."""
        return self.patterns[-1].begin + self.patterns[-1].length


@dataclass(slots=True)
class _Bank:
    """The project's instruments while they are collected; each sound is stored once."""

    lines: list[str] = field(default_factory=list)
    _names: dict[tuple[str, ...], str] = field(default_factory=dict)

    def name(self, instrument: Instrument, kind: str, pitch: int) -> str:
        """Return the name under which a voice of that kind plays the instrument.

        On noise the arpeggio depends on the note's pitch: it ends at the last of the periods.
        """
        envelopes = tuple(_envelopes(instrument, kind, pitch))
        expansion = "VRC6" if kind.startswith("vrc6") else ""
        key = (instrument.name, expansion, kind if expansion else "", *envelopes)
        if key not in self._names:
            taken = set(self._names.values())
            alike = (f"{instrument.name} {number}" for number in range(2, len(taken) + 3))
            name = next(name for name in (instrument.name, *alike) if name not in taken)
            self._names[key] = name
            saw = "Half" if kind == "vrc6_saw" else ""
            self.lines.append(
                _line(1, "Instrument", Name=name, Expansion=expansion, Vrc6SawMasterVolume=saw)
            )
            self.lines += envelopes
        return self._names[key]


def _envelopes(instrument: Instrument, kind: str, pitch: int) -> Iterator[str]:
    """Yield the envelopes of an instrument for a kind of voice; `pitch` bounds the noise's."""
    volume = instrument.volume
    held = volume.release if volume.release is not None else len(volume.values)
    # A release needs a loop before it: where there is none, the last held value repeats.
    loop = held - 1 if volume.loop is None and volume.release is not None else volume.loop
    yield _envelope("Volume", volume.values, loop, volume.release)
    if kind == "noise":
        shifts = tuple(-min(max(shift, -pitch), 15 - pitch) for shift in _held(instrument.arpeggio))
    else:
        shifts = _held(instrument.arpeggio)
    if any(shifts):
        yield _envelope("Arpeggio", shifts, instrument.arpeggio.loop)
    if any(bends := _held(instrument.pitch)) and kind != "noise":
        yield _envelope("Pitch", bends, instrument.pitch.loop)
    duties = _held(instrument.duty)
    if kind == "vrc6_pulse":
        duties = tuple(VRC6_DUTIES[duty] for duty in duties)
    if any(duties) and kind.endswith("pulse"):
        yield _envelope("DutyCycle", duties, instrument.duty.loop)


def _held(macro: Macro) -> tuple[int, ...]:
    """Return the values before the release: the end of a note changes only the volume."""
    return macro.values[: macro.release]


def _envelope(
    kind: str, values: Sequence[int], loop: int | None, release: int | None = None
) -> str:
    """Return the line of an envelope, cut to the longest that FamiStudio reads."""
    kept = values[:_LONGEST_MACRO]
    return _line(
        2,
        "Envelope",
        Type=kind,
        Length=len(kept),
        Loop="" if loop is None else min(loop, len(kept) - 1),
        Release="" if release is None or release >= len(kept) else release,
        Values=",".join(map(str, kept)),
    )


@dataclass(slots=True)
class _Lane:
    """One voice's notes while they are placed; attributes by place."""

    song: ChipSong
    clock: _Clock
    chip: Chip
    spec: VoiceSpec
    bank: _Bank
    lost: Counter[str]
    _notes: dict[int, Attributes] = field(default_factory=dict)

    def notes(self, voice: ChipVoice) -> dict[int, Attributes]:
        """Return the voice's notes, and the ends of what sounds into the loop or wavers."""
        wavers = False
        kept = [note for note in voice.notes if self._add(note)]
        for note, following in zip(kept, [*kept[1:], None], strict=False):
            end = following.start_frame if following else self.song.frames
            if wavers:
                self._notes[self.clock.near(note.start_frame)] |= _vibrato_of(0, 0)
            wavers = self._waver(note, min(end, note.end_frame))
        start = self.song.loop_start_frame
        if kept and start is not None:
            loop = self._notes.setdefault(self.clock.near(start), {"Value": "Stop"})
            if wavers:
                loop |= _vibrato_of(0, 0) if "VibratoDepth" not in loop else {}
        return self._notes

    def _add(self, note: ChipNote) -> bool:
        """Put the note where it starts; if that is impossible, count it and return False."""
        if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
            self.lost[_OUTSIDE] += 1
            return False
        name = _note_name(note.pitch, self.spec.kind)
        start = self.clock.place(note.start_frame)
        if name is None or start in self._notes:
            self.lost[_RANGE if name is None else _TWICE] += 1
            return False
        instrument = self.song.instrument(note.instrument)
        self.lost[_LONG] += any(
            len(macro.values) > _LONGEST_MACRO
            for macro in (instrument.volume, instrument.duty, instrument.arpeggio, instrument.pitch)
        )
        end = self._place_of_end(note.end_frame, start)
        released = instrument.volume.release
        rings = len(instrument.volume.values) - released if released is not None else 0
        silent = self._place_of_end(note.end_frame + rings, end if rings else start)
        self._notes[start] = {
            "Value": name,
            "Duration": silent - start,
            "Release": end - start if rings and end < silent else "",
            "Instrument": self.bank.name(instrument, self.spec.kind, note.pitch),
            "Volume": self._level(note.level),
        }
        return True

    def _place_of_end(self, frame: int, after: int) -> int:
        """Return the place at which a note ends, at least one after another place."""
        if frame >= self.song.frames:
            return max(self.clock.end, after + 1)
        return max(self.clock.place(frame), after + 1)

    def _level(self, level: int) -> int:
        """Return a note's volume, at least 1; a saw's is scaled, and counted if it is too loud."""
        if self.spec.kind != "vrc6_saw":
            return max(level, 1)
        wanted = max(round(level * _SAW_SHARE), 1)
        self.lost[_LOUD] += wanted > 15
        return min(wanted, 15)

    def _waver(self, note: ChipNote, end_frame: int) -> bool:
        """Add the note's vibrato after its delay; return whether there is any."""
        instrument = self.song.instrument(note.instrument)
        delay = instrument.vibrato_delay_frames
        if delay is None or self.spec.kind == "noise" or note.start_frame + delay >= end_frame:
            return False
        at = self._notes.setdefault(self.clock.near(note.start_frame + delay), {})
        timer = self.chip.timer(self.spec, note.pitch)
        units = instrument.vibrato_depth_cents * CENT * (timer + 1)
        at |= _vibrato_of(
            1 + _nearest(_VIBRATO_FRAMES, instrument.vibrato_period_frames),
            1 + _nearest(_VIBRATO_DEPTHS, units),
        )
        return True


def _nearest(table: Sequence[int], wanted: float) -> int:
    """Return the index of the table's entry that is nearest to a value."""
    return min(range(len(table)), key=lambda place: abs(table[place] - wanted))


def _vibrato_of(speed: int, depth: int) -> Attributes:
    return {"VibratoSpeed": speed, "VibratoDepth": depth}


def _note_name(pitch: int, kind: str) -> str | None:
    """Return FamiStudio's name of a pitch; None for noise outside its 16 periods."""
    if kind == "noise":
        return _spelled(_DARKEST_NOISE + 15 - pitch) if 0 <= pitch <= 15 else None
    return _spelled(pitch - _LOWEST_MIDI + (OCTAVE if kind == "triangle" else 0))


def _spelled(place: int) -> str | None:
    """Return the name of a note, counted from C0; None outside the octaves."""
    octave, step = divmod(place, OCTAVE)
    return f"{_NAMES[step]}{octave}" if 0 <= octave < _OCTAVES else None


_SAMPLER = "samples"
_FIRST_SAMPLE = 3 * OCTAVE


def _used_clips(song: ChipSong) -> list[Clip]:
    names = {name for _, name in sampled_drums(song)}
    return [clip for name, clip in song.samples.items() if name in names]


def _sampler(used: Sequence[Clip]) -> Iterator[str]:
    """Yield the instrument that plays the samples, one a key, each from the level 0."""
    if not used:
        return
    yield _line(1, "Instrument", Name=_SAMPLER)
    for number, clip in enumerate(used):
        key = _spelled(_FIRST_SAMPLE + number)
        yield _line(2, "DPCMMapping", Note=key, Sample=clip.name, Pitch=clip.rate, Loop="False",
                    DmcInitialValue=0)  # fmt: skip


def _samples(
    song: ChipSong, clock: _Clock, used: Sequence[Clip], lost: Counter[str]
) -> dict[int, Attributes]:
    """Return the notes of the sampled drums by place; counts those that fall on another."""
    numbers = {clip.name: number for number, clip in enumerate(used)}
    notes: dict[int, Attributes] = {}
    for note, name in sampled_drums(song):
        start = clock.place(note.start_frame)
        if start in notes:
            lost[_TWICE] += 1
            continue
        notes[start] = {
            "Value": _spelled(_FIRST_SAMPLE + numbers[name]),
            "Duration": max(song.samples[name].frames, 1),
            "Instrument": _SAMPLER,
        }
    return notes


def _song(
    title: str, patterns: Sequence[_Pattern], song: ChipSong, beats_per_bar: float
) -> Iterator[str]:
    """Yield the song's line, and a line for every pattern's groove."""
    first = patterns[0]
    starts = [pattern.start_frame for pattern in patterns]
    loop = -1 if song.loop_start_frame is None else starts.index(song.loop_start_frame)
    # The reader takes the whole song's pattern as too long from here on; every pattern has its own.
    most = max(_MOST_PATTERN_FRAMES // first.note_length**2, 1)
    bar_rows = sum(len(item.rows) for item in patterns if item.start_frame < song.frames_per_bar)
    steps = steps_per_bar(beats_per_bar)
    beat = max(STEPS_PER_BEAT * bar_rows // steps, 1)
    yield _line(1, "Song", Name=title, Length=len(patterns), LoopPoint=loop,
                PatternLength=min(len(first.rows), most), BeatLength=beat,
                **_tempo(first))  # fmt: skip
    for time, pattern in enumerate(patterns):
        yield _line(2, "PatternCustomSettings", Time=time, Length=len(pattern.rows),
                    **_tempo(pattern), BeatLength=beat)  # fmt: skip


def _tempo(pattern: _Pattern) -> Mapping[str, object]:
    """Return the attributes that state a pattern's tempo."""
    return {
        "NoteLength": pattern.note_length,
        "Groove": "-".join(map(str, pattern.groove)),
        "GroovePaddingMode": "End",
    }


def _channel(
    name: str, notes: Mapping[int, Attributes], patterns: Sequence[_Pattern]
) -> Iterator[str]:
    """Yield a channel: its patterns, equal ones once, and where they are played."""
    yield _line(2, "Channel", Type=name)
    known: dict[tuple[str, ...], str] = {}
    played = []
    for time, pattern in enumerate(patterns):
        inside = range(pattern.begin, pattern.begin + pattern.length)
        lines = tuple(
            _line(4, "Note", Time=place - pattern.begin, **notes[place])
            for place in inside
            if place in notes
        )
        if lines:
            label = known.setdefault(lines, f"Pattern {len(known) + 1}")
            played.append(_line(3, "PatternInstance", Time=time, Pattern=label))
    for lines, label in known.items():
        yield _line(3, "Pattern", Name=label)
        yield from lines
    yield from played
