"""A ChipSong as a hUGETracker song, which GB Studio can play.

A row is a 16th note, as late as the song swings. hUGEDriver is called 64 times a second, as GB
Studio does whatever the file says; the file's timer makes hUGETracker do the same. So a pattern is
the whole number of ticks that is nearest to its frames. Speeds (Fxx) give each row its ticks, and
cuts (Exx) end notes to the tick. A volume macro becomes the nearest of the chip's own envelopes; a
drum has the registers that the log writes. Effects Bxx and Dxx count orders and rows from 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from chipassets.chipfiles.grid import Grid, cut_patterns, row_grid
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields
from chipassets.chipfiles.uge_file import (
    EMPTY,
    MOST_BYTES,
    ROWS,
    TEXT_SIZE,
    TICK_HZ,
    WAVES,
    Sound,
    UgeCell,
    UgeVoice,
    driver_bytes,
    uge_bytes,
)
from chipassets.chipfiles.uge_sounds import Key, drum_palette, key_of, palette_of
from chipassets.chips.chipsong import (
    ChipNote,
    ChipSong,
    ChipVoice,
    Instrument,
    Macro,
    counted,
)
from chipassets.chips.profiles import CHIPS, VoiceSpec
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.units import CENT, OCTAVE, STRAIGHT, Swing

_LONGEST_ROW = 31
_MOST_NOTES = 72
_MOST_NIBBLE = 15
_CHORD, _VIBRATO, _SIDES = 0x0, 0x4, 0x8
_JUMP, _BREAK, _CUT, _SPEED = 0xB, 0xD, 0xE, 0xF
_CHORD_SIZE = 3
_VIBRATO_TICKS = 4
"""Vibrato is off and on by this bit of a counter of ticks: 8 times a second."""
_PERIODS = 2048

_KINDS = ("dmg_pulse", "dmg_wave", "noise")
"""The kinds of voices in the file's order; the voices of a kind share its instruments."""

_LOWEST = {"dmg_pulse": 36, "dmg_wave": 24}
"""MIDI pitch of note 0, C-3: 65.4 Hz on a pulse and an octave less on the wave."""

_WAVE_MEMORY = 0xFF30
_PANNING = 0xFF25

_TWICE = "UGE: a second note of a voice in one row"
_OUTSIDE = "UGE: a note outside the song"
_OCTAVE = "UGE: a note an octave away, as there are six octaves"
_CHORDS = "UGE: a note without its fast arpeggio of over three pitches or 15 semitones"
_NO_VIBRATO = "UGE: a note without its vibrato, which is less than a step of the period"
_BEND = "UGE: a note without its slide"
_ENDS = "UGE: a note's end moved, as its row holds another effect"
_STILL = "UGE: a row without its vibrato or arpeggio, as it holds another effect"


def encode_uge(
    song: ChipSong,
    log: RegisterLog,
    *,
    title: str,
    author: str = "",
    beats_per_bar: float = 4,
    swing: Swing = STRAIGHT,
) -> ChipFile:
    """Return the song of the chip `gameboy`, whose registers are `log`, as a hUGETracker song.

    The waves, the panning and the drums are those that the log writes; `swing` is that of the
    song's notes. What rows, envelopes and 15 instruments per voice cannot hold is reported. A song
    that ends continues with silence. RenderError for another chip, a voice that it does not have,
    or more instruments than the limit.
    """
    _check(song)
    waves_of = _waves_of(song, log)
    waves = list(dict.fromkeys(waves_of.values())) or list(_waves(log).values())[:1]
    texts, changed = fit_fields({"title": title, "author": author}, TEXT_SIZE, "UGE")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW, swing)
    patterns = cut_patterns(grid, ROWS)
    ticks = _row_ticks(grid, patterns, CHIPS[song.chip].frame_rate_hz)
    if song.loop_start_frame is None:
        patterns.append(range(len(grid.rows), len(grid.rows) + 1))
    lost: Counter[str] = Counter()
    lanes: list[_Lane] = []
    for kind in _KINDS:
        specs = [spec for spec in CHIPS[song.chip].voices if spec.kind == kind]
        voices = [song.voice(spec.name) for spec in specs]
        notes: dict[Key, int] = {}
        if kind == "noise":
            palette, notes = drum_palette(voices, log, lost)
        else:
            palette = palette_of(song, kind, voices, lost)
        if kind == "dmg_wave":
            palette = {
                key: replace(sound, wave=waves.index(waves_of[key.instrument]))
                for key, sound in palette.items()
            }
        sounds: dict[Sound, int] = {}
        for spec, voice in zip(specs, voices, strict=True):
            lanes.append(_Lane(song, grid, ticks, spec, palette, notes, sounds, lost).filled(voice))
    cells = [lane.cells for lane in lanes]
    _steer(cells, grid, ticks, patterns, lost)
    for number, writes in enumerate(log.frames):
        for write in (write for write in writes if write.address == _PANNING):
            _put(cells, grid.place(number)[0], _SIDES, write.value, lost)
    played = [
        UgeVoice([tuple(lane.cells.get(row, EMPTY) for row in rows) for rows in patterns])
        for lane in lanes
    ]
    kinds = [list(lane.sounds) for lane in (lanes[0], *lanes[2:])]
    body = uge_bytes(texts, kinds, _wave_table(waves), ticks[0], played)
    size = driver_bytes(kinds, played)
    warning = (
        f"its uge file takes {size} bytes in a game of GB Studio, which has {MOST_BYTES} for a "
        "song: make it shorter (length:)"
    )
    return ChipFile(
        body,
        (*changed, *counted(sorted(lost.items()))),
        warning=warning if size > MOST_BYTES else "",
    )


