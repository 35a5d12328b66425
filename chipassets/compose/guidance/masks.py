"""Masks: the steps and events on which terms work, and what began there before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.state import PITCHES, State

Indices = NDArray[np.int64]


def padded(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the flags [steps] with one more, false, for rows that are finished."""
    return np.append(where, False)


def below_the_top(where: NDArray[np.bool_], state: State) -> Indices:
    """Return the rows whose next event, on a step of the figure, is not the step's top note."""
    return np.flatnonzero(where[state.step] & (state.place > 0))


def began(state: State, rows: Indices, steps: Indices, first_place: int, most: int) -> Indices:
    """Return int [rows, most]: pitches of notes that began at those steps, -1 in empty places.

    first_place 0 counts the step's top note, 1 leaves it out.
    """
    events = state.history[rows, np.maximum(steps, 0), first_place : first_place + most]
    events = events.astype(np.int64)
    new = (events >= NEW_NOTE) & (events < NEW_NOTE + PITCHES) & (steps >= 0)[:, None]
    ended = np.cumsum(events < NEW_NOTE, axis=1) > 0
    return np.where(new & ~ended, events - NEW_NOTE, -1)


NEW = slice(NEW_NOTE, CONTINUED_NOTE)
HELD = slice(CONTINUED_NOTE, CONTINUED_NOTE + PITCHES)
