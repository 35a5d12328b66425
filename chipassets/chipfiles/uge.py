"""A ChipSong as a hUGETracker song, which GB Studio can play: `.uge`, version 6.

Layout: hUGETracker manual, "UGE v5/v6 format spec", with routines as a length and their bytes, and
rows of subpatterns always present, as in real files. A row is a 16th note; speeds (Fxx) keep rows
in time with the audio and cuts (Exx) end notes to the frame. A volume macro becomes the nearest of
the chip's own envelopes. Effects Bxx and Dxx count orders and rows from 1.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from chipassets.chipfiles.grid import Grid, cut_patterns, row_grid
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields, to_ascii
from chipassets.chips.chipsong import (
    ChipNote,
    ChipSong,
    ChipVoice,
    Instrument,
    Macro,
    counted,
)
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS, VoiceSpec
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.units import OCTAVE

VERSION = 6
ROWS, MOST_INSTRUMENTS, WAVES, ROUTINES = 64, 15, 16, 16
NO_NOTE = 90
_TEXT_SIZE = 255
_LONGEST_ROW = 31
_MOST_NOTES = 72
_CUT, _BREAK, _JUMP, _SPEED, _SIDES = 0xE, 0xD, 0xB, 0xF, 0x8

_KINDS = ("dmg_pulse", "dmg_wave", "noise")
"""The kinds of voices in the file's order; the voices of a kind share its instruments."""

_LOWEST = {"dmg_pulse": 36, "dmg_wave": 24}
"""MIDI pitch of note 0, C-3: 65.4 Hz on a pulse and an octave less on the wave."""

_WAVE_MEMORY = 0xFF30
_PANNING = 0xFF25
_FRAMES_HEARD = 24
_ENVELOPE_HZ = 64

_TWICE = "UGE: a second note of a voice in one row"
_OUTSIDE = "UGE: a note outside the song"
_OCTAVE = "UGE: a note an octave away, as there are six octaves"
_LEVELS = "UGE: a note at a level nearby, as a voice has 15 instruments"
_CHORDS = "UGE: a note without its fast arpeggio"
_VIBRATO = "UGE: a note without its vibrato"
_ENDS = "UGE: a note's end moved, as its row holds another effect"


@dataclass(frozen=True, slots=True)
class UgeCell:
    """A row of one voice: `instrument` from 1, 0 is none; effect 0 with parameter 0 is none."""

    note: int = NO_NOTE
    instrument: int = 0
    effect: int = 0
    parameter: int = 0


EMPTY = UgeCell()


def encode_uge(
    song: ChipSong, log: RegisterLog, *, title: str, author: str = "", beats_per_bar: float = 4
) -> ChipFile:
    """Return the song of the chip `gameboy`, whose registers are `log`, as a hUGETracker song.

    The waves and the panning are those that the log writes. What rows, envelopes and 15 instruments
    per voice cannot hold is reported. A song that ends continues with silence. RenderError for
    another chip, a voice that it does not have, or more instruments than the limit.
    """
    _check(song)
    waves_of = _waves_of(song, log)
    waves = list(dict.fromkeys(waves_of.values())) or list(_waves(log).values())[:1]
    texts, changed = fit_fields({"title": title, "author": author}, _TEXT_SIZE, "UGE")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = cut_patterns(grid, ROWS)
    if song.loop_start_frame is None:
        patterns.append(range(len(grid.rows), len(grid.rows) + 1))
    lost: Counter[str] = Counter()
    lanes: list[_Lane] = []
    for kind in _KINDS:
        specs = [spec for spec in CHIPS[song.chip].voices if spec.kind == kind]
        voices = [song.voice(spec.name) for spec in specs]
        palette = _palette(song, kind, voices, lost)
        if kind == "dmg_wave":
            palette = {
                key: replace(sound, wave=waves.index(waves_of[key[0]]))
                for key, sound in palette.items()
            }
        sounds: dict[Sound, int] = {}
        for spec, voice in zip(specs, voices, strict=True):
            lanes.append(_Lane(song, grid, spec, palette, sounds, lost).filled(voice))
    cells = [lane.cells for lane in lanes]
    _steer(cells, grid, patterns, lost)
    for number, writes in enumerate(log.frames):
        for write in (write for write in writes if write.address == _PANNING):
            _put(cells, grid.place(number)[0], _SIDES, write.value, lost)
    body = _body(texts, lanes, _wave_table(waves), grid, patterns)
    dropped = counted(sorted(lost.items()))
    return ChipFile(body, (*changed, *dropped))


