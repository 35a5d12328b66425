"""A ChipSong as a FamiTracker module, so that a musician can edit it.

A row is a 16th note and a tick is a frame: at tempo 150 a row lasts as many frames as its speed, so
speed effects (Fxx) keep every row in time with the audio. What begins or ends within a row is
delayed by frames (Gxx, Sxx). Vibrato is FamiTracker's own (4xy), with the nearest speed and depth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chipassets.chipfiles.ft_bank import Bank, fits, is_cut
from chipassets.chipfiles.ft_module import EMPTY, NOTE_NAMES, FtCell, FtModule, module_text
from chipassets.chipfiles.ft_samples import (
    INSTRUMENT as SAMPLER,
)
from chipassets.chipfiles.ft_samples import (
    add_samples,
    count_unheard,
    keys,
    plays_samples,
    samples,
)
from chipassets.chipfiles.grid import Grid, cut_patterns, row_grid
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, counted
from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.errors import RenderError
from chipassets.units import CENT, OCTAVE

_TEMPO = 150
"""The tempo at which a row lasts as many frames as its speed."""

_EXPANSIONS = {"nes": 0, "nes-vrc6": 1}
_SAMPLES_CHANNEL = 4
"""The channel that holds the speeds and jumps besides its notes."""

_LONGEST_ROW = 31
_MOST_PATTERNS = 128
_ROWS = (64, 128, 256)
_LOWEST_MIDI = 24
"""FamiTracker's C-0. The triangle sounds an octave below its name."""

# Depths of 4xy in timer units by y (the new vibrato); a period has 64 phases, x of them a frame.
_VIBRATO_DEPTHS = (1.0, 1.5, 2.5, 4.0, 5.0, 7.0, 10.0, 12.0, 14.0, 17.0, 22.0, 30.0, 44.0, 64.0)
_VIBRATO_PHASES = 64

_TWICE = "FamiTracker: a second note of a voice in one row"
_RANGE = "FamiTracker: a note below C-0 or above B-7"
_OUTSIDE = "FamiTracker: a note outside the song"
_FULL = "FamiTracker: a note of more than 64 instruments"
_ENDS = "FamiTracker: a note's end moved to the next note"
_SHORT = "FamiTracker: a release cut off, as note and end are in one row"
_LONG = "FamiTracker: a note whose macro is cut to 252 values"


def encode_famitracker(
    song: ChipSong,
    *,
    title: str,
    author: str = "",
    copyright_line: str = "",
    beats_per_bar: float = 4,
) -> ChipFile:
    """Return the song as FamiTracker text, and what rows, macros and texts could not hold.

    RenderError for a chip other than `nes` and `nes-vrc6`, a voice that it does not have, or a song
    of more than 128 patterns of 256 rows.
    """
    chip = tracker_chip(song)
    asked = {"title": title, "author": author, "copyright": copyright_line}
    texts, changed = fit_fields(asked, 31, "FamiTracker")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = tracker_patterns(grid)
    bank = Bank()
    lost: Counter[str] = Counter()
    lanes: list[dict[int, FtCell]] = []
    for spec in chip.voices:
        voice = song.voice(spec.name)
        lanes.append(_Lane(song, grid, chip, spec, bank, lost).cells(voice))
    flow = _flow(grid, patterns)
    lanes.insert(_SAMPLES_CHANNEL, flow)
    sampler = bank.add_plain(SAMPLER) if plays_samples(song) else None
    if sampler is not None:
        add_samples(flow, song, grid, sampler, lost)
    else:
        count_unheard(song, lost)
    module = assemble(lanes, patterns, bank)
    if sampler is not None:
        module = replace(module, samples=samples(song), keys=keys(song, sampler))
    module = replace(
        module,
        title=texts["title"],
        author=texts["author"],
        copyright=texts["copyright"],
        name=texts["title"],
        expansion=_EXPANSIONS[song.chip],
    )
    dropped = counted(sorted(lost.items()))
    return ChipFile(module_text(module).encode("ascii"), (*changed, *dropped))


