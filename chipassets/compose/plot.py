"""The plot of a track: for every section a way of accompanying, a register and a density.

Drawn by the track's seed from what suits its scene: all takes of a track share it, and two tracks
of one scene differ. Sections with one letter are of a kind; B stands off from A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.forms import INTRO
from chipassets.seeds import derive_rng
from chipassets.trackplan import TrackPlan
from chipassets.units import STEPS_PER_BEAT

# What each figure does to the number of voices (a shift) and of onsets (a factor).
FIGURES: dict[str, tuple[float, float]] = {
    "plain": (0.0, 1.0),
    "thin": (-0.6, 0.85),
    "octaves": (0.2, 1.15),
    "ostinato": (0.1, 1.0),
    "broken": (0.0, 1.25),
    "walking": (0.0, 1.05),
    "answer": (-0.1, 0.95),
    "held": (0.3, 0.7),
    "canon": (0.2, 1.1),
}

# From the most to the least likely in a scene; the moods that follow add theirs in front.
_BY_SCENE: dict[str, tuple[str, ...]] = {
    "title": ("plain", "broken", "octaves", "held", "answer"),
    "overworld": ("plain", "walking", "octaves", "broken", "answer"),
    "town": ("broken", "plain", "walking", "thin", "held", "canon"),
    "dungeon": ("ostinato", "thin", "held", "canon", "plain"),
    "battle": ("ostinato", "octaves", "plain", "broken", "walking"),
    "boss": ("ostinato", "octaves", "broken", "plain"),
    "shop": ("walking", "thin", "answer", "plain", "broken"),
    "victory": ("octaves", "plain", "held"),
    "game_over": ("held", "thin", "plain", "broken"),
    "credits": ("broken", "held", "plain", "canon", "answer"),
}
_BY_MOOD: dict[str, tuple[str, ...]] = {
    "calm": ("held", "broken"),
    "sad": ("held", "thin"),
    "playful": ("walking", "answer"),
    "mysterious": ("thin", "ostinato", "canon"),
    "heroic": ("octaves",),
    "triumphant": ("octaves",),
    "frantic": ("broken", "ostinato"),
}
_LIKELIER = 0.75
"""Each figure of a list is this much as likely as the one before it."""

_CONTRAST_SHIFTS = (-5, 4, 5, 7)
_CONTRAST_DENSITIES = (0.65, 0.75, 1.3)
_LAST_DENSITY = 1.1
_EDGE_DENSITY = 0.75

# Onsets of a tune in a bar of 16 or 12 steps: what a track's rhythm is made of.
_CELLS: dict[int, tuple[str, ...]] = {
    16: (
        "x...x...x...x...", "x.x.x...x.x.x...", "x..x..x.x..x..x.", "x.....x.x.....x.",
        "x...x.x.x...x.x.", "x.xxx.x.x.xxx.x.", "x.......x...x...", "x..xx...x..xx...",
        "..x.x.x...x.x.x.", "x.x.x.x.x.x.x.x.", "x..x..x..x..x.x.", "x...x...x.x.x.x.",
    ),
    12: (
        "x...x...x...", "x.x.x...x...", "x.....x.....", "x..x..x..x..",
        "x...x.x.x...", "x.x.x.x.x.x.", "x.......x...",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """What each step of a track is to be like.

    figures: the flags [steps] of each figure that is used. lead_shifts: int [steps], semitones
    from the character's register. voices: [steps], a shift of the mean; density: [steps], a
    factor. cell: bool [steps of a bar], the tune's onsets. syncopation: 0..1, how far notes keep
    off the beat.
    """

    figures: dict[str, NDArray[np.bool_]]
    lead_shifts: NDArray[np.int64]
    voices: NDArray[np.float32]
    density: NDArray[np.float32]
    cell: NDArray[np.bool_]
    syncopation: float


def draw_plot(track: TrackPlan, parts: Sequence[Part]) -> Plot:
    """Return the plot that the track's seed draws."""
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "plot")
    bar = track.beats_per_bar * STEPS_PER_BEAT
    cells = _CELLS[bar]
    cell = cells[int(rng.integers(len(cells)))]
    plot = Plot(
        {},
        np.zeros(track.total_steps, np.int64),
        np.zeros(track.total_steps, np.float32),
        np.ones(track.total_steps, np.float32),
        np.array([mark == "x" for mark in cell]),
        float(rng.random()),
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


def _draw_kind(
    track: TrackPlan, part: Part, others: set[str], rng: np.random.Generator
) -> tuple[str, int, float]:
    """Return figure, shift and density of a letter; those after the first stand off from it."""
    names = [figure for mood in track.moods for figure in _BY_MOOD.get(mood, ())]
    names = list(dict.fromkeys([*names, *_BY_SCENE.get(track.scene, tuple(FIGURES))]))
    left = [name for name in names if name not in others] or names
    figure = left[_weighted(len(left), float(rng.random()))]
    shift = _CONTRAST_SHIFTS[int(rng.integers(len(_CONTRAST_SHIFTS)))]
    density = _CONTRAST_DENSITIES[int(rng.integers(len(_CONTRAST_DENSITIES)))]
    if part.is_edge:
        return ("thin" if part.section.name == INTRO else "held"), 0, _EDGE_DENSITY
    return (figure, shift, density) if others - {"thin"} else (figure, 0, 1.0)


def _weighted(count: int, uniform: float) -> int:
    weights = _LIKELIER ** np.arange(count)
    return min(int(np.searchsorted(np.cumsum(weights) / weights.sum(), uniform)), count - 1)


def _paint(plot: Plot, part: Part, kind: tuple[str, int, float], bar: int) -> None:
    figure, shift, density = kind
    start = part.section.start_bar * bar
    steps = slice(start, start + part.section.bars * bar)
    voices, onsets = FIGURES[figure]
    plot.figures.setdefault(figure, np.zeros(plot.density.size, bool))[steps] = True
    plot.lead_shifts[steps] += shift
    plot.voices[steps] += np.float32(voices)
    plot.density[steps] *= np.float32(density * onsets)