def _check(song: ChipSong) -> None:
    """Raise RenderError for a song of another chip or with a voice that the chip lacks."""
    if song.chip != "gameboy":
        raise RenderError(
            f"UGE holds the chip 'gameboy', not {song.chip!r}; choose another format or chip"
        )
    unknown = {voice.name for voice in song.voices} - {s.name for s in CHIPS["gameboy"].voices}
    if unknown:
        raise RenderError(f"the chip gameboy has no voice {min(unknown)!r}")


def _waves(log: RegisterLog) -> dict[int, bytes]:
    """Return the wave memory's 16 bytes by the frame in which the log writes them."""
    held = dict.fromkeys(range(_WAVE_MEMORY, _WAVE_MEMORY + 16), 0)
    found = {}
    for number, writes in enumerate(log.frames):
        own = {write.address: write.value for write in writes if write.address in held}
        if own or not number:
            held |= own
            found[number] = bytes(held.values())
    return found


def _waves_of(song: ChipSong, log: RegisterLog) -> dict[str, bytes]:
    """Return the wave with which each instrument of the wave voice is first heard."""
    waves = _waves(log)
    found: dict[str, bytes] = {}
    name = next(spec.name for spec in CHIPS[song.chip].voices if spec.kind == "dmg_wave")
    for note in (note for voice in song.voices if voice.name == name for note in voice.notes):
        since = max((frame for frame in waves if frame <= note.start_frame), default=0)
        found.setdefault(note.instrument, waves[since])
    return found


def _wave_table(waves: Sequence[bytes]) -> bytes:
    """Return sixteen waves of 32 steps; those that are not used are silent."""
    steps = bytes(n for wave in waves[:WAVES] for byte in wave for n in (byte >> 4, byte & 15))
    return steps.ljust(32 * WAVES, b"\0")


@dataclass(frozen=True, slots=True)
class Sound:
    """An instrument of the file: its name, and its register values."""

    name: str
    volume: int
    fade: int
    duty: int = 0
    wave: int = 0


@dataclass(slots=True)
class _Lane:
    """One voice's instruments and cells while they are filled."""

    song: ChipSong
    grid: Grid
    spec: VoiceSpec
    palette: Mapping[tuple[str, int], Sound]
    sounds: dict[Sound, int]
    lost: Counter[str]
    cells: dict[int, UgeCell] = field(default_factory=dict)

    def filled(self, voice: ChipVoice) -> _Lane:
        """Return the lane with the voice's notes and their ends."""
        kept: list[tuple[int, ChipNote]] = []
        for note in voice.notes:
            if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
                self.lost[_OUTSIDE] += 1
                continue
            row = self.grid.nearest(note.start_frame)
            if row in self.cells:
                self.lost[_TWICE] += 1
                continue
            sound = self.palette[note.instrument, note.level]
            number = self.sounds.setdefault(sound, len(self.sounds) + 1)
            self.cells[row] = UgeCell(self._note(note), number)
            kept.append((row, note))
        following = [row for row, _ in kept[1:]] + [len(self.grid.rows)]
        for (row, note), until in zip(kept, following, strict=False):
            self._end(note, row, until)
        if kept and self.grid.loop_row is not None:
            self.cells.setdefault(self.grid.loop_row, UgeCell(effect=_CUT))
        return self

    def _note(self, note: ChipNote) -> int:
        """Return hUGETracker's note, moved by octaves into its range, counting what is lost."""
        if self.spec.kind == "noise":
            instrument = self.song.instrument(note.instrument)
            # The noise period at which the drum's macro settles.
            index = min(max(note.pitch + instrument.arpeggio.at(2), 0), len(NOISE_PERIODS) - 1)
            return noise_note(index)
        instrument = self.song.instrument(note.instrument)
        self.lost[_CHORDS] += instrument.arpeggio.loop is not None
        self.lost[_VIBRATO] += instrument.vibrato_delay_frames is not None
        place = moved = note.pitch - _LOWEST[self.spec.kind]
        while moved < 0:
            moved += OCTAVE
        while moved >= _MOST_NOTES:
            moved -= OCTAVE
        self.lost[_OCTAVE] += moved != place
        return moved

    def _end(self, note: ChipNote, row: int, following: int) -> None:
        """Cut the note at its frame, unless the next one begins in that row."""
        if self.spec.kind == "noise" or note.end_frame >= self.song.frames:
            return
        last, late = self.grid.place(note.end_frame)
        if last >= following or (last == row and not late):
            return
        self.cells[last] = replace(self.cells.get(last, EMPTY), effect=_CUT, parameter=late)


