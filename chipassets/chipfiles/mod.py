"""A ChipSong as a ProTracker module: a channel per voice, samples of the chip's waves.

A row is a 16th note; speed and tempo are the pair nearest to its length. Volume envelopes are
followed row by row (Cxx). What ends within a row is cut to the tick (ECx). Duty changes, slides and
vibrato are left out: a tone keeps its last duty. The Game Boy's wave becomes a triangle.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from chipassets.chipfiles.mod_lane import (
    BREAK,
    END_LOST,
    EXTRA,
    JUMP,
    LEVEL_LOST,
    NO_CELL,
    SPEED,
    VOLUME,
    Clock,
    Lane,
    Sound,
)
from chipassets.chipfiles.mod_samples import (
    MOST_SPAN,
    drum,
    pulse_tone,
    saw_tone,
    triangle_tone,
)
from chipassets.chipfiles.result import ChipFile
from chipassets.chipfiles.text import fit_fields, to_ascii
from chipassets.chips.chipsong import ChipSong, Dropped, counted
from chipassets.chips.profiles import CHIPS, VoiceSpec
from chipassets.errors import RenderError
from chipassets.nearest import did_you_mean
from chipassets.units import steps_per_bar

_LONGEST_ROW = 31
_MOST_CHANNELS = 9


def encode_mod(song: ChipSong, *, title: str, beats_per_bar: float = 4) -> ChipFile:
    """Return the song as a module that loops with the song: four channels, with the VRC6 seven.

    What a row or the samples cannot hold is reported, and so is a tempo that errs by more than half
    a percent. RenderError for an unknown chip or voice, or a song of more than 128 patterns of 64
    rows.
    """
    check_voices(song, "MOD")
    texts, changed = fit_fields({"title": title}, 20, "MOD")
    grid = row_grid(song, beats_per_bar, _LONGEST_ROW)
    patterns = cut_patterns(grid, ROWS)
    if len(patterns) > MOST_PATTERNS:
        raise RenderError(
            f"the song has {len(grid.rows)} rows and a MOD holds {MOST_PATTERNS} patterns of "
            f"{ROWS}; write a shorter track"
        )
    clock = _clock(song, grid, beats_per_bar)
    lanes, lost = _collected(song, grid, clock)
    samples = _samples(song, lanes)
    for lane in lanes:
        lane.fill({sound: number for number, sound in enumerate(samples, start=1)}, samples)
    cells = [lane.cells for lane in lanes]
    _steer(cells, grid, patterns, clock, lost)
    order, distinct = _assemble(cells, patterns)
    module = ModFile(texts["title"], tuple(samples.values()), order, distinct)
    return ChipFile(
        mod_bytes(module), (*changed, *_tempo_report(clock), *counted(sorted(lost.items())))
    )


def _collected(song: ChipSong, grid: Grid, clock: Clock) -> tuple[list[Lane], Counter[str]]:
    """Return the lanes with their notes.

    Samples span one octave, or more if there would be too many.
    """
    for span in range(1, MOST_SPAN + 1):
        lost: Counter[str] = Counter()
        lanes = [
            Lane(song, grid, clock, spec.name, wave_of(spec.kind) or "", span, lost)
            for spec in CHIPS[song.chip].voices
        ]
        for lane in lanes:
            lane.collect(song.voice(lane.name))
        sounds = {start.sound for lane in lanes for start in lane.starts.values()}
        if len(sounds) <= MOST_SAMPLES:
            break
    return lanes, lost


def check_voices(
    song: ChipSong, kind: str, family: Callable[[VoiceSpec], str | None] | None = None
) -> None:
    """Raise RenderError for a chip or a voice that a module cannot hold.

    family: returns the family of samples that a voice has in this kind of module, None without one.
    """
    if song.chip not in CHIPS:
        raise RenderError(
            f"there is no chip {song.chip!r}; {did_you_mean(song.chip, CHIPS, 'chips')}"
        )
    voices = CHIPS[song.chip].voices
    found = [family(spec) if family else wave_of(spec.kind) for spec in voices]
    if None in found or len(voices) > _MOST_CHANNELS:
        raise RenderError(
            f"{kind} has no samples for the chip {song.chip!r}; choose another format"
        )
    unknown = {voice.name for voice in song.voices} - {spec.name for spec in voices}
    if unknown:
        raise RenderError(f"the chip {song.chip} has no voice {min(unknown)!r}")


def wave_of(kind: str) -> str | None:
    """Return the family of samples for a kind of voice; None if there is none."""
    families = {"pulse": "pulse", "triangle": "triangle", "wave": "triangle", "saw": "saw"}
    return "noise" if kind == "noise" else families.get(kind.split("_")[-1])


def _clock(song: ChipSong, grid: Grid, beats_per_bar: float) -> Clock:
    """Return the pair nearest to a row's length.

    Of those within 0.02 %, the one nearest to frames.
    """
    step = Fraction(song.frames_per_bar, steps_per_bar(beats_per_bar))
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
    """Return by how much the rows are too long, if that is at least half a per cent."""
    if abs(clock.error) < Fraction(1, 200):
        return ()
    return (Dropped(f"MOD: rows {float(100 * clock.error):+.1f} % longer than the song's", 1),)


def _samples(song: ChipSong, lanes: Sequence[Lane]) -> dict[Sound, ModSample]:
    """Return the samples in the order of first use.

    The rarest are dropped if there are too many.
    """
    used: dict[Sound, Counter[int]] = defaultdict(Counter)
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


def _sample(song: ChipSong, sound: Sound, volume: int) -> ModSample:
    """Return the sample of a sound (kind, duty or drum's period, octave or drum's instrument)."""
    kind, choice, rest = sound
    if kind == "noise":
        name = to_ascii(f"{rest} {choice}")[:22]
        return ModSample(name, drum(song.instrument(rest), choice), volume)
    octave = int(rest)
    if kind == "pulse":
        kind, data = f"pulse {('12.5', '25', '50', '75')[choice % 4]} %", pulse_tone(choice, octave)
    else:
        data = saw_tone(octave) if kind == "saw" else triangle_tone(octave)
    return ModSample(f"{kind}, octave {octave}", data, volume, 0, 0, len(data))


def _steer(
    cells: list[dict[int, ModCell]],
    grid: Grid,
    patterns: Sequence[range],
    clock: Clock,
    lost: Counter[str],
) -> None:
    """Add tempo, speeds, pattern ends and the loop in cells without an effect, or replace one."""
    speed = 0
    uneven = len(set(clock.row_ticks)) > 1
    _give(cells, 0, (SPEED, clock.tempo), lost)
    for row, ticks in enumerate(clock.row_ticks):
        if ticks != speed or (uneven and row == grid.loop_row):
            _give(cells, row, (SPEED, ticks), lost)
            speed = ticks
    for row, effect in _jumps(grid, patterns):
        _give(cells, row, effect, lost)


def _jumps(grid: Grid, patterns: Sequence[range]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield row and effect of the ends of short patterns and of the jump to the loop."""
    starts = [pattern.start for pattern in patterns]
    for pattern in patterns[:-1]:
        if len(pattern) < ROWS:
            yield pattern[-1], (BREAK, 0)
    if grid.loop_row is not None:
        yield patterns[-1][-1], (JUMP, bisect_right(starts, grid.loop_row) - 1)
    elif len(patterns[-1]) < ROWS:
        yield patterns[-1][-1], (BREAK, 0)


