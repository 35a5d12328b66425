"""A ChipSong as an Impulse Tracker module: instruments with their envelopes, samples of the waves.

A row is a 16th note and a tick is a frame, so that note starts (SDx), ends and envelopes keep their
frames; a row highlight marks beats and bars. A tempo is whole, so the last rows of each bar have
the next faster one (Txx), as many as it takes to keep the chip's time. Every instrument is one of
the song's, with a sample for each octave that it plays. Vibrato (Uxy, Hxy) stands in every row that
it sounds in. Duty changes and slides are left out, as in the MOD. Speeds, tempi and the jump to the
loop have channels of their own. The SNES has its sources as samples, its voices in their places,
and no echo.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from chipassets.chipfiles.grid import Grid, cut_patterns, row_grid
from chipassets.chipfiles.it_file import (
    ARPEGGIO,
    CUT,
    EMPTY,
    FINE_VIBRATO,
    JUMP,
    MIDDLE_C,
    MOST_NODES,
    MOST_PATTERNS,
    NOTES,
    OFF,
    PAN,
    SPECIAL,
    SPEED,
    TEMPO,
    VIBRATO,
    ItCell,
    ItEnvelope,
    ItInstrument,
    ItModule,
    ItSample,
    it_bytes,
)
from chipassets.chipfiles.it_sources import MIDDLE_C_HZ, kit_sample, source_for, source_sample
from chipassets.chipfiles.mod import check_voices, wave_of
from chipassets.chipfiles.mod_lane import chord_of
from chipassets.chipfiles.mod_samples import (
    DRUM_PERIOD,
    OCTAVES,
    PAL_CLOCK_HZ,
    drum,
    pulse_tone,
    saw_tone,
    tone_shape,
    triangle_tone,
)
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields, to_ascii
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, counted
from chipassets.chips.places import PLACES, is_mirrored
from chipassets.chips.profiles import CHIPS, VoiceSpec
from chipassets.chips.soundbank import Source
from chipassets.errors import RenderError
from chipassets.units import OCTAVE, STEPS_PER_BEAT, steps_per_bar

_PATTERN_ROWS = 128
_LONGEST_ROW = 31
_LATEST = 15
"""The most ticks by which SDx delays and after which SCx cuts."""

_LOWEST_MIDI = 24
_DRUM_KEYS = 48
"""The key of the noise's brightest period."""

_DEPTH_CENTS = {FINE_VIBRATO: 100 / 64, VIBRATO: 100 / 16}
"""Cents up and down by the lower digit, from the finer effect on; a period has 64 phases."""

_VIBRATO_PHASES, _MOST_DIGIT = 64, 15

_DRUMS, _SAMPLED = ("noise", "kit"), ("source", "chorus")
"""Families that play a drum once, and those whose tones are sources of the SNES."""

_DUTIES = ("12.5 %", "25 %", "50 %", "75 %")

_TWICE = "IT: a second note of a voice in one row"
_RANGE = "IT: a note below C1 or above B7"
_OUTSIDE = "IT: a note outside the song"
_LATE = "IT: a start or an end moved by frames, as a row says one of them up to 15 frames late"
_VIBRATO = "IT: a note without its vibrato, as no row of its own has room for it"
_SIDE = "IT: a note whose voice changes sides later, as its rows have no room for that"
_SHORT = "IT: a release cut off, as the note ends before its envelope is held"

Key = tuple[str, str, int]
"""An instrument's name, its family of samples, and its duty."""