def _palette(
    song: ChipSong, kind: str, voices: Sequence[ChipVoice], lost: Counter[str]
) -> dict[tuple[str, int], Sound]:
    """Return the instrument of every sound at every level, few enough for a kind of voice."""
    used = Counter((note.instrument, note.level) for voice in voices for note in voice.notes)
    for step in range(1, 16):
        palette = {
            (name, level): _sound(song.instrument(name), kind, _near(level, step))
            for name, level in used
        }
        if len(set(palette.values())) <= MOST_INSTRUMENTS:
            lost[_LEVELS] += sum(n for key, n in used.items() if _near(key[1], step) != key[1])
            return palette
    raise RenderError(
        f"the song has {len({name for name, _ in used})} instruments for a kind of voice, and UGE "
        f"holds {MOST_INSTRUMENTS}; use fewer"
    )


def _sound(instrument: Instrument, kind: str, level: int) -> Sound:
    """Return the instrument's register values at a level.

    Instruments of a chord differ only in the arpeggio, which the format cannot hold.
    """
    # Chords differ from their instrument only in the arpeggio, which the format cannot hold.
    name = to_ascii(instrument.name.rstrip("-0123456789 "))
    volume, fade = _envelope(instrument.volume, level)
    if kind == "dmg_wave":
        return Sound(name[:_TEXT_SIZE], 1 if volume > 10 else 2 if volume > 5 else 3, 0)
    duty = instrument.duty.at(8) if kind == "dmg_pulse" else 0
    return Sound(f"{name} {level}"[:_TEXT_SIZE], volume, fade, duty)


def _near(level: int, step: int) -> int:
    """Return the multiple of `step` that is nearest to a level, within 1 to 15."""
    return min(15, max(1, round(level / step) * step))


@lru_cache(maxsize=512)
def _envelope(macro: Macro, level: int) -> tuple[int, int]:
    """Return the chip's initial volume and period (0 for none) that follow the macro best."""
    wanted = [macro.at(age) * level / 15 for age in range(_FRAMES_HEARD)]
    wanted[0] = max(wanted[:3])

    def off(choice: tuple[int, int]) -> float:
        """Return the squared error of a volume and a period."""
        volume, period = choice
        total = 0.0
        for age, value in enumerate(wanted):
            fallen = age * _ENVELOPE_HZ / 60 / period if period else 0.0
            total += (max(volume - math.floor(fallen), 0) - value) ** 2
        return total

    return min(((v, p) for v in range(1, 16) for p in range(8)), key=off)


@lru_cache(maxsize=32)
def noise_note(index: int) -> int:
    """Return hUGETracker's note, 0 to 63, whose noise is nearest to a period of the table."""
    wanted = float(CHIPS["nes"].clock_hz) / NOISE_PERIODS[index]
    return min(range(64), key=lambda note: abs(math.log(_noise_hz(note) / wanted)))


