"""Octaves: a second voice goes with the tune, an octave below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_OCTAVE = 12
_STRUCK, _HELD = 5.0, 3.0


class OctavesTerm:
    """Raises, on the steps of `where`, the note an octave below the top note of the step.

    It begins where the top note begins, and is held while that is held.
    """

    name = "octaves"

    def __init__(self, where: NDArray[np.bool_], weight: float) -> None:
        self.weight = weight
        self._where = padded(where)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise the octave below."""
        rows = np.flatnonzero(
            self._where[state.step] & (state.place == 1) & (state.lowest >= _OCTAVE)
        )
        below = state.lowest[rows] - _OCTAVE
        struck = state.started[rows] > 0
        logits[rows, NEW_NOTE + below] += np.float32(self.weight * _STRUCK) * struck
        logits[rows, CONTINUED_NOTE + below] += np.float32(self.weight * _HELD) * ~struck


def _make(_: Setting, where: NDArray[np.bool_], weight: float) -> OctavesTerm:
    return OctavesTerm(where, weight)


FIGURE = Figure(
    "octaves",
    "a second voice goes with the tune, an octave below",
    suits={
        "title": 0.56,
        "overworld": 0.56,
        "battle": 0.75,
        "boss": 0.75,
        "victory": 1,
        "heroic": 1,
        "triumphant": 1,
    },
    voices=0.2,
    onsets=1.15,
    make=_make,
)
