"""The arithmetic of the networks for single voices: a block of rows, one step at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    CONTEXT_GROUPS,
    FIRST_NOTE,
    LOWEST,
    PITCHES,
    VOCABULARY,
    Integers,
    PartContext,
    context_classes,
)
from chipassets.compose.part_history import COPIES, HISTORY_GROUPS
from chipassets.compose.parts_model import GROUPS, HEAD_SIZES, WIDEST, PartWeights
from chipassets.units import OCTAVE

Floats = NDArray[np.float32]

ROWS = 16
"""Rows are computed in blocks of this many, whether wanted or not: row i stands in row i % ROWS of
its block always, so that the rounding of its sums never depends on its neighbours."""

_HALF = np.float32(0.5)
_START = dict(zip(HEAD_SIZES, np.cumsum([0, *HEAD_SIZES.values()])[:-1].tolist(), strict=True))
_NOTHING = sum(HEAD_SIZES.values())
"""The head's place that is always 0, for what has no distance."""
_HISTORY_COLUMN = {name: place for place, name in enumerate(HISTORY_GROUPS)}
_CONTEXT_COLUMN = {name: place for place, name in enumerate(CONTEXT_GROUPS)}
_COPY_COLUMNS = [_HISTORY_COLUMN[name] for name in COPIES]


class Runner:
    """A role's weights in the form used for running: every input selects rows of one table.

    The table's columns are the four gates and then the hidden layer's share of the input. Gates
    are in the order i, f, o, g; those of the sigmoids are halved, since sigmoid(x) is
    tanh(x / 2) / 2 + 1 / 2 and one tanh then serves all four; halving is exact in binary.
    """

    def __init__(self, weights: PartWeights) -> None:
        self.units = len(weights.hidden_bias)
        embedding = weights.embedding
        inputs = _gates_ready(embedding @ weights.lstm_input.T)
        straight = embedding @ weights.hidden[:, self.units :].T
        table = np.zeros((len(embedding) + 1, 5 * self.units), np.float32)
        table[:-1] = np.concatenate((inputs, straight), axis=1)
        self.table = table
        self.bias = np.concatenate((_gates_ready(weights.lstm_bias), weights.hidden_bias))
        self.recurrent = np.ascontiguousarray(_gates_ready(weights.lstm_recurrent.T))
        self.hidden = np.ascontiguousarray(weights.hidden[:, : self.units].T)
        # One column more that is always 0.
        self.head = np.zeros((self.units, _NOTHING + 1), np.float32)
        self.head[:, :-1] = weights.head.T
        self.head_bias = np.append(weights.head_bias, np.float32(0))
        sizes = list(GROUPS.values())
        self.offsets = np.cumsum([0, *sizes[:-1]])
        self.unknown = len(embedding)

    def places(self, classes: Integers, first_group: int) -> NDArray[np.int64]:
        """Return the table's rows for classes [..., groups] of the groups from the given one on."""
        offsets = self.offsets[first_group : first_group + classes.shape[-1]]
        return np.where(classes < 0, self.unknown, classes + offsets)


class StepInputs:
    """The inputs of a role's network from a context at each step, computed once for all rows.

    inputs: float32 [steps, 5 * units], bias included. distances: the head's indices [steps, 3,
    PITCHES] that are added to each pitch for root, tune and bass.
    """

    def __init__(self, runner: Runner, context: PartContext) -> None:
        self.runner = runner
        classes = context_classes(context).astype(np.int64)
        self.steps = len(classes)
        self.inputs = np.repeat(runner.bias[None, :], self.steps, axis=0)
        for place in runner.places(classes, 0).T:
            self.inputs += runner.table[place]
        root = classes[:, _CONTEXT_COLUMN["root"], None]
        by_root = _START["root"] + (np.arange(PITCHES) + LOWEST - root) % OCTAVE
        self.distances = np.stack(
            (
                np.where(root < 0, _NOTHING, by_root),
                _DISTANCES["lead"][classes[:, _CONTEXT_COLUMN["lead_pitch"]]],
                _DISTANCES["bass"][classes[:, _CONTEXT_COLUMN["bass_pitch"]]],
            ),
            axis=1,
        )