def _noise_hz(note: int) -> float:
    """Return the rate of hUGEDriver's noise for a note."""
    turned = 63 - note
    shift, divider = (0, turned) if turned < 7 else ((turned - 4) // 4, turned % 4 + 4)
    return float(262_144 / ((divider or 0.5) * (1 << shift)))


def _steer(
    lanes: Sequence[dict[int, UgeCell]],
    grid: Grid,
    patterns: Sequence[range],
    lost: Counter[str],
) -> None:
    """Add the speeds, the ends of short patterns and the loop, beside the notes."""
    starts = [pattern.start for pattern in patterns]
    speed = 0
    for number, pattern in enumerate(patterns):
        for row in pattern:
            frames = grid.rows[row].frames if row < len(grid.rows) else speed
            if frames != speed or row in (pattern.start, grid.loop_row):
                speed = frames
                _put(lanes, row, _SPEED, speed, lost)
        if number == len(patterns) - 1:
            goal = number if grid.loop_row is None else starts.index(grid.loop_row)
            _put(lanes, pattern[-1], _JUMP, goal + 1, lost)
        elif len(pattern) < ROWS:
            _put(lanes, pattern[-1], _BREAK, 1, lost)


def _put(
    lanes: Sequence[dict[int, UgeCell]], row: int, effect: int, parameter: int, lost: Counter[str]
) -> None:
    """Put an effect in a cell without one, noise first; else in place of a cut."""

    def taken(lane: dict[int, UgeCell]) -> int:
        cell = lane.get(row, EMPTY)
        return 0 if not cell.effect else 1 if cell.effect == _CUT else 2

    lane = min(reversed(lanes), key=taken)
    lost[_ENDS] += taken(lane) == 1
    lane[row] = replace(lane.get(row, EMPTY), effect=effect, parameter=parameter)


def _body(
    texts: Mapping[str, str],
    lanes: Sequence[_Lane],
    waves: bytes,
    grid: Grid,
    patterns: Sequence[range],
) -> bytes:
    """Return the song's bytes; equal patterns of a voice are stored once."""
    kinds = (lanes[0].sounds, lanes[2].sounds, lanes[3].sounds)
    distinct: dict[tuple[UgeCell, ...], int] = {}
    orders: list[list[int]] = [[] for _ in lanes]
    for pattern in patterns:
        for lane, order in zip(lanes, orders, strict=True):
            cells = tuple(lane.cells.get(row, EMPTY) for row in pattern)
            cells += (EMPTY,) * (ROWS - len(cells))
            order.append(distinct.setdefault(cells, len(distinct)))
    return b"".join(
        (
            struct.pack("<I", VERSION),
            _text(texts["title"]),
            _text(texts["author"]),
            _text(""),
            *(_instruments(kind, list(sounds)) for kind, sounds in enumerate(kinds)),
            waves,
            struct.pack("<IBI", grid.rows[0].frames, 0, 0),
            struct.pack("<I", len(distinct)),
            *(_pattern(number, cells) for cells, number in distinct.items()),
            *(_order(order) for order in orders),
            bytes(4 * ROUTINES),
        )
    )


def _text(text: str) -> bytes:
    """Return a text as hUGETracker stores it: its length, then a field of fixed size."""
    data = text.encode("ascii")
    return bytes((len(data),)) + data.ljust(_TEXT_SIZE, b"\0")


def _instruments(kind: int, sounds: Sequence[Sound]) -> bytes:
    rows = [*sounds, *[Sound("", 15 if kind != 1 else 1, 0)] * (MOST_INSTRUMENTS - len(sounds))]
    return b"".join(_instrument(kind, sound) for sound in rows)


def _instrument(kind: int, sound: Sound) -> bytes:
    """Return an instrument's record; kind 0 is a pulse, 1 the wave, 2 the noise."""
    volume, fade = (0, 0) if kind == 1 else (sound.volume, sound.fade)
    level = sound.volume if kind == 1 else 0
    return b"".join(
        (
            struct.pack("<I", kind),
            _text(sound.name),
            struct.pack("<IBBIB", 0, 0, volume, 1, fade),
            struct.pack("<III", 0, 0, 0),
            struct.pack("<BII", sound.duty, level, sound.wave),
            struct.pack("<IB", 0, 0),
            struct.pack("<IIIIB", NO_NOTE, 0, 0, 0, 0) * ROWS,
        )
    )


def _pattern(number: int, cells: Sequence[UgeCell]) -> bytes:
    rows = (
        struct.pack("<IIIIB", cell.note, cell.instrument, 0, cell.effect, cell.parameter)
        for cell in cells
    )
    return struct.pack("<I", number) + b"".join(rows)


def _order(order: Sequence[int]) -> bytes:
    """Return an order list; its count is one too large, and a filler takes the extra place."""
    return struct.pack(f"<I{len(order)}II", len(order) + 1, *order, 0)
