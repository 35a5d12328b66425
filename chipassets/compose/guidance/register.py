"""Register: the top line stays where the track wants its lead, the lowest within the chip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_OCTAVE = 12
_STEEPEST = 6.0


class RegisterTerm:
    """Lowers new notes outside a range: a step's top note outside the lead's, any below the floor.

    The loss is 0 inside, the weight an octave outside, and grows with the square of the distance.
    lead_shifts: int [steps], semitones by which the lead's range lies higher on each step.
    """

    name = "register"

    def __init__(
        self,
        lead_low: float,
        lead_high: float,
        floor: float,
        weight: float,
        lead_shifts: NDArray[np.int64] | None = None,
    ) -> None:
        self.weight = weight
        pitch = np.arange(PITCHES)
        shifts, of_step = np.unique(
            np.zeros(1, np.int64) if lead_shifts is None else lead_shifts, return_inverse=True
        )
        # Rows that are finished idle in a step behind the last.
        self._of_step = np.append(of_step, of_step[-1])
        self._lead = np.stack(
            [-weight * _loss(pitch, lead_low + up, lead_high + up) for up in shifts]
        )
        self._others = np.stack([-weight * _loss(pitch, floor, lead_high + up) for up in shifts])

    def bias(self, state: State, logits: Floats) -> None:
        """Lower new notes out of range."""
        is_top = (state.place == 0)[:, None]
        of = self._of_step[np.minimum(state.step, self._of_step.size - 1)]
        logits[:, NEW_NOTE:CONTINUED_NOTE] += np.where(is_top, self._lead[of], self._others[of])


def _loss(pitch: np.ndarray, low: float, high: float) -> Floats:
    outside = np.maximum(np.maximum(low - pitch, pitch - high), 0) / _OCTAVE
    return np.minimum(outside**2, _STEEPEST).astype(np.float32)
