"""Line: the tune moves, and by steps that can be sung."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_SAME, _FAR = -0.8, -0.8
_SAME_RANGE, _FAR_RANGE = (-1.8, 0.5), (-1.2, 0.6)
"""Of one track the tune is a riff on few notes, of another it wanders, strides or leaps."""

_FAR_SEMITONES = 9
_LONG_STEPS = 6
_PLAIN_DENSITY = 4.0
_SHORTEST_LONG, _LONGEST_LONG = 3.0, 8.0
"""From when on a note is long: a dotted quarter at a plain density, sooner in denser takes."""

_PER_LONG_STEP, _MOST_LONG = 0.8, 9.0


class LineTerm:
    """Lowers, for a step's top note, the pitch that was on top before and those far from it.

    By `same` and `far` nats; above 0 they are raised. A top note that has been held for more than
    `long_steps`, one number or [rows], is lowered too, ever more.
    """

    name = "line"

    def __init__(
        self,
        weight: float,
        same: float = _SAME,
        far: float = _FAR,
        long_steps: float | NDArray[np.float32] = _LONG_STEPS,
    ) -> None:
        self.weight = weight
        self.long_steps = np.asarray(long_steps, np.float32)
        pitch = np.arange(PITCHES)
        distance = np.abs(pitch[:, None] - pitch[None, :])
        pull = same * (distance == 0) + far * (distance > _FAR_SEMITONES)
        self._by_last = (weight * pull).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Lower the same pitch and far ones; after a rest everything is open."""
        rows = np.flatnonzero(state.place == 0)
        last = PITCHES - 1 - state.sounding[rows, ::-1].argmax(axis=1)
        sounds = state.sounding[rows, last]
        rows, last = rows[sounds], last[sounds]
        if rows.size:
            logits[rows, NEW] += self._by_last[last]
            long_steps = self.long_steps[rows] if self.long_steps.ndim else self.long_steps
            overdue = np.maximum(state.ages[rows, last] - long_steps, 0)
            loss = self.weight * np.minimum(overdue * _PER_LONG_STEP, _MOST_LONG)
            logits[rows, CONTINUED_NOTE + last] -= loss.astype(np.float32)


def _make(setting: Setting, weight: float) -> LineTerm:
    # The denser a take is to be, the sooner its tune moves on: a battle does not open with a note a
    # bar over busy lower voices.
    onsets = setting.aims.density.mean(axis=1)
    long_steps = np.clip(_LONG_STEPS * _PLAIN_DENSITY / onsets, _SHORTEST_LONG, _LONGEST_LONG)
    return LineTerm(weight, *_own(setting), long_steps)


def _own(setting: Setting) -> tuple[float, float]:
    draws = setting.draw("line").random(2)
    spans = (_SAME_RANGE, _FAR_RANGE)
    same, far = (low + (high - low) * draw for (low, high), draw in zip(spans, draws, strict=True))
    return float(same), float(far)


def _aim(setting: Setting, row: int, step: int) -> str:
    del row, step
    same, far = _own(setting)
    return f"repeated notes {same:+.1f}, leaps {far:+.1f}"


TERM = TermKind("line", 1.0, "keeps the tune moving, and by steps that can be sung", _make, _aim)
