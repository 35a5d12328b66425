"""Pcm: rendered samples with their loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Pcm:
    """int16 samples, [n] or [n, channels]; the loop goes from its start to the end.

    None: no loop.
    """

    samples: NDArray[np.int16]
    rate_hz: int
    loop_start_sample: int | None

    @property
    def channels(self) -> int:
        """Return the number of channels."""
        return 1 if self.samples.ndim == 1 else int(self.samples.shape[1])

    @property
    def columns(self) -> NDArray[np.int16]:
        """Return the samples as [n, channels], also for mono."""
        return self.samples.reshape(len(self.samples), self.channels)
