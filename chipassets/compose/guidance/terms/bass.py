"""Bass: the low voice does not stay away for long."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import STEP_END
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State
from chipassets.units import STEPS_PER_BEAT

_RAISED, _STEP_END = 2.5, -1.5


class BassTerm:
    """Raises low notes on the beat while none has sounded for longer than `longest_steps`.

    It rises to its whole within as many steps more; closing the step is lowered alike. Notes
    below the pitch `low_below` are low.
    """

    name = "bass"

    def __init__(
        self, longest_steps: int, low_below: int, weight: float, pulse_steps: int = STEPS_PER_BEAT
    ) -> None:
        self._pulse_steps = pulse_steps
        self.weight = weight
        self._longest = longest_steps
        self._low_below = low_below
        low = np.arange(PITCHES) < low_below
        self._low = (weight * _RAISED * low).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise low notes where they have been missing."""
        if state.bassless.max() <= self._longest:
            return
        missing = (state.lowest >= self._low_below) & (state.step % self._pulse_steps == 0)
        missing &= state.bassless > self._longest
        rows = np.flatnonzero(missing)
        if not rows.size:
            return
        share = np.minimum(state.bassless[rows] / self._longest - 1, 1).astype(np.float32)
        logits[rows, NEW] += share[:, None] * self._low
        logits[rows, STEP_END] += share * np.float32(self.weight * _STEP_END)


_BASSLESS_STEPS = 8


def _make(setting: Setting, weight: float) -> BassTerm:
    return BassTerm(_BASSLESS_STEPS, setting.low_below, weight, setting.track.pulse_steps)


TERM = TermKind("bass", 1.0, "brings the low voice back when it has been away for two beats", _make)
