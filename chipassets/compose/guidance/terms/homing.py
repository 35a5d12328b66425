"""Homing: in the last bar of a loop the tune comes near the note with which the loop begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.form import loop_start_bar
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_FREE_SEMITONES = 3
_PER_SEMITONE, _MOST = 0.6, 8.0
_FAINTEST = 0.35
"""Of the whole, what pulls at the first step; the last has it all."""

_TURNING = 3.0
"""Nats for a near note, on eighths of the second half, while the tune sounds far off."""


class HomingTerm:
    """Lowers, in the last `steps` of a loop, top notes more than a minor third from its first.

    The loss grows with the distance, and towards the end. In the second half a tune that is held
    far off is let go, and a near note raised. A row whose loop begins with a rest, or with a held
    note, is left alone.
    """

    name = "homing"

    def __init__(self, loop_start: int, end: int, steps: int, weight: float) -> None:
        self.weight = weight
        self._start = loop_start
        self._end = end
        self._steps = steps
        pitch = np.arange(PITCHES)
        distance = np.abs(pitch[:, None] - pitch[None, :])
        far = np.minimum(np.maximum(distance - _FREE_SEMITONES, 0) * _PER_SEMITONE, _MOST)
        self._by_first = (-weight * far).astype(np.float32)
        self._near = (weight * _TURNING * (distance <= _FREE_SEMITONES)).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower the far notes, and turn a tune that is held far off."""
        if state.step.max() < self._end - self._steps:
            return
        into = state.step - (self._end - self._steps)
        rows = np.flatnonzero((into >= 0) & (state.step < self._end) & (state.place == 0))
        first = state.history[rows, self._start, 0].astype(np.int64)
        struck = (first >= NEW_NOTE) & (first < CONTINUED_NOTE)
        rows, first = rows[struck], first[struck] - NEW_NOTE
        if not rows.size:
            return
        share = (into[rows] + 1) / self._steps
        nearness = (_FAINTEST + (1 - _FAINTEST) * share).astype(np.float32)
        logits[rows, NEW] += nearness[:, None] * self._by_first[first]
        self._turn(state, logits, rows[share > _HALF], first[share > _HALF])

    def _turn(
        self, state: State, logits: Floats, rows: NDArray[np.int64], first: NDArray[np.int64]
    ) -> None:
        """Let go of a top note that sounds far from the first, and raise what is near."""
        top = PITCHES - 1 - state.sounding[rows, ::-1].argmax(axis=1)
        away = state.sounding[rows, top] & (np.abs(top - first) > _FREE_SEMITONES)
        away &= state.step[rows] % 2 == 0
        rows, first, top = rows[away], first[away], top[away]
        logits[rows, CONTINUED_NOTE + top] += self._by_first[first, top]
        logits[rows, NEW] += self._near[first]


_HALF = 0.5


def _make(setting: Setting, weight: float) -> HomingTerm | None:
    start_bar = loop_start_bar(setting.track, setting.parts)
    if start_bar is None:
        return None
    bar = setting.bar_steps
    return HomingTerm(start_bar * bar, setting.track.total_steps, bar, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    del row
    last = setting.track.loops and step >= setting.track.total_steps - setting.bar_steps
    return "the first note of the loop" if last else ""


TERM = TermKind("homing", 1.0, "leads the tune of a loop's last bar to its first note", _make, _aim)
