"""Canon: a lower voice follows the tune at a distance, an octave below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import NEW_NOTE
from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import began, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_OCTAVE = 12
_FOLLOWS = 4.5


class CanonTerm:
    """Raises the note an octave below the one with which the tune began `lag_steps` before."""

    name = "canon"

    def __init__(self, where: NDArray[np.bool_], lag_steps: int, weight: float) -> None:
        self.weight = weight
        self._lag = lag_steps
        self._where = padded(where)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise the follower's note."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        tune = began(state, rows, state.step[rows] - self._lag, 0, 1)[:, 0]
        follows = tune >= _OCTAVE
        pitches = tune[follows] - _OCTAVE
        logits[rows[follows], NEW_NOTE + pitches] += np.float32(self.weight * _FOLLOWS)


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> CanonTerm:
    return CanonTerm(where, setting.bar_steps, weight)


FIGURE = Figure(
    "canon",
    "a lower voice follows the tune at a bar's distance",
    suits={
        "town": 0.24,
        "dungeon": 0.42,
        "credits": 0.42,
        "mysterious": 0.56,
    },
    voices=0.2,
    onsets=1.1,
    make=_make,
)
