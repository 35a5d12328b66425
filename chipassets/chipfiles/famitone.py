"""A ChipSong as text for FamiTone2's converter and its successors, for a cartridge.

The converter reads FamiTracker's text, but its engine supports less: notes and cuts on rows, one
effect (Bxx, D00, Fxx), no volume column, no releases, C-1 to D-6, samples of instrument 0 only, a
volume macro in every instrument. So a level becomes part of an instrument, and what rows and engine
cannot hold is counted. A song that ends continues with silence, because the engine always loops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chipassets.chipfiles.famitracker import assemble, tracker_chip, tracker_patterns
from chipassets.chipfiles.ft_bank import Bank
from chipassets.chipfiles.ft_module import EMPTY, FtCell, module_text
from chipassets.chipfiles.ft_samples import INSTRUMENT, add_samples, keys, plays_samples, samples
from chipassets.chipfiles.grid import Grid, row_grid
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
from chipassets.chips.profiles import VoiceSpec
from chipassets.errors import RenderError
from chipassets.units import OCTAVE

_LONGEST_ROW = 31
_JUMPS, _SPEEDS = 0, 4
"""The channels whose single effect column holds jumps and speeds."""

_MOST_INSTRUMENTS = 64
_NAMES = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
_C0_MIDI = 24
_LOWEST, _HIGHEST = 12, 12 + 62
"""C-1 and D-6, counted from C-0."""

_TWICE = "FamiTone: a second note of a voice in one row"
_OUTSIDE = "FamiTone: a note outside the song"
_OCTAVE = "FamiTone: a note an octave away, as there is C-1 to D-6"
_ENDS = "FamiTone: a note's end moved to a row"
_RELEASES = "FamiTone: a note cut without its release"
_VIBRATO = "FamiTone: a note without its vibrato"
_LEVELS = "FamiTone: a note at a level nearby, as there are 64 instruments"
_DUTIES = "FamiTone: a note that keeps one duty"


def encode_famitone(
    song: ChipSong,
    *,
    title: str,
    author: str = "",
    copyright_line: str = "",
    beats_per_bar: float = 4,
) -> ChipFile:
    """Return the song as text for FamiTone2's text2data, and what it could not hold.

    RenderError for a chip other than `nes`, a voice that it does not have, more than 64 instruments
    even at one level each, or a song of more than 128 patterns of 256 rows.
    """
    if song.chip == "nes-vrc6":
        raise RenderError(
            "FamiTone plays the five voices of 'nes', not 'nes-vrc6'; choose that chip, or the "
            "format famitracker"
        )
    chip = tracker_chip(song)
    asked = {"title": title, "author": author, "copyright": copyright_line}
    texts, changed = fit_fields(asked, 31, "FamiTone")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = tracker_patterns(grid)
    if song.loop_start_frame is None:
        patterns = _with_silence(patterns)
    bank = Bank()
    lost: Counter[str] = Counter()
    sampler = plays_samples(song)
    if sampler:
        bank.add_plain(INSTRUMENT)
    palette = _palette(song, _MOST_INSTRUMENTS - sampler)
    lanes = [
        _Lane(song, grid, spec, bank, palette, lost).cells(song.voice(spec.name))
        for spec in chip.voices
    ]
    drums: dict[int, FtCell] = {}
    if sampler:
        add_samples(drums, song, grid, 0, lost)
    lanes.insert(_SPEEDS, drums)
    _steer(lanes, grid, patterns)
    module = assemble(lanes, patterns, bank)
    module = replace(
        module,
        samples=samples(song) if sampler else (),
        keys=keys(song, 0) if sampler else (),
        title=texts["title"],
        author=texts["author"],
        copyright=texts["copyright"],
        name=texts["title"],
    )
    dropped = counted(sorted(lost.items()))
    return ChipFile(module_text(module).encode("ascii"), (*changed, *dropped))


def _with_silence(patterns: Sequence[range]) -> list[range]:
    """Return the patterns with another one, whose rows are empty."""
    end = patterns[-1].stop
    return [*patterns, range(end, end + 1)]


def _steer(lanes: Sequence[dict[int, FtCell]], grid: Grid, patterns: Sequence[range]) -> None:
    """Add the speeds, the ends of short patterns and the loop."""
    longest = max(map(len, patterns))
    starts = [pattern.start for pattern in patterns]
    for number, pattern in enumerate(patterns):
        speed = None
        for row in pattern:
            frames = grid.rows[row].frames if row < len(grid.rows) else speed
            if frames != speed and frames is not None:
                speed = frames
                _put(lanes[_SPEEDS], row, f"F{speed:02X}")
        if number == len(patterns) - 1:
            goal = number if grid.loop_row is None else starts.index(grid.loop_row)
            _put(lanes[_JUMPS], pattern[-1], f"B{goal:02X}")
        elif len(pattern) < longest:
            _put(lanes[_JUMPS], pattern[-1], "D00")


def _put(lane: dict[int, FtCell], row: int, effect: str) -> None:
    """Set the effect of a row; a row has one, and a later one replaces it."""
    lane[row] = replace(lane.get(row, EMPTY), effects=(effect,))


def _palette(song: ChipSong, most: int) -> dict[tuple[str, int], int]:
    """Return the level to use for each instrument and level, so that there are few enough of them.

    most: how many instruments at one level the bank may hold.
    """
    used = sorted({(note.instrument, note.level) for v in song.voices for note in v.notes})
    for step in range(1, 16):
        palette = {(name, level): _near(level, step) for name, level in used}
        kinds = {(v.name, note.instrument, palette[note.instrument, note.level])
                 for v in song.voices for note in v.notes}  # fmt: skip
        if len(kinds) <= most:
            return palette
    raise RenderError(
        f"the song has {len({name for name, _ in used})} instruments, and FamiTone holds {most}; "
        "use fewer instruments or no arpeggios"
    )


def _near(level: int, step: int) -> int:
    """Return the level rounded to a multiple of `step`, limited to 1..15."""
    return min(15, max(1, round(level / step) * step))


@dataclass(slots=True)
class _Lane:
    """One voice's cells while they are filled."""

    song: ChipSong
    grid: Grid
    spec: VoiceSpec
    bank: Bank
    palette: dict[tuple[str, int], int]
    lost: Counter[str]
    _cells: dict[int, FtCell] = field(default_factory=dict)

    def cells(self, voice: ChipVoice) -> dict[int, FtCell]:
        """Return the cells by row: the notes and their ends."""
        kept: list[tuple[int, ChipNote]] = []
        for note in voice.notes:
            row = self._row(note)
            if row is None or row in self._cells:
                self.lost[_OUTSIDE if row is None else _TWICE] += 1
                continue
            self._cells[row] = self._note(note)
            kept.append((row, note))
        following = [row for row, _ in kept[1:]] + [len(self.grid.rows)]
        for (row, note), until in zip(kept, following, strict=False):
            self._end(note, row, until)
        loop = self.grid.loop_row
        if kept and loop is not None:
            self._cells.setdefault(loop, FtCell("---"))
        return self._cells

    def _row(self, note: ChipNote) -> int | None:
        """Return the row nearest to a note's start; None for a note outside the song."""
        if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
            return None
        return self.grid.nearest(note.start_frame)

    def _note(self, note: ChipNote) -> FtCell:
        """Return the cell of a note, counting what the engine cannot play."""
        instrument = self.song.instrument(note.instrument)
        level = self.palette[note.instrument, note.level]
        self.lost[_LEVELS] += level != note.level
        is_noise = self.spec.kind == "noise"
        if not is_noise:
            self.lost[_VIBRATO] += instrument.vibrato_delay_frames is not None
            self.lost[_DUTIES] += len(set(instrument.duty.values)) > 1 and self.spec.kind == "pulse"
        number = self.bank.number(_at_level(instrument, level), self.spec.kind, note.pitch)
        if number is None:
            raise RenderError("the song has more macros than FamiTone holds; use fewer instruments")
        name = f"{15 - note.pitch:X}-#" if is_noise else self._name(note.pitch)
        return FtCell(name, number)

    def _name(self, pitch: int) -> str:
        """Return a pitch in FamiTracker's spelling, moved by octaves into the engine's range."""
        place = pitch - _C0_MIDI + (OCTAVE if self.spec.kind == "triangle" else 0)
        moved = place
        while moved < _LOWEST:
            moved += OCTAVE
        while moved > _HIGHEST:
            moved -= OCTAVE
        self.lost[_OCTAVE] += moved != place
        octave, step = divmod(moved, OCTAVE)
        return f"{_NAMES[step]}{octave}"

    def _end(self, note: ChipNote, row: int, following: int) -> None:
        """Cut the note in the row nearest to its end, at least one later, unless another starts."""
        instrument = self.song.instrument(note.instrument)
        if self.spec.kind == "noise" and not instrument.volume.values[-1]:
            return
        if note.end_frame >= self.song.frames:
            return
        _, late = self.grid.place(note.end_frame)
        last = max(self.grid.nearest(note.end_frame), row + 1)
        self.lost[_ENDS] += late > 0 or last != self.grid.place(note.end_frame)[0]
        self.lost[_RELEASES] += instrument.volume.release is not None and last < following
        if last < following:
            self._cells[last] = FtCell("---")


def _at_level(instrument: Instrument, level: int) -> Instrument:
    """Return the instrument at a level, without what the engine would play wrongly."""
    values = instrument.volume.values[: instrument.volume.release]
    scaled = tuple(max(1, (value * level + 7) // 15) if value else 0 for value in values)
    return replace(
        instrument,
        name=f"{instrument.name} {level}",
        volume=Macro(scaled, instrument.volume.loop),
        duty=Macro((instrument.duty.values[-1],)),
    )
