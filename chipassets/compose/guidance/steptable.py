"""Values for each row of a batch that may change from step to step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.network import Floats
from chipassets.compose.state import State


class StepTable:
    """Looks up what holds for each row at its step; values are [rows] or [rows, steps]."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        table = values.astype(np.float32)
        # Rows that are finished idle in a step behind the last.
        self._table = table if table.ndim == 1 else np.concatenate((table, table[:, -1:]), axis=1)
        # As one line: one index is looked up faster than two.
        self._begin = np.arange(table.shape[0]) * (self._table.size // table.shape[0])

    def now(self, state: State) -> Floats:
        """Return the values [rows] of the steps at which the rows are."""
        return self._table if self._table.ndim == 1 else self._table.take(self._begin + state.step)
