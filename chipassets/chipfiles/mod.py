"""A ChipSong as a ProTracker module: a channel a voice, samples of the chip's waves.

A row is a 16th note; speed and tempo are the pair that meets its length best. Volume envelopes are
followed row by row (Cxx). What ends within a row is cut to the tick (ECx). Duty changes, slides and
vibrato are left out: a tone keeps the duty that it ends on. The Game Boy's wave is a triangle.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from chipassets.chipfiles.grid import Grid, cut_patterns, row_grid
from chipassets.chipfiles.mod_file import (
    MOST_PATTERNS,
    MOST_SAMPLES,
    ROWS,
    ModCell,
    ModFile,
    ModSample,
    mod_bytes,
)
from chipassets.chipfiles.mod_samples import (
    DRUM_PERIOD,
    TONE_FINETUNE,
    drum,
    pulse_cycle,
    saw_cycle,
    tone_size,
    triangle_cycle,
)
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields, to_ascii
from chipassets.chips import CHIPS
from chipassets.chipsong import ChipNote, ChipSong, ChipVoice, Dropped, Instrument
from chipassets.errors import RenderError
from chipassets.units import STEPS_PER_BEAT

_ARPEGGIO, _JUMP, _VOLUME, _BREAK, _EXTRA, _SPEED = 0x0, 0xB, 0xC, 0xD, 0xE, 0xF
_CUT = 0xC0
_LONGEST_ROW = 31
_MOST_CHANNELS = 9
_NO_CELL = ModCell()

_TWICE = "MOD: a second note of a voice in one row"
_RANGE = "MOD: a note below C1 or above B7"
_OUTSIDE = "MOD: a note outside the song"
_FULL = "MOD: a note of more than 31 samples"
_LEVEL = "MOD: a note at its sample's usual level"
_ENDS = "MOD: a note's end moved to the next note"

_Sound = tuple[str, int, str]
"""What a sample is made of: kind, duty or noise period, and size or the drum's name."""


def encode_mod(song: ChipSong, *, title: str, beats_per_bar: int = 4) -> ChipFile:
    """Return the song as a module that loops with the song: four channels, with the VRC6 seven.

    What a row or the samples cannot hold is reported, as is a tempo off by more than half a
    percent. RenderError for a chip or a voice that there is not, or a song of more than 128
    patterns of 64 rows.
    """
    _check(song)
    texts, changed = fit_fields({"title": title}, 20, "MOD")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = cut_patterns(grid, ROWS)
    if len(patterns) > MOST_PATTERNS:
        raise RenderError(
            f"the song has {len(grid.rows)} rows and a MOD holds {MOST_PATTERNS} patterns of "
            f"{ROWS}; write a shorter track"
        )
    clock = _clock(song, grid, beats_per_bar)
    lost: Counter[str] = Counter()
    lanes = [
        _Lane(song, grid, clock, spec.name, _wave(spec.kind) or "", lost)
        for spec in CHIPS[song.chip].voices
    ]
    played = {voice.name: voice for voice in song.voices}
    for lane in lanes:
        lane.collect(played.get(lane.name, ChipVoice(lane.name, ())))
    samples = _samples(song, lanes)
    for lane in lanes:
        lane.fill({sound: number for number, sound in enumerate(samples, start=1)}, samples)
    cells = [lane.cells for lane in lanes]
    _steer(cells, grid, patterns, clock, lost)
    order, distinct = _assemble(cells, patterns)
    module = ModFile(texts["title"], tuple(samples.values()), order, distinct)
    return ChipFile(mod_bytes(module), (*changed, *_tempo_report(clock), *_counted(lost)))


def _check(song: ChipSong) -> None:
    if song.chip not in CHIPS:
        raise RenderError(f"there is no chip {song.chip!r}; there are {', '.join(CHIPS)}")
    voices = CHIPS[song.chip].voices
    if any(_wave(spec.kind) is None for spec in voices) or len(voices) > _MOST_CHANNELS:
        raise RenderError(f"MOD has no samples for the chip {song.chip!r}; choose another format")
    unknown = {voice.name for voice in song.voices} - {spec.name for spec in voices}
    if unknown:
        raise RenderError(f"the chip {song.chip} has no voice {min(unknown)!r}")


