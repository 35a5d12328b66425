"""Homing: in the last bar of a loop the tune comes near the note with which the loop begins."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.form import loop_start_bar
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_FREE_SEMITONES = 3
_PER_SEMITONE, _MOST = 0.6, 8.0


class HomingTerm:
    """Lowers, in the last `steps` of a loop, top notes more than a minor third from its first.

    The loss grows with the distance, and towards the end. A row whose loop begins with a rest, or
    with a held note, is left alone.
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

    def bias(self, state: State, logits: Floats) -> None:
        """Lower the far notes."""
        into = state.step - (self._end - self._steps)
        if into.max() < 0:
            return
        rows = np.flatnonzero((into >= 0) & (state.step < self._end) & (state.place == 0))
        if not rows.size:
            return
        first = state.history[rows, self._start, 0].astype(np.int64)
        rows, first = _struck(rows, first)
        nearness = ((into[rows] + 1) / self._steps).astype(np.float32)
        logits[rows, NEW] += nearness[:, None] * self._by_first[first - NEW_NOTE]


def _struck(rows: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose event is a new note, and those events."""
    new = (events >= NEW_NOTE) & (events < CONTINUED_NOTE)
    return rows[new], events[new]


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
