"""One voice of a module: its notes by row, and the cells that they become."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction

from chipassets.chipfiles.grid import Grid
from chipassets.chipfiles.mod_file import ModCell, ModSample
from chipassets.chipfiles.mod_samples import DRUM_PERIOD, tone_of
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument

ARPEGGIO, JUMP, VOLUME, BREAK, EXTRA, SPEED = 0x0, 0xB, 0xC, 0xD, 0xE, 0xF
"""Effects; EXTRA with $C in the upper digit of its parameter cuts the note."""

_CUT = 0xC0
NO_CELL = ModCell()

LEVEL_LOST = "MOD: a note at its sample's usual level"
END_LOST = "MOD: a note's end moved to the next note"
_TWICE = "MOD: a second note of a voice in one row"
_RANGE = "MOD: a note below C1 or above B7"
_OUTSIDE = "MOD: a note outside the song"
_FULL = "MOD: a note of more than 31 samples"

Sound = tuple[str, int, str]
"""The source of a sample: kind, duty or noise period, and octave or the drum's name."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks per row and tempo; a tick lasts 2.5 / tempo seconds. `error` is the row's, relative."""

    speed: int
    tempo: int
    row_ticks: tuple[int, ...]
    error: Fraction


@dataclass(frozen=True, slots=True)
class Start:
    """A note in its row with its sample and period."""

    note: ChipNote
    sound: Sound
    period: int
    volume: int


@dataclass(slots=True)
class Lane:
    """One voice: its notes by row, then its cells."""

    song: ChipSong
    grid: Grid
    clock: Clock
    name: str
    wave: str
    span: int
    lost: Counter[str]
    starts: dict[int, Start] = field(default_factory=dict)
    cells: dict[int, ModCell] = field(default_factory=dict)

    def collect(self, voice: ChipVoice) -> None:
        """Add the notes that have a row and a sample, and count the others."""
        for note in voice.notes:
            if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
                self.lost[_OUTSIDE] += 1
                continue
            row = self.grid.nearest(note.start_frame)
            instrument = self.song.instrument(note.instrument)
            sound = _sound(self.wave, note.pitch, instrument, self.span)
            if sound is None or row in self.starts:
                self.lost[_RANGE if sound is None else _TWICE] += 1
                continue
            age = 0 if self.wave == "noise" else _attack(instrument)
            volume = 15 if self.wave == "noise" else instrument.volume.at(age)
            self.starts[row] = Start(note, *sound, _to_64(volume, note.level, self.wave))

    def drop(self, sounds: set[Sound]) -> None:
        """Remove the notes of these samples."""
        for row in [row for row, start in self.starts.items() if start.sound in sounds]:
            del self.starts[row]
            self.lost[_FULL] += 1

    def fill(self, numbers: dict[Sound, int], samples: dict[Sound, ModSample]) -> None:
        """Write the cells: each note, then its volume row by row, then its end."""
        rows = sorted(self.starts)
        for row, following in zip(rows, [*rows[1:], len(self.grid.rows)], strict=False):
            start = self.starts[row]
            usual = samples[start.sound].volume
            effect = (VOLUME, start.volume) if start.volume != usual else (0, 0)
            self.cells[row] = ModCell(numbers[start.sound], start.period, *effect)
            if self.wave != "noise":
                self._hold(row, following, start)
        loop = self.grid.loop_row
        if rows and loop is not None and loop not in self.cells:
            self.cells[loop] = ModCell(effect=VOLUME)

    def _hold(self, row: int, following: int, start: Start) -> None:
        """Write the volumes of the rows up to the next note or the seam, and a cut within a row."""
        note, instrument = start.note, self.song.instrument(start.note.instrument)
        seam = self.grid.loop_row
        last = seam if seam is not None and row < seam < following else following
        heard = start.volume
        chord = chord_of(instrument)
        for index in range(row + 1, last):
            frame = self.grid.rows[index].start_frame
            wanted = _volume(note, instrument, frame, self.wave)
            if wanted != heard:
                self.cells[index] = ModCell(effect=VOLUME, parameter=wanted)
                heard = wanted
            elif wanted and chord:
                self.cells[index] = ModCell(effect=ARPEGGIO, parameter=chord)
        self._cut(row, last, note, instrument)

    def _cut(self, row: int, last: int, note: ChipNote, instrument: Instrument) -> None:
        """Cut a note that ends within a row, if the next row would be too late."""
        if note.end_frame >= self.song.frames:
            return
        index, late = self.grid.place(note.end_frame)
        if index >= last:
            following = self.starts.get(last)
            early = following is not None and note.end_frame < following.note.start_frame
            self.lost[END_LOST] += int(early and late > 0)
        elif late and index >= row and (index + 1 == last or not instrument.volume.release):
            ticks = self.clock.row_ticks[index]
            tick = round(late * ticks / self.grid.rows[index].frames)
            cell = self.cells.get(index, NO_CELL)
            self.lost[LEVEL_LOST] += int(index == row and cell.effect == VOLUME)
            tick = min(max(tick, 1), 15, max(ticks - 1, 1))
            self.cells[index] = replace(cell, effect=EXTRA, parameter=_CUT | tick)


def _sound(kind: str, pitch: int, instrument: Instrument, span: int) -> tuple[Sound, int] | None:
    """Return the source of the note's sample, and its period; None if out of range."""
    if kind == "noise":
        return (("noise", pitch, instrument.name), DRUM_PERIOD) if 0 <= pitch <= 15 else None
    tone = tone_of(pitch, span)
    if tone is None:
        return None
    duty = instrument.duty.values[-1] if kind == "pulse" else 0
    return (kind, duty, str(tone.octave)), tone.period


def _attack(instrument: Instrument) -> int:
    """Return the loudest of the first six frames: a module cannot play a finer attack."""
    return max(range(6), key=lambda age: (instrument.volume.at(age), -age))


def _to_64(volume: int, level: int, kind: str) -> int:
    """Return the chip's scaled volume on ProTracker's scale; the triangle has only on and off."""
    if kind == "triangle":
        return 64 if volume else 0
    scaled = max(1, (volume * level + 7) // 15) if volume else 0
    return (scaled * 64 + 7) // 15


def _volume(note: ChipNote, instrument: Instrument, frame: int, kind: str) -> int:
    """Return a note's volume, 0 to 64, in a frame: as it is held, or after its end."""
    if frame < note.end_frame:
        return _to_64(instrument.volume.at(frame - note.start_frame), note.level, kind)
    after = instrument.volume.released(frame - note.end_frame)
    return _to_64(after or 0, note.level, kind)


def chord_of(instrument: Instrument) -> int:
    """Return the parameter of 0xy for an arpeggio of two or three notes; else 0."""
    macro = instrument.arpeggio
    if macro.loop is None:
        return 0
    turn = macro.values[macro.loop : macro.release]
    if not 2 <= len(turn) <= 3 or turn[0] or not all(0 <= value <= 15 for value in turn):
        return 0
    return turn[1] << 4 | (turn[2] if len(turn) == 3 else 0)
