"""Broken chords: the voices under the tune move on every eighth, and to another tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import NEW_NOTE
from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import HELD, NEW, began, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_EIGHTH_STEPS = 2
_MOST = 3
_ON, _OFF, _SAME, _STAYING = 1.6, -1.5, -2.0, -1.2


class BrokenTerm:
    """Raises lower notes that begin on eighths, lowers them between, and those struck before."""

    name = "broken"

    def __init__(self, where: NDArray[np.bool_], weight: float) -> None:
        self.weight = weight
        self._where = padded(where)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise new lower notes on eighths, and lower what stays."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        on = state.step[rows] % _EIGHTH_STEPS == 0
        pulls = self.weight * np.where(on, _ON, _OFF)
        logits[rows, NEW] += pulls[:, None].astype(np.float32)
        logits[rows, HELD] += (self.weight * _STAYING * on)[:, None].astype(np.float32)
        pitches = began(state, rows, state.step[rows] - _EIGHTH_STEPS, 1, _MOST)
        at, place = np.nonzero(pitches >= 0)
        logits[rows[at], NEW_NOTE + pitches[at, place]] += np.float32(self.weight * _SAME)


def _make(_: Setting, where: NDArray[np.bool_], weight: float) -> BrokenTerm:
    return BrokenTerm(where, weight)


FIGURE = Figure(
    "broken",
    "the lower voices move through the chord in eighths",
    suits={
        "title": 0.75,
        "overworld": 0.42,
        "town": 1,
        "battle": 0.42,
        "boss": 0.56,
        "shop": 0.32,
        "game_over": 0.42,
        "credits": 1,
        "calm": 0.75,
        "frantic": 1,
    },
    onsets=1.25,
    make=_make,
)
