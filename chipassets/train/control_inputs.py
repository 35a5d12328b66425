"""The controls that models are trained with, and how they are measured in a slice of music."""

from __future__ import annotations

from collections.abc import Sized

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.controls import UNKNOWN, ControlGroup, position_label
from chipassets.train.metre import BAR_STEPS
from chipassets.units import STEPS_PER_BEAT

POSITION = ControlGroup(
    "position", tuple(position_label(m, s) for m, bar in BAR_STEPS.items() for s in range(bar))
)
"""Step in the bar of the next event."""

DENSITY = ControlGroup(
    "density", ("sparse", "calm", "walking", "flowing", "lively", "busy"), (2.0, 3.0, 4.0, 5.0, 6.5)
)
"""Note onsets per quarter note, over the slice."""

POLYPHONY = ControlGroup("polyphony", ("thin", "two", "mixed", "three"), (1.7, 2.3, 2.7))
"""Mean sounding pitches over the steps that sound."""

MODE = ControlGroup("mode", ("major", "minor"))
STYLE = ControlGroup("style", ("game", "baroque_dance", "classical"))

GROUPS = (POSITION, DENSITY, POLYPHONY, MODE, STYLE)

_DANCE_STYLES = {"baroque", "renaissance", "folk", "popular / dance", "march"}


def style_row(style: str) -> int:
    """Return the row of a corpus style: game, Baroque and dances, everything else.

    "" is unknown.
    """
    word = style.strip().lower()
    if not word:
        return UNKNOWN
    label = "game" if word == "game" else "baroque_dance" if word in _DANCE_STYLES else "classical"
    return STYLE.row(label)


def density(notes: Sized, total_steps: int) -> float:
    """Return note onsets per quarter note."""
    return STEPS_PER_BEAT * len(notes) / total_steps


def sounding(notes: NDArray[np.int64], total_steps: int) -> NDArray[np.int64]:
    """Return how many notes [n, 3] sound in each step, int64 [total_steps]."""
    changes = np.zeros(total_steps + 1, np.int64)
    np.add.at(changes, np.minimum(notes[:, 0], total_steps), 1)
    np.add.at(changes, np.minimum(notes[:, 0] + notes[:, 1], total_steps), -1)
    counts: NDArray[np.int64] = np.cumsum(changes)[:total_steps]
    return counts


def mean_polyphony(notes: NDArray[np.int64], total_steps: int) -> float:
    """Return the mean number of sounding pitches over the steps in which any sounds (0 if none)."""
    counts = sounding(notes, total_steps)
    voiced = np.count_nonzero(counts)
    return float(counts.sum()) / voiced if voiced else 0.0


def position_row(metre: str, step: int) -> int:
    """Return the row for a step counted from a bar line; UNKNOWN for metres without rows."""
    if metre not in BAR_STEPS:
        return UNKNOWN
    return POSITION.row(position_label(metre, step % BAR_STEPS[metre]))
