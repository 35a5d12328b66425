"""Voices: no more notes at once than the chip can sound, about as many as the track wants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import STEP_END
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.guidance.steptable import StepTable
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_FULL = 30.0
"""Nats by which a step that has its voices is closed: in effect always."""

_PRIOR_STEPS = 8
"""The running mean starts as if the target had been met for half a bar."""


class VoicesTerm:
    """Closes a step that has `most` notes, and leans to a mean of `targets` voices.

    targets: [rows], or [rows, steps] where they change. most: for all steps, or [steps].
    """

    name = "voices"

    def __init__(
        self, most: int | NDArray[np.int64], targets: NDArray[np.float32], weight: float
    ) -> None:
        self.weight = weight
        # Rows that are finished idle in a step behind the last.
        self._most = np.append(most, np.atleast_1d(most)[-1])
        self._targets = StepTable(targets)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower STEP_END."""
        targets = self._targets.now(state)
        mean = (state.voices + _PRIOR_STEPS * targets) / (state.span + _PRIOR_STEPS)
        surplus = np.minimum(np.maximum(2 * (mean - targets), -1), 1)
        thin = state.place < targets - 0.5
        lean = np.where(thin, np.minimum(surplus, 0), np.maximum(surplus, 0))
        most = self._most.take(state.step, mode="clip")
        full = np.where(state.place >= most, _FULL, 0)
        logits[:, STEP_END] += (self.weight * (lean + full)).astype(np.float32)


def _make(setting: Setting, weight: float) -> VoicesTerm:
    plot = setting.aims.plot
    return VoicesTerm(plot.most_voices, setting.aims.polyphony, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    most = int(setting.aims.plot.most_voices[step])
    return f"{setting.aims.polyphony[row, step]:.1f} at once, at most {most}"


TERM = TermKind("voices", 1.0, "keeps to as many notes at once as the section wants", _make, _aim)
