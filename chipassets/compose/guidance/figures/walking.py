"""Walking bass: a low note on every beat, a step or a third from the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import HELD, NEW, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State
from chipassets.units import STEPS_PER_BEAT

_NEAR = {0: -1.5, 1: 0.8, 2: 1.2, 3: 0.8, 4: 0.5, 5: 0.4, 7: 0.3}
"""By the interval from the bass that sounds, in semitones."""
_ON_BEAT, _BETWEEN, _STAYING = 2.0, -1.5, -2.5


class WalkingTerm:
    """Raises new low notes on beats, the near ones most; between beats the bass is held."""

    name = "walking"

    def __init__(
        self,
        where: NDArray[np.bool_],
        low_below: int,
        weight: float,
        pulse_steps: int = STEPS_PER_BEAT,
    ) -> None:
        self.weight = weight
        self._pulse_steps = pulse_steps
        self._where = padded(where)
        pitch = np.arange(PITCHES)
        self._low = np.where(pitch < low_below, 1.0, 0.0).astype(np.float32)
        distance = np.abs(pitch[:, None] - pitch[None, :])
        near = np.vectorize(lambda d: _NEAR.get(int(d), -0.5))(distance)
        self._by_last = (weight * (near + _ON_BEAT) * self._low).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise the next step of the bass on a beat, hold it between."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        on_beat = state.step[rows] % self._pulse_steps == 0
        logits[rows[~on_beat], NEW] += np.float32(self.weight * _BETWEEN) * self._low
        walking = rows[on_beat]
        last = state.sounding[walking].argmax(axis=1)
        logits[walking, NEW] += self._by_last[last]
        logits[walking, HELD] += np.float32(self.weight * _STAYING) * self._low


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> WalkingTerm:
    return WalkingTerm(where, setting.low_below, weight, setting.track.pulse_steps)


FIGURE = Figure(
    "walking",
    "a bass that steps on every beat",
    suits={
        "overworld": 0.75,
        "town": 0.56,
        "battle": 0.32,
        "shop": 1,
        "playful": 1,
    },
    onsets=1.05,
    make=_make,
)
