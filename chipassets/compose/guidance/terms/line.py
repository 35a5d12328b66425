"""Line: the tune moves, and by steps that can be sung."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_SAME, _FAR = -0.8, -0.8
_FAR_SEMITONES = 9
_LONG_STEPS = 6
_PER_LONG_STEP, _MOST_LONG = 0.3, 2.5


class LineTerm:
    """Lowers, for a step's top note, the pitch that was on top before and those far from it.

    A top note that has been held for more than a dotted quarter is lowered too, ever more.
    """

    name = "line"

    def __init__(self, weight: float) -> None:
        self.weight = weight
        pitch = np.arange(PITCHES)
        distance = np.abs(pitch[:, None] - pitch[None, :])
        pull = _SAME * (distance == 0) + _FAR * (distance > _FAR_SEMITONES)
        self._by_last = (weight * pull).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower the same pitch and far ones; after a rest everything is open."""
        rows = np.flatnonzero((state.place == 0) & state.sounding.any(axis=1))
        if rows.size:
            last = PITCHES - 1 - state.sounding[rows, ::-1].argmax(axis=1)
            logits[rows, NEW] += self._by_last[last]
            overdue = np.maximum(state.ages[rows, last] - _LONG_STEPS, 0) * _PER_LONG_STEP
            loss = self.weight * np.minimum(overdue, _MOST_LONG)
            logits[rows, CONTINUED_NOTE + last] -= loss.astype(np.float32)


def _make(_: Setting, weight: float) -> LineTerm:
    return LineTerm(weight)


TERM = TermKind("line", 1.0, "keeps the tune moving, and by steps that can be sung", _make)
