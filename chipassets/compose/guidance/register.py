"""Register: the top line stays where the track wants its lead, the lowest within the chip."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_OCTAVE = 12
_STEEPEST = 6.0


class RegisterTerm:
    """Lowers new notes outside a range: a step's top note outside the lead's, any below the floor.

    The loss is 0 inside, the weight an octave outside, and grows with the square of the distance.
    """

    def __init__(self, lead_low: float, lead_high: float, floor: float, weight: float) -> None:
        self.weight = weight
        pitch = np.arange(PITCHES)
        self._lead = -weight * _loss(pitch, lead_low, lead_high)
        self._others = -weight * _loss(pitch, floor, lead_high)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower new notes out of range."""
        is_top = (state.place == 0)[:, None]
        logits[:, NEW_NOTE:CONTINUED_NOTE] += np.where(is_top, self._lead, self._others)


def _loss(pitch: np.ndarray, low: float, high: float) -> Floats:
    outside = np.maximum(np.maximum(low - pitch, pitch - high), 0) / _OCTAVE
    return np.minimum(outside**2, _STEEPEST).astype(np.float32)
