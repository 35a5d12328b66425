"""Metre: notes start on beats, or lean off them where a track is syncopated."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State
from chipassets.units import STEPS_PER_BEAT

# Nats at weight 1 for a note that begins on the bar line, a beat, half a beat or between.
_STRAIGHT = (0.5, 0.2, 0.1, -1.0)
_SYNCOPATED = (-0.3, -5.0, 2.0, 1.2)


class MetreTerm:
    """Raises new notes on the beat and lowers them on odd 16ths; syncopated, it lifts them off it.

    syncopation: 0 keeps straight to the beat, 1 leaves it wherever it can.
    """

    name = "metre"

    def __init__(
        self,
        steps_per_bar: int,
        weight: float,
        syncopation: float = 0.0,
        pulse_steps: int = STEPS_PER_BEAT,
    ) -> None:
        self.weight = weight
        pairs = zip(_STRAIGHT, _SYNCOPATED, strict=True)
        pulls = [even + syncopation * (off - even) for even, off in pairs]
        by_step = [pulls[_place(step, pulse_steps)] for step in range(steps_per_bar)]
        self._by_step = weight * np.array(by_step, np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower all new notes by the place in the bar."""
        by_row = self._by_step[state.step % self._by_step.size]
        logits[:, NEW_NOTE:CONTINUED_NOTE] += by_row[:, None]


def _place(step: int, pulse_steps: int) -> int:
    if step == 0:
        return 0
    if step % pulse_steps == 0:
        return 1
    return 2 if step % 2 == 0 else 3


def _make(setting: Setting, weight: float) -> MetreTerm:
    return MetreTerm(
        setting.bar_steps, weight, setting.aims.plot.syncopation, setting.track.pulse_steps
    )


def _aim(setting: Setting, row: int, step: int) -> str:
    del row, step
    return f"{setting.aims.plot.syncopation:.0%} off the beat"


TERM = TermKind(
    "metre", 0.3, "sets notes on the beat, or off it in a syncopated track", _make, _aim, varies=1.5
)
