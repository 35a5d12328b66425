"""Loss and gradients of polyphony_rnn on the CPU, without automatic differentiation.

Matrix products, and compiled loops between them, over blocks of events that the cores share; all in
buffers that are reused from one update to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.train.batches import Batch
from chipassets.train.lstm_kernel import (
    compiled,
    in_blocks,
    one_blas_thread,
    run_backward,
    run_forward,
)

Floats = NDArray[np.float32]
State = list[tuple[Floats, Floats]]

_ROWS = 1024
"""Rows per block of the loops; fixed, so that sums are the same on any number of cores."""
_COLUMNS = 64


class Backprop:
    """The network's forward and backward pass over batches of one shape.

    group_sizes: rows of each control group; keep: dropout keep probability.
    """

    def __init__(self, layers: Sequence[int], group_sizes: Sequence[int], keep: float) -> None:
        self.layers, self.keep = tuple(layers), keep
        self._bases = EVENT_CLASSES + np.cumsum([0, *group_sizes[:-1]], dtype=np.int32)
        self._kept: dict[tuple[str, int], Any] = {}

    def run(
        self, weights: Sequence[Floats], batch: Batch, state: State, seed: tuple[int, int]
    ) -> tuple[float, State, list[Floats]]:
        """Return the sum of the losses (nats), the state after the batch, and the gradients.

        weights and gradients: kernel and bias of each layer, then the head's. Gradients are of the
        mean loss of the batch's events, and are overwritten by the next run. `seed` determines the
        dropout.
        """
        state = [(c * batch.keep_state, o * batch.keep_state) for c, o in map(_arrays, state)]
        picks = self._picks(batch)
        with one_blas_thread():
            inputs = self._forward(weights, picks, batch.events.shape, state, np.random.SFC64(seed))
            total, gradients = self._backward(weights, picks, batch, inputs, state)
        ends = [
            tuple(self._memory(name, layer)[-1].copy() for name in ("cells", "shown"))
            for layer in range(len(self.layers))
        ]
        return total, cast("State", ends), gradients

    def _picks(self, batch: Batch) -> NDArray[np.int32]:
        """Return the rows of the first kernel that inputs select, int32 [events, 1 + groups]."""
        rows = np.where(batch.rows >= 0, batch.rows + self._bases[: batch.rows.shape[-1]], -1)
        picks = np.concatenate([batch.events[..., None], rows], -1)
        return np.ascontiguousarray(picks.reshape(-1, picks.shape[-1]), np.int32)

    def _forward(
        self,
        weights: Sequence[Floats],
        picks: NDArray[np.int32],
        shape: tuple[int, ...],
        state: State,
        bits: np.random.SFC64,
    ) -> list[Floats]:
        """Return the inputs of each layer but the first, and of the head, [events, units] each."""
        inputs: list[Floats] = []
        for layer, units in enumerate(self.layers):
            kernel, bias = weights[2 * layer : 2 * layer + 2]
            gates = self._space("gates", layer, (*shape, 4 * units))
            flat = gates.reshape(-1, 4 * units)
            if layer:
                _multiply(inputs[-1], kernel[:-units], flat)
                in_blocks(_add_row, len(flat), _ROWS, flat, bias)
            else:
                in_blocks(_gather, len(flat), _ROWS, flat, bias, kernel, picks)
            cell, output = state[layer]
            # One step longer: the recurrence's inputs are the same buffer, one step earlier.
            shown = self._space("shown", layer, (shape[0] + 1, *shape[1:], units))
            shown[0] = output
            cells = self._space("cells", layer, (*shape, units))
            run_forward(gates, cell, output, kernel[-units:], shown[1:], cells)
            inputs.append(self._dropped(shown[1:].reshape(-1, units), layer, bits))
        return inputs

    def _dropped(self, values: Floats, layer: int, bits: np.random.SFC64) -> Floats:
        """Return the values, each kept with the probability `keep` and then divided by it."""
        if self.keep == 1:
            return values
        drawn = bits.random_raw(-(-values.size // 4)).view(np.uint16)[: values.size]
        mask = drawn.reshape(values.shape)
        self._kept["mask", layer] = mask
        dropped = self._space("dropped", layer, values.shape)
        in_blocks(_drop, len(values), _ROWS, values, mask, self._threshold, self._scale, dropped)
        return dropped

    @property
    def _threshold(self) -> np.uint32:
        return np.uint32(round(self.keep * 65536))

    @property
    def _scale(self) -> np.float32:
        return np.float32(65536 / round(self.keep * 65536))

    def _backward(
        self,
        weights: Sequence[Floats],
        picks: NDArray[np.int32],
        batch: Batch,
        inputs: list[Floats],
        state: State,
    ) -> tuple[float, list[Floats]]:
        """Return the sum of the losses and the gradients, in the order of the weights."""
        head, head_bias = weights[-2:]
        logits = self._space("logits", 0, (len(picks), EVENT_CLASSES))
        _multiply(inputs[-1], head, logits)
        targets, mask = batch.targets.reshape(-1), batch.mask.reshape(-1)
        share = np.float32(1 / mask.sum(dtype=np.float64))
        losses = in_blocks(_losses, len(logits), _ROWS, logits, head_bias, targets, mask, share)
        gradients = [np.empty_like(array) for array in weights]
        _correlate(inputs[-1], logits, gradients[-2])
        _sum_rows(logits, gradients[-1])
        units = self.layers[-1]
        gradient = self._space("gradient", units, (len(picks), units))
        _multiply(logits, head.T, gradient)
        for layer in reversed(range(len(self.layers))):
            units, kernel = self.layers[layer], weights[2 * layer]
            of_kernel, of_bias = gradients[2 * layer : 2 * layer + 2]
            if self.keep < 1:
                dropped = self._kept["mask", layer]
                in_blocks(
                    _drop, len(gradient), _ROWS,
                    gradient, dropped, self._threshold, self._scale, gradient,
                )  # fmt: skip
            gates, cells = self._memory("gates", layer), self._memory("cells", layer)
            run_backward(
                gradient.reshape(cells.shape), state[layer][0], cells, gates, kernel[-units:]
            )
            flat = gates.reshape(-1, 4 * units)
            before = self._memory("shown", layer)[:-1].reshape(-1, units)
            _correlate(before, flat, of_kernel[-units:])
            _sum_rows(flat, of_bias)
            if layer:
                _correlate(inputs[layer - 1], flat, of_kernel[:-units])
                below = self.layers[layer - 1]
                gradient = self._space("gradient", below, (len(picks), below))
                _multiply(flat, kernel[:-units].T, gradient)
            else:
                of_kernel[:-units] = 0
                in_blocks(_scatter, 4 * units, _COLUMNS, flat, picks, of_kernel)
        return float(sum(losses)), gradients

    def _space(self, name: str, index: int, shape: tuple[int, ...]) -> Floats:
        """Return a reusable buffer of a shape; its contents are undefined."""
        found: Floats | None = self._kept.get((name, index))
        if found is None or found.shape != shape:
            found = self._kept[name, index] = np.empty(shape, np.float32)
        return found

    def _memory(self, name: str, index: int) -> Floats:
        kept: Floats = self._kept[name, index]
        return kept


def _arrays(pair: Any) -> tuple[Floats, Floats]:
    return np.asarray(pair[0]), np.asarray(pair[1])


def _multiply(values: Floats, matrix: Floats, into: Floats) -> None:
    """Write the product of the values [events, n] with a matrix [n, m]."""

    def block(first: int, last: int) -> None:
        np.matmul(values[first:last], matrix, out=into[first:last])

    in_blocks(block, len(values), _ROWS)


def _correlate(values: Floats, gradient: Floats, into: Floats) -> None:
    """Write the sum over the events of values [events, n] times gradient [events, m]."""

    def block(first: int, last: int) -> Floats:
        product: Floats = values[first:last].T @ gradient[first:last]
        return product

    np.sum(in_blocks(block, len(values), _ROWS), axis=0, out=into)


def _sum_rows(values: Floats, into: Floats) -> None:
    """Write the sum of all rows."""

    def block(first: int, last: int) -> Floats:
        total: Floats = values[first:last].sum(axis=0)
        return total

    np.sum(in_blocks(block, len(values), _ROWS), axis=0, out=into)


@compiled
def _add_row(first: int, last: int, values: Floats, row: Floats) -> None:
    """Add a row to the rows `first` to `last`."""
    for place in range(first, last):
        for column in range(values.shape[1]):
            values[place, column] += row[column]


@compiled
def _gather(
    first: int, last: int, into: Floats, bias: Floats, kernel: Floats, picks: NDArray[np.int32]
) -> None:
    """Set rows to the bias plus the selected rows of the kernel; -1 selects none."""
    for place in range(first, last):
        for column in range(into.shape[1]):
            into[place, column] = bias[column]
        for pick in picks[place]:
            if pick >= 0:
                for column in range(into.shape[1]):
                    into[place, column] += kernel[pick, column]


@compiled
def _scatter(
    first: int, last: int, gradient: Floats, picks: NDArray[np.int32], of_kernel: Floats
) -> None:
    """Add gradients, in some columns, to the rows that were selected."""
    for place in range(gradient.shape[0]):
        for pick in picks[place]:
            if pick >= 0:
                for column in range(first, last):
                    of_kernel[pick, column] += gradient[place, column]


@compiled
def _drop(
    first: int,
    last: int,
    values: Floats,
    mask: NDArray[np.uint16],
    threshold: np.uint32,
    scale: np.float32,
    into: Floats,
) -> None:
    """Write some rows of the values, scaled, where the mask is below the threshold, else 0."""
    for place in range(first, last):
        for column in range(values.shape[1]):
            kept = scale if mask[place, column] < threshold else np.float32(0)
            into[place, column] = values[place, column] * kept


@compiled
def _losses(
    first: int,
    last: int,
    logits: Floats,
    bias: Floats,
    targets: NDArray[np.int32],
    mask: Floats,
    share: np.float32,
) -> float:
    """Return the sum of the cross entropies of some rows; logits are replaced by their gradient.

    The gradient is that of the sum times `share`, and 0 where the mask is 0.
    """
    total = 0.0
    for place in range(first, last):
        row = logits[place]
        if mask[place] == 0:
            row[:] = 0
            continue
        highest = np.float32(-np.inf)
        for column in range(row.shape[0]):
            row[column] += bias[column]
            highest = max(highest, row[column])
        right = row[targets[place]] - highest
        whole = np.float32(0)
        for column in range(row.shape[0]):
            row[column] = np.exp(row[column] - highest)
            whole += row[column]
        total += np.log(whole) - right
        scale = share / whole
        for column in range(row.shape[0]):
            row[column] *= scale
        row[targets[place]] -= share
    return total
