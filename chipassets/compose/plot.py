"""The plot of a track: for every section a way of accompanying, a register and a density.

Drawn by the track's seed from what suits its scene: all takes of a track share it, and two tracks
of one scene differ. Sections with one letter are of a kind; B stands off from A.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part
from chipassets.compose.guidance.figure import MOST_VOICES
from chipassets.compose.guidance.registry import FIGURES
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.forms import INTRO
from chipassets.seeds import derive_rng
from chipassets.trackplan import TrackPlan
from chipassets.units import STEPS_PER_BEAT

_CONTRAST_SHIFTS = (-7, -5, 4, 5, 7)
_CONTRAST_DENSITIES = (0.65, 0.75, 1.3)
_LAST_DENSITY = 1.1
_EDGE_DENSITY = 0.75

_TUNE_SHARE = 0.45
"""Of all onsets, about how many are the tune's."""

# Onsets of a tune in a bar of 16 or 12 steps: what a track's rhythm is made of.
_CELLS: dict[str, tuple[str, ...]] = {
    "4/4": (
        "x...x...x...x...", "x.x.x...x.x.x...", "x..x..x.x..x..x.", "x.....x.x.....x.",
        "x...x.x.x...x.x.", "x.xxx.x.x.xxx.x.", "x.......x...x...", "x..xx...x..xx...",
        "..x.x.x...x.x.x.", "x.x.x.x.x.x.x.x.", "x..x..x..x..x.x.", "x...x...x.x.x.x.",
    ),
    "3/4": (
        "x...x...x...", "x.x.x...x...", "x.....x.....", "x..x..x..x..",
        "x...x.x.x...", "x.x.x.x.x.x.", "x.......x...",
    ),
    "6/8": (
        "x.....x.....", "x...x.x...x.", "x.x.x.x.....", "x.....x.x.x.",
        "x.x.x.x...x.", "x.x.x.x.x.x.", "x...x.x.....", "x..xx.x..xx.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """What each step of a track is to be like.

    figures: the flags [steps] of each figure that is used. lead_shifts: int [steps], semitones
    from the character's register. voices: [steps], a shift of the mean; density: [steps], a
    factor. most_voices: int [steps]. cell: bool [steps of a bar], the tune's onsets.
    syncopation: 0..1, how far notes keep off the beat. places: where in the character's ranges of
    density and polyphony the track lies, 0..1 each.
    """

    figures: dict[str, NDArray[np.bool_]]
    lead_shifts: NDArray[np.int64]
    voices: NDArray[np.float32]
    density: NDArray[np.float32]
    most_voices: NDArray[np.int64]
    cell: NDArray[np.bool_]
    syncopation: float
    places: tuple[float, float]


def draw_plot(track: TrackPlan, parts: Sequence[Part]) -> Plot:
    """Return the plot that the track's seed draws."""
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "plot")
    bar = track.beats_per_bar * STEPS_PER_BEAT
    places = float(rng.random()), float(rng.random())
    cell = _draw_cell(track, places[0], float(rng.random()))
    plot = Plot(
        {},
        np.zeros(track.total_steps, np.int64),
        np.zeros(track.total_steps, np.float32),
        np.ones(track.total_steps, np.float32),
        np.full(track.total_steps, MOST_VOICES),
        cell,
        float(rng.random()),
        places,
    )
    kinds: dict[str, tuple[str, int, float]] = {}
    for part in parts:
        if part.letter not in kinds:
            others = {kind[0] for kind in kinds.values()}
            kinds[part.letter] = _draw_kind(track, part, others, rng)
        _paint(plot, part, kinds[part.letter], bar)
    last = parts[-1].section
    if len(parts) > 2 and kinds:
        plot.density[last.start_bar * bar :] *= _LAST_DENSITY
    return plot


def _draw_cell(track: TrackPlan, place: float, uniform: float) -> NDArray[np.bool_]:
    """Return one of the half of the cells whose onsets come nearest to the tune's density."""
    density = track.character.density
    wanted = (density.low + (density.high - density.low) * place) * _TUNE_SHARE
    cells = [np.array([mark == "x" for mark in cell]) for cell in _CELLS[track.metre]]
    cells.sort(key=lambda cell: abs(math.log(cell.mean() * STEPS_PER_BEAT / wanted)))
    return cells[int(uniform * ((len(cells) + 1) // 2))]


def _draw_kind(
    track: TrackPlan, part: Part, others: set[str], rng: np.random.Generator
) -> tuple[str, int, float]:
    """Return figure, shift and density of a letter; those after the first stand off from it."""
    figure = draw_figure(track, others, float(rng.random()))
    shift = _CONTRAST_SHIFTS[int(rng.integers(len(_CONTRAST_SHIFTS)))]
    density = _CONTRAST_DENSITIES[int(rng.integers(len(_CONTRAST_DENSITIES)))]
    if part.is_edge:
        return ("thin" if part.section.name == INTRO else "held"), 0, _EDGE_DENSITY
    return (figure, shift, density) if others - {"thin"} else (figure, 0, 1.0)


def draw_figure(track: TrackPlan, others: set[str], uniform: float) -> str:
    """Return the figure that the uniform number draws from those that suit scene and moods.

    Those in `others` are left out, unless nothing else suits.
    """
    scene = track.scene_like or track.scene
    suits = {
        name: sum(figure.suits.get(word, 0.0) for word in (scene, *track.preset_moods))
        for name, figure in FIGURES.items()
    }
    likely = {name: much for name, much in suits.items() if much and name not in others}
    names = list(likely or suits)
    sums = np.cumsum([likely.get(name, 1.0) for name in names])
    return names[min(int(np.searchsorted(sums / sums[-1], uniform)), len(names) - 1)]


def _paint(plot: Plot, part: Part, kind: tuple[str, int, float], bar: int) -> None:
    figure, shift, density = kind
    start = part.section.start_bar * bar
    steps = slice(start, start + part.section.bars * bar)
    row = FIGURES[figure]
    plot.figures.setdefault(figure, np.zeros(plot.density.size, bool))[steps] = True
    plot.lead_shifts[steps] += shift
    plot.voices[steps] += np.float32(row.voices)
    plot.density[steps] *= np.float32(density * row.onsets)
    plot.most_voices[steps] = row.most_voices
