"""Ceiling: while a motif stands, what the model adds stays below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.motif import ceilings, state_motifs
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State
from chipassets.keys import pitch_name

_ABOVE = -30.0
"""Nats by which notes above are lowered at full weight: in effect they never come."""


class CeilingTerm:
    """Lowers every note, new or held, above the highest pitch [steps] that its step allows.

    What the script settles is not the model's choice and stands above.
    """

    name = "ceiling"

    def __init__(self, highest: NDArray[np.int64], weight: float) -> None:
        self.weight = weight
        self._highest = np.append(highest, PITCHES)
        pitch = np.arange(PITCHES)
        above = pitch[None, :] > np.arange(PITCHES + 1)[:, None]
        self._by_highest = (weight * _ABOVE * above).astype(np.float32)
        self._limited = self._highest < PITCHES - 1

    def bias(self, state: State, logits: Floats) -> None:
        """Lower what lies above."""
        if not self._limited[state.step].any():
            return
        above = self._by_highest[self._highest[state.step]]
        logits[:, NEW_NOTE:CONTINUED_NOTE] += above
        logits[:, CONTINUED_NOTE:] += above


def _make(setting: Setting, weight: float) -> CeilingTerm | None:
    limits = _limits(setting)
    return None if limits is None else CeilingTerm(limits, weight)


def _limits(setting: Setting) -> NDArray[np.int64] | None:
    stated = state_motifs(setting.track, setting.parts)
    return ceilings(stated, setting.track.total_steps, -setting.shift) if stated else None


def _aim(setting: Setting, row: int, step: int) -> str:
    del row
    limits = _limits(setting)
    if limits is None or limits[step] >= PITCHES - 1:
        return ""
    return f"at most {pitch_name(int(limits[step]) + setting.shift)}, under the motif"


TERM = TermKind("ceiling", 1.0, "keeps what the model adds below a motif that stands", _make, _aim)