def _row_ticks(grid: Grid, patterns: Sequence[range], frame_rate_hz: Fraction) -> list[int]:
    """Return each row's length in ticks: patterns of as many frames have as many ticks.

    Only where a pattern would end more than a tick early or late it has one more or less.
    """
    found: list[int] = []
    usual: dict[int, int] = {}
    now = Fraction(0)
    for pattern in patterns:
        rows = [grid.rows[row] for row in pattern]
        start, frames = rows[0].start_frame, sum(row.frames for row in rows)
        now += frames * TICK_HZ / frame_rate_hz
        nearest = max(round(now) - sum(found), len(rows))
        whole = usual.setdefault(frames, nearest)
        if abs(sum(found) + whole - now) > 1:
            whole = nearest
        edges = [whole * (row.start_frame - start) / frames for row in rows]
        places = [*(math.floor(edge + 0.5) for edge in edges), whole]
        found += [b - a for a, b in pairwise(places)]
    return found


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


@dataclass(slots=True)
class _Lane:
    """One voice's instruments and cells while they are filled."""

    song: ChipSong
    grid: Grid
    ticks: Sequence[int]
    spec: VoiceSpec
    palette: Mapping[Key, Sound]
    notes: Mapping[Key, int]
    sounds: dict[Sound, int]
    lost: Counter[str]
    cells: dict[int, UgeCell] = field(default_factory=dict)

    def filled(self, voice: ChipVoice) -> _Lane:
        """Return the lane with the voice's notes, their ends, and what moves their pitch."""
        kept: list[tuple[int, ChipNote]] = []
        for note in voice.notes:
            if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
                self.lost[_OUTSIDE] += 1
                continue
            row = self.grid.nearest(note.start_frame)
            if row in self.cells:
                self.lost[_TWICE] += 1
                continue
            sound = self.palette[key_of(note, self.spec.kind)]
            number = self.sounds.setdefault(sound, len(self.sounds) + 1)
            self.cells[row] = UgeCell(self._note(note), number)
            kept.append((row, note))
        following = [row for row, _ in kept[1:]] + [len(self.grid.rows)]
        for (row, note), until in zip(kept, following, strict=False):
            if self.spec.kind != "noise":
                self._move(note, row, self._end(note, row, until))
        if kept and self.grid.loop_row is not None:
            self.cells.setdefault(self.grid.loop_row, UgeCell(effect=_CUT))
        return self

    def _note(self, note: ChipNote) -> int:
        """Return hUGETracker's note, moved by octaves into its range, counting what is lost."""
        if self.spec.kind == "noise":
            return self.notes[key_of(note, "noise")]
        instrument = self.song.instrument(note.instrument)
        self.lost[_BEND] += any(instrument.pitch.values)
        place = moved = note.pitch + min(_offsets(instrument)) - _LOWEST[self.spec.kind]
        while moved < 0:
            moved += OCTAVE
        while moved >= _MOST_NOTES:
            moved -= OCTAVE
        self.lost[_OCTAVE] += moved != place
        return moved

    def _end(self, note: ChipNote, row: int, following: int) -> int:
        """Cut the note where it falls silent; return the first row that it does not fill."""
        frames = _heard_frames(self.song.instrument(note.instrument).volume, note.duration_frames)
        end = note.start_frame + frames
        if end >= self.song.frames:
            return following
        last, late = self.grid.place(end)
        if last >= following:
            return following
        if last == row and not late:
            return row + 1
        ticks = late * self.ticks[last] / self.grid.rows[last].frames
        tick = min(math.floor(ticks + 0.5), self.ticks[last] - 1)
        self.cells[last] = replace(self.cells.get(last, EMPTY), effect=_CUT, parameter=tick)
        return last

    def _move(self, note: ChipNote, row: int, until: int) -> None:
        """Put the note's fast arpeggio or its vibrato into the rows that it fills."""
        instrument = self.song.instrument(note.instrument)
        offsets = _offsets(instrument)
        base = self.cells[row].note
        if len(offsets) > 1:
            up = [offset - min(offsets) for offset in offsets][1:]
            if len(offsets) > _CHORD_SIZE or max(*up, 0) > min(
                _MOST_NIBBLE, _MOST_NOTES - 1 - base
            ):
                self.lost[_CHORDS] += 1
                return
            effect = UgeCell(effect=_CHORD, parameter=up[0] << 4 | (up[1] if len(up) > 1 else 0))
            start = note.start_frame
        elif instrument.vibrato_delay_frames is not None:
            units = self._vibrato_units(base, instrument.vibrato_depth_cents)
            start = note.start_frame + instrument.vibrato_delay_frames
            self.lost[_NO_VIBRATO] += not units and start < note.end_frame
            if not units:
                return
            effect = UgeCell(effect=_VIBRATO, parameter=_VIBRATO_TICKS << 4 | units)
        else:
            return
        for at in range(row, until):
            cell = self.cells.get(at, EMPTY)
            if self.grid.rows[at].start_frame >= start and not (cell.effect or cell.parameter):
                self.cells[at] = replace(cell, effect=effect.effect, parameter=effect.parameter)

    def _vibrato_units(self, note: int, depth_cents: int) -> int:
        """Return the steps of the period that are nearest to a depth, as vibrato only goes up."""
        hz = 440 * 2 ** ((note + _LOWEST[self.spec.kind] - 69) / OCTAVE)
        steps_hz = 131_072 if self.spec.kind == "dmg_pulse" else 65_536
        return min(round(depth_cents * CENT * steps_hz / hz), _MOST_NIBBLE)