def tracker_chip(song: ChipSong, tracker: str = "FamiTracker") -> Chip:
    """Return the song's chip; RenderError for an unsupported chip, or a voice that it lacks."""
    if song.chip not in _EXPANSIONS:
        raise RenderError(
            f"{tracker} text is written for {' and '.join(_EXPANSIONS)}, not {song.chip!r}; "
            "choose another format"
        )
    chip = CHIPS[song.chip]
    unknown = {voice.name for voice in song.voices} - {spec.name for spec in chip.voices}
    if unknown:
        raise RenderError(f"the chip {song.chip} has no voice {min(unknown)!r}")
    return chip


def tracker_patterns(grid: Grid) -> list[range]:
    """Return the shortest patterns whose number is within the limit."""
    for rows in _ROWS:
        patterns = cut_patterns(grid, rows)
        if len(patterns) <= _MOST_PATTERNS:
            return patterns
    raise RenderError(
        f"the song has {len(grid.rows)} rows and FamiTracker holds {_MOST_PATTERNS} patterns of "
        f"{_ROWS[-1]}; write a shorter track"
    )


@dataclass(slots=True)
class _Lane:
    """One voice's cells while they are filled."""

    song: ChipSong
    grid: Grid
    chip: Chip
    spec: VoiceSpec
    bank: Bank
    lost: Counter[str]
    _cells: dict[int, FtCell] = field(default_factory=dict)
    _wavering: bool = False

    def cells(self, voice: ChipVoice) -> dict[int, FtCell]:
        """Return the cells by row: the notes, their ends and their vibrato."""
        kept = [note for note in voice.notes if self._start(note)]
        for note, following in zip(kept, [*kept[1:], None], strict=False):
            self._add_effects(note, following)
        loop = self.grid.loop_row
        if kept and loop is not None:
            self._cells.setdefault(loop, FtCell("---"))
            if self._wavering:
                self._add(loop, "400")
        return self._cells

    def _start(self, note: ChipNote) -> bool:
        """Put the note alone into its row; if that is impossible, count it and return False."""
        name = _note_name(note.pitch, self.spec.kind)
        if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
            self.lost[_OUTSIDE] += 1
            return False
        row, delay = self.grid.place(note.start_frame)
        instrument = self.song.instrument(note.instrument)
        number = self.bank.number(instrument, self.spec.kind, note.pitch)
        problem = _TWICE if row in self._cells else _RANGE if name is None else None
        problem = _FULL if number is None else problem
        if problem or name is None:
            self.lost[problem or _RANGE] += 1
            return False
        if not fits(instrument):
            self.lost[_LONG] += 1
        effects = (f"G{delay:02X}",) if delay else ()
        self._cells[row] = FtCell(name, number, max(note.level, 1), effects)
        return True

    def _add_effects(self, note: ChipNote, following: ChipNote | None) -> None:
        """Add the end of a written note, its vibrato, and the end of the vibrato before it."""
        row, _ = self.grid.place(note.start_frame)
        if self._wavering:
            self._add(row, "400")
            self._wavering = False
        if following is None or note.end_frame < following.start_frame:
            self._end(note, row)
        instrument = self.song.instrument(note.instrument)
        if instrument.vibrato_delay_frames is not None and self.spec.kind != "noise":
            self._add_vibrato(note, instrument, instrument.vibrato_delay_frames)

    def _end(self, note: ChipNote, row: int) -> None:
        """End a note: in its own row, at the row of its end, or not at all if that row is taken."""
        if note.end_frame >= self.song.frames:
            return
        instrument = self.song.instrument(note.instrument)
        last, delay = self.grid.place(note.end_frame)
        if last == row:
            self._add(row, f"S{note.duration_frames:02X}")
            self.lost.update(() if is_cut(instrument) else (_SHORT,))
        elif last in self._cells:
            self.lost[_ENDS] += 1
        else:
            effects = (f"G{delay:02X}",) if delay else ()
            self._cells[last] = FtCell("---" if is_cut(instrument) else "===", effects=effects)

    def _add_vibrato(self, note: ChipNote, instrument: Instrument, delay: int) -> None:
        """Add vibrato from the first row after its delay, if the note still sounds there."""
        row, late = self.grid.place(min(note.start_frame + delay, self.song.frames - 1))
        row += late > 0
        inside = row < len(self.grid.rows) and self.grid.rows[row].start_frame < note.end_frame
        if inside and row not in self._cells:
            timer = self.chip.timer(self.spec, note.pitch)
            self._cells[row] = FtCell(effects=(_vibrato(instrument, timer),))
            self._wavering = True

    def _add(self, row: int, effect: str) -> None:
        """Add an effect to a row, once."""
        cell = self._cells[row]
        if effect not in cell.effects:
            self._cells[row] = replace(cell, effects=(*cell.effects, effect))


