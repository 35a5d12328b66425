"""Hold: a note does not sound for ever."""

from __future__ import annotations

import numpy as np

from chipassets.compose.codec import CONTINUED_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State


class HoldTerm:
    """Lowers the continuation of a note that has sounded for more than `longest_steps`.

    The loss is the weight for every beat beyond.
    """

    name = "hold"

    def __init__(self, longest_steps: int, weight: float) -> None:
        self.weight = weight
        self._longest = longest_steps

    def bias(self, state: State, logits: Floats) -> None:
        """Lower continuations of notes that are overdue."""
        if state.ages.max() <= self._longest:
            return
        overdue = np.maximum(state.ages - self._longest, 0) / 4
        logits[:, CONTINUED_NOTE:] -= (self.weight * overdue).astype(np.float32)


_LONGEST_STEPS = 16


def _make(_: Setting, weight: float) -> HoldTerm:
    return HoldTerm(_LONGEST_STEPS, weight)


TERM = TermKind("hold", 1.0, "lets go of notes that have sounded for four beats", _make)
