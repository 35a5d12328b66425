"""Cell: the tune keeps to a rhythm that the track has drawn for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_OUTSIDE = -1.0


class CellTerm:
    """Raises the start of a step's top note on the cell's onsets, and lowers it elsewhere.

    cell: bool [steps of the cell], repeated over the steps of `where`.
    """

    name = "cell"

    def __init__(self, where: NDArray[np.bool_], cell: NDArray[np.bool_], weight: float) -> None:
        self.weight = weight
        self._where = padded(where)
        self._pull = (weight * np.where(cell, 1.0, _OUTSIDE)).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower the tune's next note."""
        leads = self._where[state.step] & (state.place == 0)
        if leads.any():
            pull = self._pull[state.step % self._pull.size] * leads
            logits[:, NEW_NOTE:CONTINUED_NOTE] += pull[:, None]


def _make(setting: Setting, weight: float) -> CellTerm:
    plot = setting.aims.plot
    return CellTerm(np.ones(setting.track.total_steps, bool), plot.cell, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    del row, step
    return "".join("x" if onset else "." for onset in setting.aims.plot.cell)


TERM = TermKind(
    "cell", 0.5, "keeps the tune to the rhythm that the track has drawn", _make, _aim, varies=2.5
)
