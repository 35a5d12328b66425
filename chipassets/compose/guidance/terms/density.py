"""Density: onsets per beat drift towards what the track wants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.guidance.steptable import StepTable
from chipassets.compose.network import Floats
from chipassets.compose.state import State
from chipassets.units import STEPS_PER_BEAT

_PRIOR_STEPS = 16
"""The running rate starts as if the target had been met for a bar."""


_LEAST_TARGET = 0.1


class DensityTerm:
    """Raises new notes while the last two bars had fewer onsets per beat than `targets` say.

    targets: [rows], or [rows, steps] where they change. At half the target,
    or one and a half times it, the bias is the whole weight.
    """

    name = "density"

    def __init__(self, targets: NDArray[np.float32], weight: float) -> None:
        self.weight = weight
        per_step = np.maximum(targets, _LEAST_TARGET) / STEPS_PER_BEAT
        self._targets = StepTable(per_step.astype(np.float32))

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower all new notes."""
        per_step = self._targets.now(state)
        rate = (state.onsets + _PRIOR_STEPS * per_step) / (state.span + _PRIOR_STEPS)
        shortfall = np.minimum(np.maximum(2 - 2 * rate / per_step, -1), 1)
        logits[:, NEW_NOTE:CONTINUED_NOTE] += (self.weight * shortfall).astype(np.float32)[:, None]


def _make(setting: Setting, weight: float) -> DensityTerm:
    return DensityTerm(setting.aims.density, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    return f"{setting.aims.density[row, step]:.1f} notes a beat"


TERM = TermKind("density", 2.5, "leads the notes a beat to what the section wants", _make, _aim)
