"""Call and answer: in every other bar the tune goes down to where the second voice lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import NEW, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_OCTAVE = 12
_STEEPEST = 3.0


class AnswerTerm:
    """Lowers, in the second of each two bars, new notes above `highest`, more the higher."""

    name = "answer"

    def __init__(
        self, where: NDArray[np.bool_], highest: float, steps_per_bar: int, weight: float
    ) -> None:
        self.weight = weight
        answers = np.arange(where.size) // steps_per_bar % 2 == 1
        self._where = padded(where & answers)
        above = np.clip((np.arange(PITCHES) - highest) / (_OCTAVE / 2), 0, _STEEPEST)
        self._above = (-weight * 2 * above).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower high notes while the answer sounds."""
        rows = np.flatnonzero(self._where[state.step])
        if rows.size:
            logits[rows, NEW] += self._above


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> AnswerTerm:
    highest = setting.track.character.lead_pitch.low - setting.shift
    return AnswerTerm(where, highest, setting.bar_steps, weight)


FIGURE = Figure(
    "answer",
    "every other bar the tune answers from below",
    suits={
        "title": 0.32,
        "overworld": 0.32,
        "shop": 0.56,
        "credits": 0.32,
        "playful": 0.75,
    },
    voices=-0.1,
    onsets=0.95,
    make=_make,
)