def _distance_places(head: str) -> NDArray[np.int64]:
    """Return the head's index for each pitch [PITCHES + 2, PITCHES], by the other voice's pitch.

    The last two rows are for silence and for an unknown pitch (class -1).
    """
    pitch = np.arange(PITCHES)
    apart = np.clip(pitch[None, :] - pitch[:, None], -WIDEST, WIDEST) + WIDEST
    places = np.full((PITCHES + 2, PITCHES), _NOTHING)
    places[:PITCHES] = _START[head] + apart
    return places


_DISTANCES = {head: _distance_places(head) for head in ("last", "lead", "bass")}


def logits_of(out: Floats, past: Integers, distances: NDArray[np.int64]) -> Floats:
    """Return the logits [rows, VOCABULARY] of the head's output [rows, places].

    past: the classes [rows, HISTORY_GROUPS]; distances: [3, PITCHES], or [rows, 3, PITCHES].
    """
    rows = np.arange(len(out))
    logits = np.zeros((len(out), VOCABULARY + 1), np.float32)
    logits[:, :VOCABULARY] = out[:, :VOCABULARY]
    by_last = _DISTANCES["last"][past[:, _HISTORY_COLUMN["last_pitch"]]]
    notes = logits[:, FIRST_NOTE:VOCABULARY]
    notes += np.take_along_axis(out, by_last, axis=1)
    for other in range(3):
        place = distances[..., other, :]
        notes += out[:, place] if place.ndim == 1 else np.take_along_axis(out, place, axis=1)
    for gate, column in enumerate(_COPY_COLUMNS, start=_START["gates"]):
        # Without a candidate (-1) the place behind the vocabulary takes it.
        logits[rows, past[:, column]] += out[:, gate]
    return logits[:, :VOCABULARY]


class State:
    """The recurrent state of a block of rows."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.output = np.zeros((ROWS, runner.units), np.float32)
        self._cell = np.zeros((ROWS, runner.units), np.float32)

    def step(self, gates: Floats) -> None:
        """Advance by one input: its share [ROWS, 4 * units] of the gates, which is overwritten."""
        units = self._runner.units
        gates += self.output @ self._runner.recurrent
        np.tanh(gates, out=gates)
        sigmoids = gates[:, : 3 * units]
        sigmoids *= _HALF
        sigmoids += _HALF
        self._cell *= sigmoids[:, units : 2 * units]
        self._cell += sigmoids[:, :units] * gates[:, 3 * units :]
        self.output = np.tanh(self._cell) * sigmoids[:, 2 * units :]


class Pass:
    """The state of a block of rows that runs through the network with one context."""

    def __init__(self, told: StepInputs) -> None:
        self._told = told
        self._state = State(told.runner)
        self._straight: Floats = np.empty(0, np.float32)

    def step(self, step: int, past: Integers) -> None:
        """Advance by one step; past: the classes [ROWS, HISTORY_GROUPS] before it."""
        runner = self._told.runner
        inputs = runner.table.take(runner.places(past, len(CONTEXT_GROUPS)), axis=0).sum(axis=1)
        inputs += self._told.inputs[step]
        self._state.step(inputs[:, : 4 * runner.units])
        self._straight = inputs[:, 4 * runner.units :]

    def logits(self, step: int, past: Integers) -> Floats:
        """Return the logits [ROWS, VOCABULARY] of the step that was advanced to."""
        runner = self._told.runner
        hidden = self._straight + self._state.output @ runner.hidden
        out = np.maximum(hidden, 0) @ runner.head + runner.head_bias
        return logits_of(out, past, self._told.distances[step])


def _gates_ready(array: Floats) -> Floats:
    """Return the array with its last axis, PyTorch's gates i, f, g, o, as i/2, f/2, o/2, g."""
    i, f, g, o = np.split(array, 4, axis=-1)
    return np.concatenate((i * _HALF, f * _HALF, o * _HALF, g), axis=-1)
