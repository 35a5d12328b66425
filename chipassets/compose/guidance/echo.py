"""Echo: the lead takes up its own rhythm of a bar or two before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.network import Floats
from chipassets.compose.state import State


class EchoTerm:
    """Raises the start of a step's top note where the lead started one `lags` steps before.

    Where it did not, a start is lowered by as much. lags: [rows], whole bars; the first bars, with
    nothing before them, are free.
    """

    def __init__(self, lags: NDArray[np.int64], weight: float) -> None:
        self.weight = weight
        self._lags = lags
        self._rows = np.arange(lags.size)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower the new notes that would be the first of their step."""
        model_step = state.step - self._lags
        answer = np.where(state.led[self._rows, np.maximum(model_step, 0)], 1.0, -1.0)
        answer[(model_step < 0) | (state.place > 0)] = 0
        logits[:, NEW_NOTE:CONTINUED_NOTE] += (self.weight * answer[:, None]).astype(np.float32)