def _offsets(instrument: Instrument) -> tuple[int, ...]:
    """Return the semitones between which an endless arpeggio alternates; (0,) without one."""
    arpeggio = instrument.arpeggio
    return tuple(sorted({0, *arpeggio.values})) if arpeggio.loop is not None else (0,)


@lru_cache(maxsize=512)
def _heard_frames(volume: Macro, frames: int) -> int:
    """Return the frames of a note before its macro is silent for good."""
    while frames > 1 and not volume.at(frames - 1):
        frames -= 1
    return frames


def _steer(
    lanes: Sequence[dict[int, UgeCell]],
    grid: Grid,
    ticks: Sequence[int],
    patterns: Sequence[range],
    lost: Counter[str],
) -> None:
    """Add the speeds, the ends of short patterns and the loop, beside the notes."""
    starts = [pattern.start for pattern in patterns]
    speed = 0
    for number, pattern in enumerate(patterns):
        for row in pattern:
            own = ticks[row] if row < len(ticks) else speed
            if own != speed or row in (pattern.start, grid.loop_row):
                speed = own
                _put(lanes, row, _SPEED, speed, lost)
        if number == len(patterns) - 1:
            goal = number if grid.loop_row is None else starts.index(grid.loop_row)
            # After its last row the last pattern is followed by the first without a jump.
            if goal or len(pattern) < ROWS:
                _put(lanes, pattern[-1], _JUMP, goal + 1, lost)
        elif len(pattern) < ROWS:
            _put(lanes, pattern[-1], _BREAK, 1, lost)


def _put(
    lanes: Sequence[dict[int, UgeCell]], row: int, effect: int, parameter: int, lost: Counter[str]
) -> None:
    """Put an effect in a cell without one, noise first; else in place of a move or of a cut."""
    losses = (None, _STILL, _ENDS)

    def taken(lane: dict[int, UgeCell]) -> int:
        cell = lane.get(row, EMPTY)
        if cell.effect in (_CHORD, _VIBRATO):
            return 1 if cell.effect or cell.parameter else 0
        return 2 if cell.effect == _CUT else 3

    lane = min(reversed(lanes), key=taken)
    loss = losses[taken(lane)] if taken(lane) < len(losses) else None
    if loss:
        lost[loss] += 1
    lane[row] = replace(lane.get(row, EMPTY), effect=effect, parameter=parameter)
