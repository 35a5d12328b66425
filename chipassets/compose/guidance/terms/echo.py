"""Echo: the lead takes up its own rhythm of a bar or two before, the voices below it theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import State

_NOT_BEFORE = -0.5


class EchoTerm:
    """Raises the start of a step's top note where there was one `lead_lags` steps before.

    Where there was none, a start is lowered by half of it; lower notes look back a bar. The first
    bars, with nothing before them, are free. lead_lags: [rows], whole bars.
    """

    name = "echo"

    def __init__(self, lead_lags: NDArray[np.int64], steps_per_bar: int, weight: float) -> None:
        self.weight = weight
        self._lead_lags = lead_lags
        self._steps_per_bar = steps_per_bar
        self._rows = np.arange(lead_lags.size)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise or lower all new notes."""
        is_lead = state.place == 0
        earlier = state.step - np.where(is_lead, self._lead_lags, self._steps_per_bar)
        at = self._rows, np.maximum(earlier, 0)
        began = np.where(is_lead, state.led[at], state.backed[at])
        answer = np.where(earlier < 0, 0.0, np.where(began, 1.0, _NOT_BEFORE))
        logits[:, NEW_NOTE:CONTINUED_NOTE] += (self.weight * answer[:, None]).astype(np.float32)


def _make(setting: Setting, weight: float) -> EchoTerm:
    return EchoTerm(setting.aims.echo_bars * setting.bar_steps, setting.bar_steps, weight)


def _aim(setting: Setting, row: int, step: int) -> str:
    bars = int(setting.aims.echo_bars[row])
    if step < bars * setting.bar_steps:
        return ""
    return f"the tune of {'the bar' if bars == 1 else 'two bars'} before"


TERM = TermKind("echo", 0.8, "takes up the rhythm of a bar or two before", _make, _aim, varies=2.5)
