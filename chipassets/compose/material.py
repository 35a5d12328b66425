"""Material: the bars that the model proposes for a track, as cells for its voices.

The model plays many short openings. Each of their bars gives a cell of the top line and one of the
lowest; what cannot be sung or walked on is left out, and the rest is ranked. Nothing is built on a
bar that the model did not write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.cells import (
    Cell,
    Traits,
    cell_of,
    gesture_worth,
    is_bass,
    is_gesture,
    is_tune,
    traits_of,
    tune_worth,
)
from chipassets.compose.codec import START, decode_events
from chipassets.compose.constraints import Constraints, unconstrained
from chipassets.compose.feed import ControlFeed
from chipassets.compose.network import Network
from chipassets.compose.primer import apply_primer, check_length
from chipassets.compose.sampler import sample
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.weights import Model
from chipassets.music.keys import Key
from chipassets.music.notes import ordered
from chipassets.plan.trackplan import Primer, TrackPlan, in_quarters
from chipassets.seeds import derive_rng
from chipassets.units import OCTAVE

ROWS = 64
"""Openings are sampled in this number of rows at once, always: the rounding of a row's sums may
depend on its place among them, and never does on what the others hold."""

_SEED_ROWS = 16
"""Rows are named to the random generator in blocks of this number."""

_BARS = 4
_PRIMED_BARS = 3
"""Bars that are composed behind a primer."""

_MOST_OF_A_RHYTHM = 4
_WIDEST = 1.6
"""By this factor the density that rows are told goes beyond the ends of the character's range."""

Line = list[tuple[int, int, int]]
"""(start, duration, pitch) in steps."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A cell and its rating in points."""

    cell: Cell
    worth: float


@dataclass(frozen=True, slots=True)
class Material:
    """The rated cells of a track, the best first: for the tune, and for the bass.

    gestures: cells of two bars for the tune, as the model played them in a row; none in metres
    whose bars hold no whole number of beats. bars: how many bars the model proposed.
    """

    tune: tuple[Ranked, ...]
    bass: tuple[Ranked, ...]
    bars: int
    gestures: tuple[Ranked, ...] = ()


def propose(
    track: TrackPlan, model: Model, progress: Callable[[float], None] | None = None
) -> Material:
    """Return the cells that the model proposes for a track, by the track's seed.

    If a primer conditions the model, the model reads it before each opening. `progress` receives
    the finished share, rising to 1. ComposeError for a primer that leaves nothing to compose.
    The material of the last few tracks is kept: further takes, rerolls and explanations of a track
    ask for it again.
    """
    key = (track, model.sha256)
    found = _recent.pop(key, None) if model.sha256 else None
    if found is None:
        found = _proposed(track, model, progress)
    elif progress:
        progress(1.0)
    if model.sha256:
        _recent[key] = found
        while len(_recent) > _MOST_KEPT:
            _recent.pop(next(iter(_recent)), None)
    return found


_MOST_KEPT = 4
_recent: dict[tuple[TrackPlan, str], Material] = {}
"""The material of the tracks that were asked for last, the newest at the end, by the hash of the
model; a model that no file holds has none."""


def _proposed(track: TrackPlan, model: Model, progress: Callable[[float], None] | None) -> Material:
    """Return the cells that the model proposes for a track."""
    track = in_quarters(track)
    shift = model_shift(track, model)
    bar = track.steps_per_bar
    constraints, first_bar = _constraints(track, shift, bar)
    network = Network(model, ROWS)
    key = Key((track.key.tonic - shift) % OCTAVE, track.key.mode)
    rngs = [
        derive_rng(track.seed, "compose", COMPOSE_VERSION, "material", *divmod(row, _SEED_ROWS))
        for row in range(ROWS)
    ]
    history = sample(
        network,
        constraints,
        rngs,
        track.temperature,
        controls=_controls(track, model, constraints, rngs),
        progress=progress,
    )
    tops: list[Cell] = []
    lows: list[Cell] = []
    pairs: list[Cell] = []
    last_bar = constraints.steps // bar
    for row in history:
        notes, _ = decode_events([START, *row[row >= 0].tolist()])
        tune = top_line(notes)
        tops.extend(_cells(tune, key, bar, range(first_bar, last_bar)))
        lows.extend(_cells(low_line(notes), key, bar, range(first_bar, last_bar)))
        pairs.extend(_cells(tune, key, bar, range(first_bar, last_bar - 1), 2))
    if bar % track.pulse_steps:
        # Without a whole number of beats in a bar nothing is made of two.
        pairs = []
    return Material(
        _ranked(tops, track, is_tune, tune_worth),
        _ranked(lows, track, is_bass, _bass_worth),
        ROWS * (last_bar - first_bar),
        _ranked(pairs, track, is_gesture, gesture_worth),
    )