def _note_name(pitch: int, kind: str) -> str | None:
    """Return a pitch as FamiTracker writes it; None outside the range of the voice."""
    if kind == "noise":
        return f"{15 - pitch:X}-#" if 0 <= pitch <= 15 else None
    octave, step = divmod(pitch - _LOWEST_MIDI + (OCTAVE if kind == "triangle" else 0), OCTAVE)
    return f"{NOTE_NAMES[step]}{octave}" if 0 <= octave <= 7 else None


def _vibrato(instrument: Instrument, timer: int) -> str:
    """Return the effect 4xy that is nearest to an instrument's vibrato at a timer value."""
    wanted = instrument.vibrato_depth_cents * CENT * (timer + 1)
    depth = min(range(len(_VIBRATO_DEPTHS)), key=lambda y: abs(_VIBRATO_DEPTHS[y] - wanted))
    speed = min(max(round(_VIBRATO_PHASES / max(instrument.vibrato_period_frames, 1)), 1), 15)
    return f"4{speed:X}{depth:X}"


def _flow(grid: Grid, patterns: Sequence[range]) -> dict[int, FtCell]:
    """Add speeds where they change, jumps at the ends of short patterns, and the loop."""
    cells: dict[int, FtCell] = {}
    longest = max(map(len, patterns))
    goal = [pattern.start for pattern in patterns].index(grid.loop_row or 0)
    for number, pattern in enumerate(patterns):
        speed = None
        for row in pattern:
            if grid.rows[row].frames != speed:
                speed = grid.rows[row].frames
                cells[row] = FtCell(effects=(f"F{speed:02X}",))
        jump = "D00" if len(pattern) < longest else ""
        if number == len(patterns) - 1:
            jump = "C00" if grid.loop_row is None else f"B{goal:02X}"
        if jump:
            last = cells.get(pattern[-1], EMPTY)
            cells[pattern[-1]] = replace(last, effects=(*last.effects, jump))
    return cells


def assemble(lanes: Sequence[dict[int, FtCell]], patterns: Sequence[range], bank: Bank) -> FtModule:
    """Return the module without its texts; equal patterns of a channel are stored once."""
    rows = max(map(len, patterns))
    distinct: list[dict[tuple[FtCell, ...], int]] = [{} for _ in lanes]
    order = []
    for pattern in patterns:
        numbers = []
        for lane, known in zip(lanes, distinct, strict=True):
            cells = tuple(lane.get(row, EMPTY) for row in pattern)
            cells += (EMPTY,) * (rows - len(cells))
            numbers.append(known.setdefault(cells, len(known)))
        order.append(tuple(numbers))
    blank = (EMPTY,) * rows
    columns = [[*known, *[blank] * (max(map(len, distinct)) - len(known))] for known in distinct]
    return FtModule(
        title="",
        author="",
        copyright="",
        comment="",
        macros=bank.macros,
        instruments=tuple(bank.instruments),
        rows=rows,
        speed=6,
        tempo=_TEMPO,
        name="",
        columns=tuple(max([1, *(len(cell.effects) for cell in lane.values())]) for lane in lanes),
        order=tuple(order),
        patterns=tuple(tuple(zip(*cells, strict=True)) for cells in zip(*columns, strict=True)),
    )
