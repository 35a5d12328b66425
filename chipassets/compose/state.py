"""The state of each row of a batch while it is sampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import NEW_NOTE, STEP_END
from chipassets.compose.constraints import Constraints

PITCHES = 128
NOTHING_WRITTEN = PITCHES
"""`lowest` before a step has a note: every pitch lies below it."""


class State:
    """The written events of every row, and values derived from them. One array each, rows first.

    history: int16 [rows, steps + 1, places], the events written and the constraints ahead; finished
        rows write into the last step.
    step, place: the step that is open and how many events it has; step == steps when finished.
    lowest: the pitch written last in the open step, 128 before the first.
    sounding: bool [rows, 128], pitches of the step before. written: pitches of the open step.
    finished: whether every row has written all its steps.
    """

    def __init__(self, constraints: Constraints, rows: int) -> None:
        steps, places = constraints.steps, constraints.places
        self.rows = rows
        self.steps = steps
        self.history = np.empty((rows, steps + 1, places), np.int16)
        self.history[:, :steps] = constraints.forced
        self.history[:, steps] = STEP_END
        self.step = np.full(rows, constraints.first_step, np.int64)
        self.place = np.zeros(rows, np.int64)
        self.lowest = np.full(rows, NOTHING_WRITTEN, np.int64)
        self.sounding = np.zeros((rows, PITCHES), bool)
        self.written = np.zeros((rows, PITCHES), bool)
        self.finished = constraints.first_step == steps
        # The history as one line, where its rows begin, and the place that each writes next: one
        # index is looked up faster than three.
        self._line = self.history.reshape(-1)
        self._begin = np.arange(rows) * ((steps + 1) * places)
        self._next = self._begin + self.step * places
        self._places = places

    def settled(self) -> NDArray[np.int64]:
        """Return the event [rows] that the constraints fix next; below 0 where it is free."""
        return self._line.take(self._next).astype(np.int64)

    def write(self, events: NDArray[np.int64]) -> None:
        """Append one event [rows] to each row; rows that are finished must be given STEP_END."""
        self._line[self._next] = events
        self.place += 1
        self._next += 1
        notes = (events >= NEW_NOTE).nonzero()[0]
        if notes.size:
            pitches = (events.take(notes) - NEW_NOTE) % PITCHES
            self.lowest[notes] = pitches
            self.written[notes, pitches] = True
        ended = (events == STEP_END).nonzero()[0]
        if ended.size:
            self._close_step(ended)

    def _close_step(self, rows: NDArray[np.int64]) -> None:
        """Begin the next step in these rows."""
        self.sounding[rows] = self.written.take(rows, axis=0)
        self.written[rows] = False
        self.lowest[rows] = NOTHING_WRITTEN
        self.place[rows] = 0
        step = np.minimum(self.step.take(rows) + 1, self.steps)
        self.step[rows] = step
        self._next[rows] = self._begin.take(rows) + step * self._places
        self.finished = bool(np.minimum.reduce(self.step) == self.steps)
