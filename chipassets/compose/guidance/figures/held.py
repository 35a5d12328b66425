"""Held chords: under the tune the voices change with the bar and stay in between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import HELD, NEW, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_AT_BAR, _INSIDE, _STAYING = 1.5, -2.5, 1.2


class HeldTerm:
    """Raises lower notes that begin with a bar, lowers them inside it, and raises held ones."""

    name = "held"

    def __init__(self, where: NDArray[np.bool_], steps_per_bar: int, weight: float) -> None:
        self.weight = weight
        self._where = padded(where)
        self._steps_per_bar = steps_per_bar

    def bias(self, state: State, logits: Floats) -> None:
        """Raise what stays inside a bar, and what begins with one."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        at_bar = state.step[rows] % self._steps_per_bar == 0
        new = self.weight * np.where(at_bar, _AT_BAR, _INSIDE)
        held = self.weight * np.where(at_bar, 0.0, _STAYING)
        logits[rows, NEW] += new[:, None].astype(np.float32)
        logits[rows, HELD] += held[:, None].astype(np.float32)


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> HeldTerm:
    return HeldTerm(where, setting.bar_steps, weight)


FIGURE = Figure(
    "held",
    "the lower voices hold a chord for the bar",
    suits={
        "title": 0.42,
        "town": 0.32,
        "dungeon": 0.56,
        "victory": 0.56,
        "game_over": 1,
        "credits": 0.75,
        "calm": 1,
        "sad": 1,
    },
    voices=0.3,
    onsets=0.7,
    make=_make,
)
