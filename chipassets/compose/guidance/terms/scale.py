"""Scale: new notes lean to the key, and chromatic ones stay possible."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_RAISED_SEVENTH_SHARE = 0.35
"""Of a chromatic note's weight, for the leading tone of minor: common, yet not in the scale."""


class ScaleTerm:
    """Lowers new notes outside the scale by the weight, whatever the octave."""

    name = "scale"

    def __init__(
        self, pitch_classes: frozenset[int], leading_tone: int | None, weight: float
    ) -> None:
        self.weight = weight
        outside = np.array([pitch % 12 not in pitch_classes for pitch in range(PITCHES)])
        self._bias = np.where(outside, -weight, 0).astype(np.float32)
        if leading_tone is not None:
            self._bias[leading_tone % 12 :: 12] *= np.float32(_RAISED_SEVENTH_SHARE)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower the new notes outside the scale."""
        del state
        logits[:, NEW_NOTE:CONTINUED_NOTE] += self._bias


def _make(setting: Setting, weight: float) -> ScaleTerm:
    key = setting.key
    leading_tone = (key.tonic - 1) % 12 if key.is_minor else None
    return ScaleTerm(key.pitch_classes, leading_tone, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    del row, step
    return str(setting.track.key)


TERM = TermKind("scale", 0.25, "leans to the notes of the key", _make, _aim, varies=3.0)