def _wave(kind: str) -> str | None:
    """The family of samples for a kind of voice: those that end in a known wave, and None."""
    families = {"pulse": "pulse", "triangle": "triangle", "wave": "triangle", "saw": "saw"}
    return "noise" if kind == "noise" else families.get(kind.split("_")[-1])


def _counted(lost: Counter[str]) -> tuple[Dropped, ...]:
    return tuple(Dropped(reason, count) for reason, count in sorted(lost.items()) if count)


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks a row and tempo; a tick lasts 2.5 / tempo seconds. `error` is the row's, relative."""

    speed: int
    tempo: int
    row_ticks: tuple[int, ...]
    error: Fraction


def _clock(song: ChipSong, grid: Grid, beats_per_bar: int) -> Clock:
    """The pair nearest to a row's length and, of those within 0.02 %, nearest to frames."""
    step = Fraction(song.frames_per_bar, beats_per_bar * STEPS_PER_BEAT)
    usual = step / max(1, -(-step // _LONGEST_ROW))
    seconds = max(usual, Fraction(1)) / CHIPS[song.chip].frame_rate_hz
    tempi = ((speed, round(Fraction(5 * speed, 2) / seconds)) for speed in range(1, 32))
    pairs = [(speed, min(max(tempo, 32), 255)) for speed, tempo in tempi]

    def error(pair: tuple[int, int]) -> Fraction:
        return Fraction(5 * pair[0], 2 * pair[1]) / seconds - 1

    near = [pair for pair in pairs if abs(error(pair)) < Fraction(1, 5_000)]
    best = min(near, key=lambda pair: abs(pair[1] - 150)) if near else None
    best = best or min(pairs, key=lambda pair: (abs(error(pair)), abs(pair[1] - 150)))
    ticks = tuple(
        best[0]
        if abs(row.frames - usual) < 1
        else min(max(round(row.frames * best[0] / usual), 1), 31)
        for row in grid.rows
    )
    return Clock(*best, ticks, error(best))


def _tempo_report(clock: Clock) -> tuple[Dropped, ...]:
    if abs(clock.error) < Fraction(1, 200):
        return ()
    return (Dropped(f"MOD: rows {float(100 * clock.error):+.1f} % longer than the song's", 1),)


@dataclass(frozen=True, slots=True)
class _Start:
    """A note in its row with what it needs."""

    note: ChipNote
    sound: _Sound
    period: int
    volume: int


@dataclass(slots=True)
class _Lane:
    """One voice: its notes by row, then its cells."""

    song: ChipSong
    grid: Grid
    clock: Clock
    name: str
    wave: str
    lost: Counter[str]
    starts: dict[int, _Start] = field(default_factory=dict)
    cells: dict[int, ModCell] = field(default_factory=dict)

    def collect(self, voice: ChipVoice) -> None:
        """Take the notes that have a row and a sound, and count the others."""
        for note in voice.notes:
            if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
                self.lost[_OUTSIDE] += 1
                continue
            row = self._nearest(note.start_frame)
            instrument = self.song.instrument(note.instrument)
            sound = _sound(self.wave, note.pitch, instrument)
            if sound is None or row in self.starts:
                self.lost[_RANGE if sound is None else _TWICE] += 1
                continue
            age = 0 if self.wave == "noise" else _attack(instrument)
            volume = 15 if self.wave == "noise" else instrument.volume.at(age)
            self.starts[row] = _Start(note, *sound, _to_64(volume, note.level, self.wave))

    def drop(self, sounds: set[_Sound]) -> None:
        """Leave out the notes of these sounds."""
        for row in [row for row, start in self.starts.items() if start.sound in sounds]:
            del self.starts[row]
            self.lost[_FULL] += 1

    def fill(self, numbers: dict[_Sound, int], samples: dict[_Sound, ModSample]) -> None:
        """Write the cells: each note, then its volume row by row, then its end."""
        rows = sorted(self.starts)
        for row, following in zip(rows, [*rows[1:], len(self.grid.rows)], strict=False):
            start = self.starts[row]
            usual = samples[start.sound].volume
            effect = (_VOLUME, start.volume) if start.volume != usual else (0, 0)
            self.cells[row] = ModCell(numbers[start.sound], start.period, *effect)
            if self.wave != "noise":
                self._hold(row, following, start)
        loop = self.grid.loop_row
        if rows and loop is not None and loop not in self.cells:
            self.cells[loop] = ModCell(effect=_VOLUME)

    def _nearest(self, frame: int) -> int:
        row, late = self.grid.place(frame)
        up = 2 * late > self.grid.rows[row].frames and row + 1 < len(self.grid.rows)
        return row + up

    def _hold(self, row: int, following: int, start: _Start) -> None:
        """Volumes of the rows up to the next note or the loop's seam; the cut within a row."""
        note, instrument = start.note, self.song.instrument(start.note.instrument)
        seam = self.grid.loop_row
        last = seam if seam is not None and row < seam < following else following
        heard = start.volume
        chord = _chord(instrument)
        for index in range(row + 1, last):
            frame = self.grid.rows[index].start_frame
            wanted = _volume(note, instrument, frame, self.wave)
            if wanted != heard:
                self.cells[index] = ModCell(effect=_VOLUME, parameter=wanted)
                heard = wanted
            elif wanted and chord:
                self.cells[index] = ModCell(effect=_ARPEGGIO, parameter=chord)
        self._cut(row, last, note, instrument)

    def _cut(self, row: int, last: int, note: ChipNote, instrument: Instrument) -> None:
        """Cut a note that ends within a row where the next row would come too late."""
        if note.end_frame >= self.song.frames:
            return
        index, late = self.grid.place(note.end_frame)
        if index >= last:
            following = self.starts.get(last)
            early = following is not None and note.end_frame < following.note.start_frame
            self.lost[_ENDS] += int(early and late > 0)
        elif late and index >= row and (index + 1 == last or not instrument.volume.release):
            ticks = self.clock.row_ticks[index]
            tick = round(late * ticks / self.grid.rows[index].frames)
            cell = self.cells.get(index, _NO_CELL)
            self.lost[_LEVEL] += int(index == row and cell.effect == _VOLUME)
            tick = min(max(tick, 1), 15, max(ticks - 1, 1))
            self.cells[index] = replace(cell, effect=_EXTRA, parameter=_CUT | tick)


def _sound(kind: str, pitch: int, instrument: Instrument) -> tuple[_Sound, int] | None:
    """What the note's sample is made of, and its period; None out of range."""
    if kind == "noise":
        return (("noise", pitch, instrument.name), DRUM_PERIOD) if 0 <= pitch <= 15 else None
    found = tone_size(pitch)
    if found is None:
        return None
    size, period = found
    duty = instrument.duty.values[-1] if kind == "pulse" else 0
    return (kind, duty, str(size)), period


def _attack(instrument: Instrument) -> int:
    """The frame of the loudest of the first six: a module hears no more of an attack."""
    return max(range(6), key=lambda age: (instrument.volume.at(age), -age))


def _to_64(volume: int, level: int, kind: str) -> int:
    """The chip's scaled volume on ProTracker's scale; the triangle has only on and off."""
    if kind == "triangle":
        return 64 if volume else 0
    scaled = max(1, (volume * level + 7) // 15) if volume else 0
    return (scaled * 64 + 7) // 15


def _volume(note: ChipNote, instrument: Instrument, frame: int, kind: str) -> int:
    if frame < note.end_frame:
        return _to_64(instrument.volume.at(frame - note.start_frame), note.level, kind)
    after = instrument.volume.released(frame - note.end_frame)
    return _to_64(after or 0, note.level, kind)


def _chord(instrument: Instrument) -> int:
    """The parameter of 0xy for an arpeggio that goes through two or three notes; else 0."""
    macro = instrument.arpeggio
    if macro.loop is None:
        return 0
    turn = macro.values[macro.loop : macro.release]
    if not 2 <= len(turn) <= 3 or turn[0] or not all(0 <= value <= 15 for value in turn):
        return 0
    return turn[1] << 4 | (turn[2] if len(turn) == 3 else 0)


def _samples(song: ChipSong, lanes: Sequence[_Lane]) -> dict[_Sound, ModSample]:
    """The samples in the order of first use; the rarest are left out when there are too many."""
    used: dict[_Sound, Counter[int]] = defaultdict(Counter)
    for lane in lanes:
        for row in sorted(lane.starts):
            used[lane.starts[row].sound][lane.starts[row].volume] += 1
    ranked = sorted(used, key=lambda sound: (-used[sound].total(), sound))
    for lane in lanes:
        lane.drop(set(ranked[MOST_SAMPLES:]))
    kept = set(ranked[:MOST_SAMPLES])
    return {
        sound: _sample(song, sound, min(volumes, key=lambda v: (-volumes[v], v)))
        for sound, volumes in used.items()
        if sound in kept
    }


def _sample(song: ChipSong, sound: _Sound, volume: int) -> ModSample:
    kind, choice, rest = sound
    if kind == "noise":
        name = to_ascii(f"{rest} {choice}")[:22]
        return ModSample(name, drum(song.instrument(rest), choice), volume)
    size = int(rest)
    if kind == "pulse":
        kind, data = f"pulse {('12.5', '25', '50', '75')[choice % 4]} %", pulse_cycle(choice, size)
    else:
        data = saw_cycle(size) if kind == "saw" else triangle_cycle(size)
    return ModSample(f"{kind} / {size}", data, volume, TONE_FINETUNE, 0, len(data))


def _steer(
    cells: list[dict[int, ModCell]],
    grid: Grid,
    patterns: Sequence[range],
    clock: Clock,
    lost: Counter[str],
) -> None:
    """Put tempo, speeds, pattern ends and the loop into cells without an effect, or take one."""
    speed = 0
    uneven = len(set(clock.row_ticks)) > 1
    _give(cells, 0, (_SPEED, clock.tempo), lost)
    for row, ticks in enumerate(clock.row_ticks):
        if ticks != speed or (uneven and row == grid.loop_row):
            _give(cells, row, (_SPEED, ticks), lost)
            speed = ticks
    for row, effect in _jumps(grid, patterns):
        _give(cells, row, effect, lost)


def _jumps(grid: Grid, patterns: Sequence[range]) -> Iterator[tuple[int, tuple[int, int]]]:
    starts = [pattern.start for pattern in patterns]
    for pattern in patterns[:-1]:
        if len(pattern) < ROWS:
            yield pattern[-1], (_BREAK, 0)
    if grid.loop_row is not None:
        yield patterns[-1][-1], (_JUMP, bisect_right(starts, grid.loop_row) - 1)
    elif len(patterns[-1]) < ROWS:
        yield patterns[-1][-1], (_BREAK, 0)


def _give(
    cells: list[dict[int, ModCell]], row: int, effect: tuple[int, int], lost: Counter[str]
) -> None:
    """Put the effect where none is, else over the volume or cut that is missed least."""

    channel = min(range(len(cells)), key=lambda n: (_rank(cells[n].get(row, _NO_CELL)), -n))
    cell = cells[channel].get(row, _NO_CELL)
    reason = {_LEVEL_RANK: _LEVEL, _END_RANK: _ENDS}.get(_rank(cell))
    lost.update((reason,) if reason else ())
    cells[channel][row] = replace(cell, effect=effect[0], parameter=effect[1])


def _rank(cell: ModCell) -> int:
    """How much the effect would be missed: none, a row's volume, a level, an end, a jump."""
    if cell.effect in _FLOW:
        return _END_RANK + 1
    if cell.effect == _EXTRA or (cell.effect == _VOLUME and not cell.period and not cell.parameter):
        return _END_RANK
    if cell.effect == _VOLUME and cell.period:
        return _LEVEL_RANK
    return 1 if cell.effect or cell.parameter else 0


_LEVEL_RANK, _END_RANK = 2, 3
_FLOW = (_JUMP, _BREAK, _SPEED)


def _assemble(
    cells: Sequence[dict[int, ModCell]], patterns: Sequence[range]
) -> tuple[tuple[int, ...], tuple[tuple[tuple[ModCell, ...], ...], ...]]:
    """Order and patterns; equal ones are in the file once."""
    known: dict[tuple[tuple[ModCell, ...], ...], int] = {}
    order = []
    blank = (_NO_CELL,) * len(cells)
    for pattern in patterns:
        rows = tuple(tuple(lane.get(row, _NO_CELL) for lane in cells) for row in pattern)
        rows += (blank,) * (ROWS - len(rows))
        order.append(known.setdefault(rows, len(known)))
    return tuple(order), tuple(known)
