"""Where each row of a batch stands while it is sampled: what rules and guidance may look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.script import Script

PITCHES = 128
NOTHING_WRITTEN = PITCHES
"""`lowest` before a step has a note: every pitch lies below it."""

LOW_BELOW_PITCH = 55
"""Pitches below G3 belong to the bass."""

MEMORY_STEPS = 32
"""Over about this many steps (two bars of 4/4) the running sums look back."""


class State:
    """The written events of every row, and what follows from them. One array each, rows first.

    history: int16 [rows, steps + 1, places], the events written and the script ahead; the last
        step is where rows that are finished idle.
    step, place: the step that is open and how many events it has; step == steps when finished.
    lowest: the pitch written last in the open step, 128 before the first.
    sounding: bool [rows, 128], pitches of the step before. written: pitches of the open step.
    finished: whether every row has written all its steps.

    What only guidance looks at stays as it begins unless the state `remembers`:

    ages: for how many steps each sounding pitch has been held. started: how many notes began in
        the open step.
    bassless: for how many steps before the open one no pitch below `low_below` has sounded.
    led, backed: bool [rows, steps + 1], whether the highest note of a step began there, and
        whether a lower one did.
    onsets, voices, span: running sums over about `MEMORY_STEPS` steps of notes started, notes
        sounding, and steps (so that onsets / span is the recent rate).
    """

    def __init__(
        self,
        script: Script,
        rows: int,
        *,
        remembers: bool = True,
        low_below: int = LOW_BELOW_PITCH,
    ) -> None:
        steps, places = script.steps, script.places
        self.rows = rows
        self.steps = steps
        self.history = np.empty((rows, steps + 1, places), np.int16)
        self.history[:, :steps] = script.forced
        self.history[:, steps] = STEP_END
        self.source = np.append(script.source, steps)
        self.step = np.full(rows, script.first_step, np.int64)
        self.place = np.zeros(rows, np.int64)
        self.lowest = np.full(rows, NOTHING_WRITTEN, np.int64)
        self.sounding = np.zeros((rows, PITCHES), bool)
        self.written = np.zeros((rows, PITCHES), bool)
        self.finished = script.first_step == steps
        self.remembers = remembers
        self._low_below = low_below
        self.ages = np.zeros((rows, PITCHES), np.int16)
        self.started = np.zeros(rows, np.int64)
        self.bassless = np.zeros(rows, np.int64)
        self.led = np.zeros((rows, steps + 1), bool)
        self.backed = np.zeros((rows, steps + 1), bool)
        self.onsets = np.zeros(rows, np.float32)
        self.voices = np.zeros(rows, np.float32)
        self.span = np.zeros(rows, np.float32)
        # The history as one line, where its rows begin, and the place that each writes next: one
        # index is looked up faster than three.
        self._line = self.history.reshape(-1)
        self._begin = np.arange(rows) * ((steps + 1) * places)
        self._next = self._begin + self.step * places
        self._places = places
        self._has_returns = bool((script.source != np.arange(steps)).any())

    def settled(self) -> NDArray[np.int64]:
        """Return the event [rows] that the script or an earlier step settles next; below 0: free.

        A return may begin in the middle of a held note; what does not sound is struck anew.
        """
        at = self._next
        if self._has_returns:
            at = self._begin + self.source.take(self.step) * self._places + self.place
        events: NDArray[np.int64] = self._line.take(at).astype(np.int64)
        held = (events >= CONTINUED_NOTE).nonzero()[0]
        if held.size:
            silent = held[~self.sounding[held, events[held] - CONTINUED_NOTE]]
            events[silent] += NEW_NOTE - CONTINUED_NOTE
        return events

    def write(self, events: NDArray[np.int64]) -> None:
        """Append one event [rows] to each row; rows that are finished must be given STEP_END."""
        self._line[self._next] = events
        self.place += 1
        self._next += 1
        notes = (events >= NEW_NOTE).nonzero()[0]
        if notes.size:
            self._write_notes(notes, events.take(notes) - NEW_NOTE)
        ended = (events == STEP_END).nonzero()[0]
        if ended.size:
            self._close_step(ended)

    def _write_notes(self, rows: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        pitches = places % PITCHES
        self.lowest[rows] = pitches
        self.written[rows, pitches] = True
        if self.remembers:
            self._remember_notes(rows, pitches, places < PITCHES)

    def _remember_notes(
        self, rows: NDArray[np.int64], pitches: NDArray[np.int64], starts: NDArray[np.bool_]
    ) -> None:
        self.started[rows] += starts
        self.ages[rows[starts], pitches[starts]] = 0
        first = self.place[rows] == 1
        for began, where in ((self.led, starts & first), (self.backed, starts & ~first)):
            began[rows[where], self.step[rows[where]]] = True

    def _close_step(self, rows: NDArray[np.int64]) -> None:
        written = self.written.take(rows, axis=0)
        if self.remembers:
            self._remember_step(rows, written)
        self.sounding[rows] = written
        self.written[rows] = False
        self.lowest[rows] = NOTHING_WRITTEN
        self.place[rows] = 0
        step = np.minimum(self.step.take(rows) + 1, self.steps)
        self.step[rows] = step
        self._next[rows] = self._begin.take(rows) + step * self._places
        self.finished = bool(np.minimum.reduce(self.step) == self.steps)

    def _remember_step(self, rows: NDArray[np.int64], written: NDArray[np.bool_]) -> None:
        keep = np.float32(1 - 1 / MEMORY_STEPS)
        for total, now in (
            (self.onsets, self.started[rows]),
            (self.voices, written.sum(axis=1)),
            (self.span, 1),
        ):
            total[rows] = total[rows] * keep + now
        low = written[:, : self._low_below].any(axis=1)
        self.bassless[rows] = np.where(low, 0, self.bassless[rows] + 1)
        self.ages[rows] = (self.ages[rows] + 1) * written
        self.started[rows] = 0
