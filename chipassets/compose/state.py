"""Where each row of a batch stands while it is sampled: what rules and guidance may look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.script import Script

PITCHES = 128
NOTHING_WRITTEN = PITCHES
"""`lowest` before a step has a note: every pitch lies below it."""

MEMORY_STEPS = 32
"""Over about this many steps (two bars of 4/4) the running sums look back."""


class State:
    """The written events of every row, and what follows from them. One array each, rows first.

    history: int16 [rows, steps + 1, places], the events written and the script ahead; the last
        step is where rows that are finished idle.
    step, place: the step that is open and how many events it has; step == steps when finished.
    lowest: the pitch written last in the open step, 128 before the first.
    sounding: bool [rows, 128], pitches of the step before; ages: for how many steps they have been
        held. written: pitches of the open step. started: how many notes began in it.
    led, backed: bool [rows, steps + 1], whether the highest note of a step began there, and
        whether a lower one did.
    onsets, voices, span: running sums over about `MEMORY_STEPS` steps of notes started, notes
        sounding, and steps (so that onsets / span is the recent rate).
    """

    def __init__(self, script: Script, rows: int) -> None:
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
        self.ages = np.zeros((rows, PITCHES), np.int16)
        self.started = np.zeros(rows, np.int64)
        self.led = np.zeros((rows, steps + 1), bool)
        self.backed = np.zeros((rows, steps + 1), bool)
        self.onsets = np.zeros(rows, np.float32)
        self.voices = np.zeros(rows, np.float32)
        self.span = np.zeros(rows, np.float32)
        self._all = np.arange(rows)

    @property
    def finished(self) -> bool:
        """Whether every row has written all its steps."""
        return bool((self.step == self.steps).all())

    def settled(self) -> NDArray[np.int64]:
        """Return the event [rows] that the script or an earlier step settles next; below 0: free.

        A return may begin in the middle of a held note; what does not sound is struck anew.
        """
        source = self.source[self.step]
        events: NDArray[np.int64] = self.history[self._all, source, self.place].astype(np.int64)
        held = np.flatnonzero(events >= CONTINUED_NOTE)
        if held.size:
            silent = held[~self.sounding[held, events[held] - CONTINUED_NOTE]]
            events[silent] += NEW_NOTE - CONTINUED_NOTE
        return events

    def write(self, events: NDArray[np.int64]) -> None:
        """Append one event [rows] to each row; rows that are finished must be given STEP_END."""
        self.history[self._all, self.step, self.place] = events
        self.place += 1
        notes = np.flatnonzero(events >= NEW_NOTE)
        if notes.size:
            self._write_notes(notes, events[notes] - NEW_NOTE)
        ended = np.flatnonzero(events == STEP_END)
        if ended.size:
            self._close_step(ended)

    def _write_notes(self, rows: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        pitches = places % PITCHES
        starts = places < PITCHES
        self.lowest[rows] = pitches
        self.written[rows, pitches] = True
        self.started[rows] += starts
        self.ages[rows[starts], pitches[starts]] = 0
        first = self.place[rows] == 1
        for began, where in ((self.led, starts & first), (self.backed, starts & ~first)):
            began[rows[where], self.step[rows[where]]] = True

    def _close_step(self, rows: NDArray[np.int64]) -> None:
        written = self.written[rows]
        keep = np.float32(1 - 1 / MEMORY_STEPS)
        for total, now in (
            (self.onsets, self.started[rows]),
            (self.voices, written.sum(axis=1)),
            (self.span, 1),
        ):
            total[rows] = total[rows] * keep + now
        self.sounding[rows] = written
        self.ages[rows] = (self.ages[rows] + 1) * written
        self.written[rows] = False
        self.started[rows] = 0
        self.lowest[rows] = NOTHING_WRITTEN
        self.place[rows] = 0
        self.step[rows] = np.minimum(self.step[rows] + 1, self.steps)
