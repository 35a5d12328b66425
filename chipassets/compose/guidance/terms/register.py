"""Register: the top line stays where the track wants its lead, the lowest within the chip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State
from chipassets.keys import pitch_name

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


LOWEST_PITCH = 36
_LEAD_MARGIN = 3
"""The lead's range is asked of its median; single notes may lie this much outside."""


def _make(setting: Setting, weight: float) -> RegisterTerm:
    low, high = (edge - setting.shift for edge in _lead_range(setting))
    floor = LOWEST_PITCH - setting.shift
    return RegisterTerm(low, high, floor, weight, setting.aims.plot.lead_shifts)


def _lead_range(setting: Setting) -> tuple[float, float]:
    lead = setting.track.character.lead_pitch
    return lead.low - _LEAD_MARGIN, lead.high + _LEAD_MARGIN


def _aim(setting: Setting, row: int, step: int) -> str:
    del row
    up = int(setting.aims.plot.lead_shifts[step])
    low, high = (pitch_name(round(edge) + up) for edge in _lead_range(setting))
    return f"a tune between {low} and {high}"


TERM = TermKind("register", 3.0, "keeps the tune in its range, the rest on the chip", _make, _aim)