def _give(
    cells: list[dict[int, ModCell]], row: int, effect: tuple[int, int], lost: Counter[str]
) -> None:
    """Put the effect in a cell without one, else in place of the least important volume or cut."""

    channel = min(range(len(cells)), key=lambda n: (_rank(cells[n].get(row, NO_CELL)), -n))
    cell = cells[channel].get(row, NO_CELL)
    reason = {_LEVEL_RANK: LEVEL_LOST, _END_RANK: END_LOST}.get(_rank(cell))
    lost.update((reason,) if reason else ())
    cells[channel][row] = replace(cell, effect=effect[0], parameter=effect[1])


def _rank(cell: ModCell) -> int:
    """Return the importance of the effect: none, a row's volume, a level, an end, a jump."""
    if cell.effect in _FLOW:
        return _END_RANK + 1
    if cell.effect == EXTRA or (cell.effect == VOLUME and not cell.period and not cell.parameter):
        return _END_RANK
    if cell.effect == VOLUME and cell.period:
        return _LEVEL_RANK
    return 1 if cell.effect or cell.parameter else 0


_LEVEL_RANK, _END_RANK = 2, 3
_FLOW = (JUMP, BREAK, SPEED)


def _assemble(
    cells: Sequence[dict[int, ModCell]], patterns: Sequence[range]
) -> tuple[tuple[int, ...], tuple[tuple[tuple[ModCell, ...], ...], ...]]:
    """Return order and patterns; equal ones are stored once."""
    known: dict[tuple[tuple[ModCell, ...], ...], int] = {}
    order = []
    blank = (NO_CELL,) * len(cells)
    for pattern in patterns:
        rows = tuple(tuple(lane.get(row, NO_CELL) for lane in cells) for row in pattern)
        rows += (blank,) * (ROWS - len(rows))
        order.append(known.setdefault(rows, len(known)))
    return tuple(order), tuple(known)
