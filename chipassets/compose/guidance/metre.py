"""Metre: notes start rather on beats than between them."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.network import Floats
from chipassets.compose.state import State
from chipassets.units import STEPS_PER_BEAT

_STRENGTH = {"bar": 0.5, "beat": 0.2, "half beat": 0.1, "off": -1.0}


class MetreTerm:
    """Raises new notes on the beat, most on the bar line, and lowers them far more on odd 16ths."""

    name = "metre"

    def __init__(self, steps_per_bar: int, weight: float) -> None:
        self.weight = weight
        strengths = [_strength(step) for step in range(steps_per_bar)]
        self._by_step = weight * np.array(strengths, np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower all new notes by the place in the bar."""
        by_row = self._by_step[state.step % self._by_step.size]
        logits[:, NEW_NOTE:CONTINUED_NOTE] += by_row[:, None]


def _strength(step: int) -> float:
    if step == 0:
        return _STRENGTH["bar"]
    if step % STEPS_PER_BEAT == 0:
        return _STRENGTH["beat"]
    return _STRENGTH["half beat" if step % 2 == 0 else "off"]
