"""A passage's sound as a train of steps, in pieces, so that minutes of it take little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """The pieces of a train, [sides, n] each: the passage's samples, and a tail behind its end.

    rings_on: the samples of the tail, the impulses of the last steps and whatever sounds on.
    """

    pieces: Iterator[NDArray[np.int64]]
    rings_on: int
