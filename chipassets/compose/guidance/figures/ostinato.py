"""Ostinato: under a free tune, the lower voices do again what they did a while before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import NEW_NOTE
from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import NEW, began, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_AGAIN, _OTHERWISE = 3.0, -0.7
_MOST = 3


class OstinatoTerm:
    """Raises the lower notes that began `lag_steps` before, and lowers all others that begin.

    The first notes of a stretch, with nothing before them in it, are free.
    """

    name = "ostinato"

    def __init__(self, where: NDArray[np.bool_], lag_steps: int, weight: float) -> None:
        self.weight = weight
        self._lag = lag_steps
        before = np.concatenate((np.zeros(lag_steps, bool), where))[: where.size]
        self._where = padded(where & before)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise the notes of the step before by the lag."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        pitches = began(state, rows, state.step[rows] - self._lag, 1, _MOST)
        logits[rows, NEW] += np.float32(self.weight * _OTHERWISE)
        at, place = np.nonzero(pitches >= 0)
        lift = np.float32(self.weight * (_AGAIN - _OTHERWISE))
        logits[rows[at], NEW_NOTE + pitches[at, place]] += lift


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> OstinatoTerm:
    return OstinatoTerm(where, setting.bar_steps, weight)


FIGURE = Figure(
    "ostinato",
    "the lower voices do each bar what they did the bar before",
    suits={
        "dungeon": 1,
        "battle": 1,
        "boss": 1,
        "mysterious": 0.75,
        "frantic": 0.75,
    },
    voices=0.1,
    make=_make,
)