def _constraints(track: TrackPlan, shift: int, bar: int) -> tuple[Constraints, int]:
    """Return the constraints, and the first bar that the model composes itself."""
    primer = track.primer
    if primer is not None:
        check_length(primer, track.total_steps)
    if primer is None or not primer.steps or not track.condition_on_primer:
        return unconstrained(_BARS * bar), 0
    first = -(-primer.steps // bar)
    constraints = unconstrained((first + _PRIMED_BARS) * bar)
    moved = _moved(primer, -shift)
    return apply_primer(constraints, moved, condition=True, inject=False), first


def _moved(primer: Primer, semitones: int) -> Primer:
    notes = [replace(note, pitch=playable(note.pitch + semitones)) for note in primer.notes]
    return replace(primer, notes=ordered(notes))


def playable(pitch: int) -> int:
    """Return the pitch, moved by an octave if it lies outside MIDI's range."""
    return pitch + OCTAVE if pitch < 0 else pitch - OCTAVE if pitch > 127 else pitch


def model_shift(track: TrackPlan, model: Model) -> int:
    """Return how many semitones the model's pitches lie below the track's (0 in all-key models)."""
    return track.key.canonical_shift if model.canonical_key else 0


def _controls(
    track: TrackPlan, model: Model, constraints: Constraints, rngs: Sequence[np.random.Generator]
) -> ControlFeed | None:
    """Return control inputs with a random density and polyphony for each opening; None without."""
    if not model.controls:
        return None
    wanted, voices = track.character.density, track.character.polyphony
    low, high = wanted.low / _WIDEST, wanted.high * _WIDEST
    density = [low * (high / low) ** float(rng.random()) for rng in rngs]
    polyphony = [voices.low + (voices.high - voices.low) * float(rng.random()) for rng in rngs]
    steps = constraints.steps + 1
    return ControlFeed(model, track, _over(density, steps), _over(polyphony, steps))


def _over(values: Sequence[float], steps: int) -> NDArray[np.float32]:
    """Return a constant value per row at every step, float32 [rows, steps]."""
    return np.repeat(np.array(values, np.float32)[:, None], steps, axis=1)


def top_line(notes: Iterable[tuple[int, int, int]]) -> Line:
    """Return the tune of merged notes.

    The highest at each onset, unless a higher one still sounds.
    """
    return _line(notes, upper=True)


def low_line(notes: Iterable[tuple[int, int, int]]) -> Line:
    """Return the bass of merged notes, the mirror of `top_line`."""
    return _line(notes, upper=False)


def _line(notes: Iterable[tuple[int, int, int]], *, upper: bool) -> Line:
    """Return the highest (or lowest) line of merged notes, as (step, steps, pitch)."""
    sign = 1 if upper else -1
    by_start: dict[int, tuple[int, int, int]] = {}
    for note in notes:
        held = by_start.get(note[0])
        if held is None or sign * note[2] > sign * held[2]:
            by_start[note[0]] = note
    line: Line = []
    for start in sorted(by_start):
        _, steps, pitch = by_start[start]
        if line:
            before = line[-1]
            sounds_on = before[0] + before[1] > start
            if sounds_on and sign * before[2] > sign * pitch + 4:
                continue
            line[-1] = (before[0], min(before[1], start - before[0]), before[2])
        line.append((start, steps, pitch))
    return line


def _cells(line: Line, key: Key, bar: int, bars: range, count: int = 1) -> list[Cell]:
    """Return the cells of `count` bars that begin with each of the bars."""
    found = []
    for number in bars:
        end = (number + count) * bar
        inside = [
            (start - number * bar, min(steps, end - start), pitch)
            for start, steps, pitch in line
            if number * bar <= start < end
        ]
        cell = cell_of(inside, key, count * bar)
        if cell is not None:
            found.append(cell)
    return found


def _ranked(
    cells: Iterable[Cell],
    track: TrackPlan,
    can_be_sung: Callable[[Cell, Traits], bool],
    worth: Callable[[Cell, Traits], float],
) -> tuple[Ranked, ...]:
    """Return the cells that can be sung, each once, the most promising first."""
    ranked = []
    for cell in dict.fromkeys(cells):
        traits = traits_of(cell, track.pulse_steps)
        if can_be_sung(cell, traits):
            ranked.append(Ranked(cell, worth(cell, traits)))
    return _best(ranked)


def _bass_worth(_cell: Cell, traits: Traits) -> float:
    """Return how promising a bass is: varied, some of it by step, few pitches struck again."""
    moves = max(1, traits.onsets - 1)
    worth = traits.entropy - 2.0 * traits.same / moves + 0.5 * min(traits.syncopation, 2)
    return worth + 1.2 * (0.25 <= traits.steps / moves <= 0.7)


def _best(ranked: list[Ranked]) -> tuple[Ranked, ...]:
    """Return the cells by rating, only a few of any one rhythm."""
    ranked.sort(key=lambda item: (-item.worth, item.cell.notes))
    kept = []
    rhythms: Counter[tuple[int, ...]] = Counter()
    for item in ranked:
        rhythms[item.cell.rhythm] += 1
        if rhythms[item.cell.rhythm] <= _MOST_OF_A_RHYTHM:
            kept.append(item)
    return tuple(kept)
