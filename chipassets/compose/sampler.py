"""Sample one event after another for a batch of rows, each with its own random stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, EVENT_CLASSES, NEW_NOTE, START, STEP_END
from chipassets.compose.constraints import Constraints
from chipassets.compose.network import Floats, Network
from chipassets.compose.state import NOTHING_WRITTEN, PITCHES, State

Controls = Callable[[State], NDArray[np.int64]]
"""What the model's control groups [rows, groups] are to be for the next event."""

_UNIFORMS_AT_ONCE = 512


def sample(
    network: Network,
    constraints: Constraints,
    rngs: Sequence[np.random.Generator],
    temperature: float,
    controls: Controls | None = None,
    rules: bool = True,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.int16]:
    """Return the events int16 [rows, steps, places] of every step, -1 after its STEP_END.

    The network starts from the zero state and START. The k-th free event of a row takes the k-th
    uniform number of the row's generator; events fixed by the constraints take none. So a row
    depends only on its generator and the constraints. `rules` keeps to the order that Magenta
    writes (see `Rules`); without them the model is sampled as Magenta samples it.
    """
    state = State(constraints, network.rows)
    order = Rules(network.rows) if rules else None
    dice = _Dice(rngs)
    network.reset()
    events = np.full(network.rows, START, np.int64)
    while not state.finished:
        logits = network.step(events, controls(state) if controls else None)
        events = state.settled()
        free = events < 0
        if free.any():
            if temperature != 1:
                logits /= np.float32(temperature)
            if order:
                order.forbid(state, logits)
            events = np.where(free, draw(logits, dice.roll(free)), events)
        state.write(events)
        if progress:
            progress(
                float(state.step.min() - constraints.first_step)
                / (constraints.steps - constraints.first_step)
            )
    return _blank_after_step_end(state.history[:, : constraints.steps])


def draw(logits: Floats, uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a class [rows] for each row of logits: where the uniform number falls in the sum.

    Logits are replaced by their exponentials. A class at -inf is never drawn.
    """
    logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
    np.exp(logits, out=logits)
    sums = np.cumsum(logits, axis=1, dtype=np.float64)
    # A uniform number next to 1 must not round up to the whole sum, behind the last class.
    whole = sums[:, -1]
    targets = np.minimum(uniforms * whole, np.nextafter(whole, 0))
    drawn: NDArray[np.int64] = np.greater(sums, targets[:, None]).argmax(axis=1)
    return drawn


class Rules:
    """The order of Magenta's events: pitches fall within a step, and only sounding ones continue.

    START and END are never drawn: a piece ends when its steps are full.
    """

    def __init__(self, rows: int) -> None:
        pitch = np.arange(PITCHES)
        lowest = np.arange(NOTHING_WRITTEN + 1)
        above = np.where(pitch[None, :] < lowest[:, None], 0, -np.inf)
        self._by_lowest = np.full((lowest.size, EVENT_CLASSES), -np.inf, np.float32)
        self._by_lowest[:, STEP_END] = 0
        self._by_lowest[:, NEW_NOTE:CONTINUED_NOTE] = above
        self._by_lowest[:, CONTINUED_NOTE:] = above
        self._mask = np.empty((rows, EVENT_CLASSES), np.float32)

    def forbid(self, state: State, logits: Floats) -> None:
        """Set the logits of every event that may not come next to -inf."""
        self._by_lowest.take(state.lowest, axis=0, out=self._mask, mode="clip")
        logits += self._mask
        np.copyto(logits[:, CONTINUED_NOTE:], -np.inf, where=~state.sounding)


class _Dice:
    """The next uniform number of each row, drawn from the rows' generators in bulk."""

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        self._rngs = rngs
        self._numbers: NDArray[np.float64] = np.empty((len(rngs), 0))
        self._used = np.zeros(len(rngs), np.int64)
        self._all = np.arange(len(rngs))

    def roll(self, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return a number [rows] for every row, and consume those of the rows that are marked."""
        if self._used.max() == self._numbers.shape[1]:
            drawn = [rng.random(_UNIFORMS_AT_ONCE) for rng in self._rngs]
            self._numbers = np.concatenate((self._numbers, drawn), axis=1)
        numbers: NDArray[np.float64] = self._numbers[self._all, self._used]
        self._used += rows
        return numbers


def _blank_after_step_end(history: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the history with -1 in every place after a step's STEP_END."""
    ended = np.cumsum(history == STEP_END, axis=2)
    over = (ended > 1) | ((ended == 1) & (history != STEP_END))
    return np.where(over, np.int16(-1), history)
