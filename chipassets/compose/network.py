"""Run the LSTM of a model for a fixed number of rows, one event of each at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.weights import FORGET_BIAS, Model

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]
_HALF = np.float32(0.5)


class _Layer:
    """One BasicLSTMCell over all rows, its state kept between calls.

    Everything is stored with rows last (`[units, rows]`): the four gates are then four contiguous
    blocks, and the small matrix product is a fifth faster than with rows first. The sigmoid is
    taken as tanh(x / 2) / 2 + 1 / 2, so one tanh serves all gates; halving the weights of i, f and
    o beforehand is exact in binary.
    """

    def __init__(self, kernel: Floats, bias: Floats, inputs: int, rows: int) -> None:
        units = bias.size // 4
        self._weights = np.ascontiguousarray(_gates_first(kernel).T)
        # Spread over the rows beforehand: adding an array of the same shape is faster by far.
        self._bias = np.repeat(_gates_first(_with_forget_bias(bias))[:, None], rows, axis=1)
        self.joined = np.zeros((inputs + units, rows), np.float32)
        self._cell = np.zeros((units, rows), np.float32)
        self._product = np.empty((units, rows), np.float32)
        self.inputs, self.hidden = self.joined[:inputs], self.joined[inputs:]
        self._gates = np.empty((4 * units, rows), np.float32)
        self._sigmoids = self._gates[: 3 * units]
        self._in, self._forget, self._out, self._new = np.split(self._gates, 4)

    def step(self, addend: Floats | None = None) -> None:
        """Advance the state by one input; `addend` [4 * units, rows] joins the gates (layer 0)."""
        gates, cell, product = self._gates, self._cell, self._product
        np.matmul(self._weights, self.joined, out=gates)
        np.add(gates, self._bias if addend is None else addend, out=gates)
        np.tanh(gates, out=gates)
        np.multiply(self._sigmoids, _HALF, out=self._sigmoids)
        np.add(self._sigmoids, _HALF, out=self._sigmoids)
        np.multiply(self._in, self._new, out=product)
        np.multiply(cell, self._forget, out=cell)
        np.add(cell, product, out=cell)
        np.tanh(cell, out=product)
        np.multiply(product, self._out, out=self.hidden)

    def reset(self) -> None:
        """Return to the zero state."""
        self.joined[:] = 0
        self._cell[:] = 0


def _with_forget_bias(bias: Floats) -> Floats:
    raised = bias.astype(np.float32)
    quarter = bias.size // 4
    raised[2 * quarter : 3 * quarter] += np.float32(FORGET_BIAS)
    return raised


def _gates_first(array: Floats) -> Floats:
    """Return the array with its last axis, Magenta's gates i, j, f, o, as i/2, f/2, o/2, j."""
    i, j, f, o = np.split(array.astype(np.float32), 4, axis=-1)
    return np.concatenate((i * _HALF, f * _HALF, o * _HALF, j), axis=-1)


class Network:
    """A model with a state per row, advanced by `step`; no array is allocated in a step."""

    def __init__(self, model: Model, rows: int) -> None:
        first = model.kernels[0].astype(np.float32)
        inputs = first.shape[0] - model.layers[0]
        # The one-hot input and the controls only ever pick rows of the kernel: keep them as tables.
        self._table = _gates_first(first[:EVENT_CLASSES])
        self._table += _gates_first(_with_forget_bias(model.biases[0]))
        self._control_tables = _control_tables(_gates_first(first[EVENT_CLASSES:inputs]), model)
        widths = (0, *model.layers[:-1])
        kernels = (first[inputs:], *model.kernels[1:])
        self._layers = [
            _Layer(kernel, bias, width, rows)
            for kernel, bias, width in zip(kernels, model.biases, widths, strict=True)
        ]
        self._head = model.head_weights.astype(np.float32)
        self._head_bias = model.head_bias.astype(np.float32)
        self._picked = np.empty((rows, self._table.shape[1]), np.float32)
        self._logits = np.empty((rows, EVENT_CLASSES), np.float32)
        self.rows = rows

    def step(self, events: Integers, controls: Integers | None = None) -> Floats:
        """Feed one event a row and return the logits [rows, 259] of the next.

        events: [rows]. controls: [rows, groups], the class of each of the model's control groups,
        -1 where unknown; None leaves all unknown. The array returned is overwritten by the next
        call. The maths is TensorFlow's BasicLSTMCell:
        c = c * sigmoid(f + 1) + sigmoid(i) * tanh(j), h = tanh(c) * sigmoid(o).
        """
        self._table.take(events, axis=0, out=self._picked, mode="clip")
        if controls is not None:
            for column, table in enumerate(self._control_tables):
                self._picked += table[controls[:, column]]
        below = self._layers[0]
        below.step(self._picked.T)
        for layer in self._layers[1:]:
            layer.inputs[:] = below.hidden
            layer.step()
            below = layer
        np.matmul(below.hidden.T, self._head, out=self._logits)
        self._logits += self._head_bias
        return self._logits

    def reset(self) -> None:
        """Return every row to the zero state."""
        for layer in self._layers:
            layer.reset()


def _control_tables(rows: Floats, model: Model) -> list[Floats]:
    """Return a table per control group, its last row zero: UNKNOWN (-1) then adds nothing."""
    tables = []
    start = 0
    for control in model.controls:
        table = np.zeros((control.size + 1, rows.shape[1]), np.float32)
        table[: control.size] = rows[start : start + control.size]
        tables.append(table)
        start += control.size
    return tables
