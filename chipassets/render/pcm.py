"""Pcm: finished samples with their loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Pcm:
    """Mono int16 samples; the loop runs from `loop_start_sample` to the end, None plays once."""

    samples: NDArray[np.int16]
    rate_hz: int
    loop_start_sample: int | None