def encode_it(
    song: ChipSong, *, title: str, beats_per_bar: float = 4, pulse_steps: int = STEPS_PER_BEAT
) -> ChipFile:
    """Return the song as a module that loops with the song; pulse_steps: the rows of a beat.

    What rows, envelopes and samples cannot hold is reported. RenderError for an unknown chip or
    voice, a chip that plays samples, or a song of more than 200 patterns.
    """
    check_voices(song, "IT", family_of)
    texts, changed = fit_fields({"title": title}, 25, "IT")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = cut_patterns(grid, _PATTERN_ROWS)
    if len(patterns) > MOST_PATTERNS:
        raise RenderError(
            f"the song has {len(patterns)} patterns and an IT holds {MOST_PATTERNS}; write a "
            "shorter track"
        )
    lost: Counter[str] = Counter()
    bank = _Bank(song)
    specs = CHIPS[song.chip].voices
    lanes = [
        _Lane(song, grid, family_of(spec) or "", bank, lost).cells(song.voice(spec.name))
        for spec in specs
    ]
    tempo = int(_tempo(song))
    lanes += _flow(grid, patterns, _tempi(grid, patterns, _tempo(song)))
    order, distinct = _assemble(lanes, patterns)
    instruments, samples = bank.finished()
    steps = steps_per_bar(beats_per_bar)
    bar_rows = len([row for row in grid.rows if row.bar == 0])
    module = ItModule(
        texts["title"], grid.rows[0].frames, tempo, max(pulse_steps * bar_rows // steps, 1),
        min(bar_rows, 255), order, instruments, samples, distinct,
        (*(spec.name for spec in specs), "speed", "tempo"), _places(song.chip),
    )  # fmt: skip
    return ChipFile(it_bytes(module), (*changed, *counted(sorted(lost.items()))))


def family_of(spec: VoiceSpec) -> str | None:
    """Return the family of samples that a voice plays; None if there is none."""
    if spec.kind == "sample":
        return {"drums": "kit", "chorus": "chorus"}.get(spec.role, "source")
    return wave_of(spec.kind)


def _places(chip: str) -> tuple[tuple[int, int], ...]:
    """Return volume and panning of the voices' channels, for a player that pans linearly."""
    if not CHIPS[chip].samples_tones:
        return ()
    sides = [PLACES[spec.name] for spec in CHIPS[chip].voices]
    loudest = max(map(sum, sides))
    return tuple(
        (round(64 * (left + right) / loudest), round(64 * right / (left + right)))
        for left, right in sides
    )


def _tempo(song: ChipSong) -> Fraction:
    """Return the tempo at which a tick is exactly a frame: a tick is 2.5 s divided by the tempo."""
    return CHIPS[song.chip].frame_rate_hz * Fraction(5, 2)


def _tempi(grid: Grid, patterns: Sequence[range], tempo: Fraction) -> dict[int, int]:
    """Return the tempo of the rows at which it changes: equal patterns have equal tempi.

    Each bar begins with the whole tempo below the exact one and ends with the one above it.
    """
    slow = int(tempo)
    found: dict[int, int] = {}
    for pattern in patterns:
        # What the pattern is behind the exact tempo, in frames, times the two tempi.
        behind = Fraction(0)
        starts = [at for at in pattern if at == pattern.start or _is_new_bar(grid, at)]
        for start, end in pairwise([*starts, pattern.stop]):
            frames = [grid.rows[at].frames for at in range(start, end)]
            behind += sum(frames) * (tempo / slow - 1)
            gains = [0, *accumulate(reversed(frames))]
            gained = [number * (tempo / slow - tempo / (slow + 1)) for number in gains]
            rows = min(range(len(gained)), key=lambda count: abs(behind - gained[count]))
            behind -= gained[rows]
            found[start] = slow
            if rows:
                found[end - rows] = slow + 1
    return found


def _is_new_bar(grid: Grid, row: int) -> bool:
    return grid.rows[row].bar != grid.rows[row - 1].bar


class _Bank:
    """The instruments and samples while they are collected."""

    def __init__(self, song: ChipSong) -> None:
        self._song = song
        self._keys: dict[Key, set[int]] = defaultdict(set)
        self._numbers: dict[Key, int] = {}

    def number(self, instrument: Instrument, family: str, pitch: int) -> int:
        """Return the number, from 1, of the instrument that plays a note."""
        has_duty = family in ("pulse", *_SAMPLED)
        duty = instrument.duty.values[-1] % len(_DUTIES) if has_duty else 0
        key = (instrument.name, family, duty)
        self._keys[key].add(pitch)
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def finished(self) -> tuple[tuple[ItInstrument, ...], tuple[ItSample, ...]]:
        """Return the instruments by number, and their samples."""
        samples: dict[tuple[str, str | int | Source, int], tuple[int, ItSample]] = {}
        at: tuple[str, str | int | Source, int]
        found = []
        for name, family, duty in self._numbers:
            instrument = self._song.instrument(name)
            keys = [(note, 0) for note in range(NOTES)]
            for pitch in sorted(self._keys[name, family, duty]):
                if family in _DRUMS:
                    at = (family, name, pitch if family == "noise" else 0)
                    is_new = family == "noise" or at not in samples
                    made = _drum(family, instrument, pitch) if is_new else samples[at][1]
                    places = [_DRUM_KEYS + pitch]
                elif family in _SAMPLED:
                    own = source_for(instrument, duty, pitch)
                    at = (family, own, 0)
                    made = source_sample(own, chorus=family == "chorus")
                    places = [pitch]
                else:
                    octave = (pitch - _LOWEST_MIDI) // OCTAVE
                    at = (family, duty, octave)
                    made = samples[at][1] if at in samples else _tone_sample(family, duty, octave)
                    first = _LOWEST_MIDI + OCTAVE * octave
                    places = list(range(first, first + OCTAVE))
                number = samples.setdefault(at, (len(samples) + 1, made))[0]
                for place in places:
                    keys[place] = (MIDDLE_C if family in _DRUMS else place, number)
            envelope = None if family in _DRUMS else envelope_of(instrument)
            found.append(ItInstrument(to_ascii(name), tuple(keys), envelope))
        return tuple(found), tuple(sample for _, sample in samples.values())


def _tone_sample(family: str, duty: int, octave: int) -> ItSample:
    """Return one looped cycle, or a few, of a wave as a sample that plays middle C at its rate."""
    samples, cycles = tone_shape(octave)
    if family == "pulse":
        name, data = f"pulse {_DUTIES[duty]}, octave {octave}", pulse_tone(duty, octave)
    else:
        name = f"{family}, octave {octave}"
        data = saw_tone(octave) if family == "saw" else triangle_tone(octave)
    return ItSample(name, data, round(MIDDLE_C_HZ * samples / cycles), 0)


def _drum(family: str, instrument: Instrument, period: int) -> ItSample:
    """Return a drum: the kit's own sample, or one of the noise at a period."""
    if family == "kit":
        return kit_sample(instrument)
    """Return a drum, as the noise voice plays it at a period, as a sample."""
    rate_hz = round(PAL_CLOCK_HZ / DRUM_PERIOD)
    return ItSample(to_ascii(f"{instrument.name} {period}"), drum(instrument, period), rate_hz)


def envelope_of(instrument: Instrument) -> ItEnvelope:
    """Return the volume macro with a node wherever its line bends; a tick is a frame.

    Of a macro that takes more nodes than there are, the smallest bends are left out.
    """
    macro = instrument.volume
    values = [round(value * 64 / 15) for value in macro.values]
    held = len(values) if macro.release is None else macro.release
    kept: set[int] = {0, held - 1, len(values) - 1}
    sustain = None
    if macro.release is not None or macro.loop is not None:
        loop = held - 1 if macro.loop is None else macro.loop
        kept.add(loop)
        sustain = loop, held - 1
    ticks = list(range(len(values)))
    if macro.release is not None:
        # After the last value of a release there is silence.
        values, ticks = [*values, 0], [*ticks, len(values)]
        kept.add(len(values) - 1)
    nodes = _bends(values, kept)
    places = tuple((ticks[node], values[node]) for node in nodes)
    found = (nodes.index(sustain[0]), nodes.index(sustain[1])) if sustain else None
    return ItEnvelope(places, found)


def _bends(values: Sequence[int], kept: set[int]) -> list[int]:
    """Return the places where lines between them meet every value, or as many as there may be."""
    nodes = sorted(kept)
    while len(nodes) < MOST_NODES:
        worst, off = 0, 0.5
        for first, last in pairwise(nodes):
            for place in range(first + 1, last):
                share = (place - first) / (last - first)
                line = values[first] + (values[last] - values[first]) * share
                if abs(values[place] - line) > off:
                    worst, off = place, abs(values[place] - line)
        if not worst:
            break
        nodes = sorted({*nodes, worst})
    return nodes


@dataclass(slots=True)
class _Lane:
    """One voice's cells while they are filled."""

    song: ChipSong
    grid: Grid
    family: str
    bank: _Bank
    lost: Counter[str]
    _cells: dict[int, ItCell] = field(default_factory=dict)

    def cells(self, voice: ChipVoice) -> dict[int, ItCell]:
        """Return the cells by row: the notes, their ends and their chords."""
        kept = [note for note in voice.notes if self._start(note)]
        ends = [*(note.start_frame for note in kept[1:]), self.song.frames][: len(kept)]
        if self.family not in _DRUMS:
            for note, until in zip(kept, ends, strict=True):
                self._end(note, until)
        if self.family in (*_SAMPLED, "kit"):
            self._turn(voice.name, kept)
        if self.family not in _DRUMS:
            for note, until in zip(kept, ends, strict=True):
                self._chord(note, min(until, note.end_frame))
                self._vibrato(note, min(until, note.end_frame))
        loop = self.grid.loop_row
        if kept and loop is not None:
            self._cells.setdefault(loop, ItCell(CUT))
        return self._cells

    def _start(self, note: ChipNote) -> bool:
        """Put the note into its row; if that is impossible, count it and return False."""
        if not 0 <= note.start_frame < self.song.frames or note.duration_frames < 1:
            self.lost[_OUTSIDE] += 1
            return False
        row, late = self.grid.place(note.start_frame)
        low, high = (0, 16) if self.family in _DRUMS else (24, 24 + OCTAVE * OCTAVES)
        if row in self._cells or not low <= note.pitch < high:
            self.lost[_TWICE if row in self._cells else _RANGE] += 1
            return False
        instrument = self.song.instrument(note.instrument)
        number = self.bank.number(instrument, self.family, note.pitch)
        key = _DRUM_KEYS + note.pitch if self.family in _DRUMS else note.pitch
        level = 15 if self.family == "triangle" else max(note.level, 1)
        self.lost[_LATE] += late > _LATEST
        effect = (SPECIAL, 0xD0 | min(late, _LATEST)) if late else (0, 0)
        self._cells[row] = ItCell(key, number, (level * 64 + 7) // 15, *effect)
        return True

    def _end(self, note: ChipNote, following_frame: int) -> None:
        """Release or cut the note, unless another starts there or the song ends."""
        if note.end_frame >= min(self.song.frames, following_frame):
            return
        macro = self.song.instrument(note.instrument).volume
        is_held = macro.release is not None and note.duration_frames >= macro.release
        self.lost[_SHORT] += macro.release is not None and not is_held
        row, late = self.grid.place(note.end_frame)
        if is_held:
            # An envelope goes on from what it holds in the tick after its note's release.
            sooner, sooner_late = self.grid.place(note.end_frame - 1)
            if sooner not in self._cells:
                row, late = sooner, sooner_late
        if row in self._cells:
            cell = self._cells[row]
            starts = self.grid.rows[row].start_frame <= note.start_frame
            if starts and not cell.effect and late <= _LATEST:
                self._cells[row] = ItCell(
                    cell.note, cell.instrument, cell.volume, SPECIAL, 0xC0 | max(late, 1)
                )
            else:
                self.lost[_LATE] += 1
            return
        self.lost[_LATE] += late > _LATEST
        effect = (SPECIAL, 0xD0 | min(late, _LATEST)) if late else (0, 0)
        self._cells[row] = ItCell(OFF if is_held else CUT, 0, None, *effect)

    def _chord(self, note: ChipNote, end_frame: int) -> None:
        """Add the arpeggio of a chord in every row of the note."""
        chord = chord_of(self.song.instrument(note.instrument))
        if not chord:
            return
        row, _ = self.grid.place(note.start_frame)
        while row < len(self.grid.rows) and self.grid.rows[row].start_frame < end_frame:
            cell = self._cells.get(row, EMPTY)
            if not cell.effect:
                self._cells[row] = ItCell(cell.note, cell.instrument, cell.volume, ARPEGGIO, chord)
            row += 1

    def _turn(self, name: str, notes: Sequence[ChipNote]) -> None:
        """Exchange the voice's sides where its notes enter a section that is mirrored, and back.

        The row of such a note says so, or the next one if that has an effect. So does the first
        note of the loop, which the end of the song may come before.
        """
        left, right = PLACES[name]
        kinds = [is_mirrored(self.song.part_at(note.start_frame).kind) for note in notes]
        loop = self.song.loop_start_frame or 0
        before, is_looped = False, not any(kinds)
        for note, mirrored in zip(notes, kinds, strict=True):
            at_loop = not is_looped and note.start_frame >= loop
            is_looped = is_looped or at_loop
            if mirrored == before and not at_loop:
                continue
            before = mirrored
            row, _ = self.grid.place(note.start_frame)
            free = [n for n in (row, row + 1) if not self._cells.get(n, EMPTY).effect]
            if not free or free[0] >= len(self.grid.rows):
                self.lost[_SIDE] += 1
                continue
            side = round(255 * (left if mirrored else right) / (left + right))
            cell = self._cells.get(free[0], EMPTY)
            self._cells[free[0]] = replace(cell, effect=PAN, parameter=side)

    def _vibrato(self, note: ChipNote, end_frame: int) -> None:
        """Add the vibrato in every row of the note from its delay on, growing as the chip's does.

        Rows that say something else, like the chord's arpeggio, keep that.
        """
        instrument = self.song.instrument(note.instrument)
        if instrument.vibrato_delay_frames is None:
            return
        first = note.start_frame + instrument.vibrato_delay_frames
        if first >= end_frame:
            return
        number, late = self.grid.place(first)
        number += late > 0
        wavers = False
        while number < len(self.grid.rows) and self.grid.rows[number].start_frame < end_frame:
            row, cell = self.grid.rows[number], self._cells.get(number, EMPTY)
            if not cell.effect and cell.note not in (CUT, OFF):
                middle = row.start_frame + row.frames / 2 - first
                grown = min(1.0, middle / instrument.vibrato_period_frames)
                self._cells[number] = replace(cell, **_vibrato_of(instrument, grown))
                wavers = True
            number += 1
        self.lost[_VIBRATO] += not wavers


def _vibrato_of(instrument: Instrument, share: float) -> dict[str, int]:
    """Return the effect that is nearest to a share of the instrument's vibrato."""
    wanted = share * instrument.vibrato_depth_cents
    fits = [name for name, cents in _DEPTH_CENTS.items() if wanted <= _MOST_DIGIT * cents]
    effect = (fits or [VIBRATO])[0]
    depth = min(max(round(wanted / _DEPTH_CENTS[effect]), 1), _MOST_DIGIT)
    speed = min(max(round(_VIBRATO_PHASES / instrument.vibrato_period_frames), 1), _MOST_DIGIT)
    return {"effect": effect, "parameter": speed << 4 | depth}


def _flow(
    grid: Grid, patterns: Sequence[range], tempi: Mapping[int, int]
) -> list[dict[int, ItCell]]:
    """Return the channel of the speeds, and that of the tempi and of the jump to the loop."""
    speeds: dict[int, ItCell] = {}
    for row, item in enumerate(grid.rows):
        if not row or item.frames != grid.rows[row - 1].frames or row == grid.loop_row:
            speeds[row] = ItCell(effect=SPEED, parameter=item.frames)
    others = {row: ItCell(effect=TEMPO, parameter=tempo) for row, tempo in tempi.items()}
    if grid.loop_row is not None:
        goal = [pattern.start for pattern in patterns].index(grid.loop_row)
        last = patterns[-1][-1]
        # A tempo that has the row of the jump goes to the other channel, or lasts a row less.
        if last in others and last not in speeds:
            speeds[last] = others[last]
        others[last] = ItCell(effect=JUMP, parameter=goal)
    return [speeds, others]


def _assemble(
    lanes: Sequence[Mapping[int, ItCell]], patterns: Sequence[range]
) -> tuple[tuple[int, ...], tuple[tuple[tuple[ItCell, ...], ...], ...]]:
    """Return order and patterns; equal ones are stored once."""
    known: dict[tuple[tuple[ItCell, ...], ...], int] = {}
    order = []
    for pattern in patterns:
        rows = tuple(tuple(lane.get(row, EMPTY) for lane in lanes) for row in pattern)
        order.append(known.setdefault(rows, len(known)))
    return tuple(order), tuple(known)
