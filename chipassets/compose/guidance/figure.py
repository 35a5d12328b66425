"""A figure: one way of accompanying, for whole sections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.guidance import Term, TermKind
from chipassets.compose.guidance.setting import Setting

MOST_VOICES = 3
"""Two pulses and the triangle of the 2A03."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A way of accompanying as it is written down.

    suits: how likely it is, by scene; by mood, how likely it is beside what the scene allows. A
    figure that suits nothing is never drawn. voices: a shift of the mean number of voices, onsets:
    a factor on their density, most_voices: how many may sound at once. make: the term that leads
    the model there, on the steps [steps] where the figure stands; None where numbers say it all.
    """

    name: str
    says: str
    suits: Mapping[str, float]
    voices: float = 0.0
    onsets: float = 1.0
    most_voices: int = MOST_VOICES
    weight: float = 1.0
    make: Callable[[Setting, NDArray[np.bool_], float], Term] | None = None

    @property
    def term(self) -> TermKind | None:
        """The figure's term as one among the others."""
        make = self.make
        if make is None:
            return None

        def made(setting: Setting, weight: float) -> Term | None:
            where = setting.where(self.name)
            return None if where is None else make(setting, where, weight)

        def aim(setting: Setting, row: int, step: int) -> str:
            del row
            where = setting.where(self.name)
            return self.says if where is not None and where[step] else ""

        return TermKind(self.name, self.weight, self.says, made, aim)
