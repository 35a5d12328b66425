"""polyphony_rnn as a Keras layer: BasicLSTM cells and a linear head, with Magenta's numbers.

Weights have the layout of the model file (gates i, j, f, o, forget bias 1.0 added at run time), so
that training, export and Magenta's checkpoints share them unchanged. Magenta 2.1.4:
`events_rnn_graph.make_rnn_cell`, dropout on the output of every layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.weights import Model
from chipassets.train.backend import recurrence

State = list[tuple[Any, Any]]
"""(cell, output) of each layer, each [batch, units]."""


class PolyphonyRnn(keras.layers.Layer):  # type: ignore[misc]
    """Logits of the next event from the last one and its control rows, with carried states."""

    def __init__(
        self,
        layers: tuple[int, ...],
        group_sizes: tuple[int, ...] = (),
        dropout_keep: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(name="polyphony_rnn")
        self.units = layers
        self.group_sizes = group_sizes
        self.dropout_keep = dropout_keep
        self.kernels, self.biases = [], []
        inputs = EVENT_CLASSES + sum(group_sizes)
        for index, units in enumerate(layers):
            # TensorFlow 1's default initialiser, which Magenta's cells and head use.
            glorot = keras.initializers.GlorotUniform(seed=seed + index)
            self.kernels.append(
                self.add_weight(
                    shape=(inputs + units, 4 * units),
                    initializer=glorot,
                    name=f"cell_{index}_kernel",
                )
            )
            self.biases.append(
                self.add_weight(shape=(4 * units,), initializer="zeros", name=f"cell_{index}_bias")
            )
            inputs = units
        glorot = keras.initializers.GlorotUniform(seed=seed + len(layers))
        self.head_weights = self.add_weight(
            shape=(inputs, EVENT_CLASSES), initializer=glorot, name="head_weights"
        )
        self.head_bias = self.add_weight(
            shape=(EVENT_CLASSES,), initializer="zeros", name="head_bias"
        )
        self.built = True

    def zero_state(self, batch: int) -> State:
        """Return the state at the start of sequences: all zeros."""
        return [(ops.zeros((batch, u)), ops.zeros((batch, u))) for u in self.units]

    def call(
        self, events: Any, rows: Any, state: State, dropout: Callable[[Any], Any] | None = None
    ) -> tuple[Any, State]:
        """Return logits [time, batch, 259] and the new state.

        events int32 [time, batch]; rows int32 [time, batch, groups], -1 for a group left open;
        dropout is applied to the outputs of every layer.
        """
        hidden, new_state = None, []
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            kernel = ops.convert_to_tensor(kernel)
            entering = kernel[: -self.units[index]]
            if hidden is None:
                projected = self._project_inputs(events, rows, entering)
            else:
                projected = ops.matmul(hidden, entering)
            projected += ops.convert_to_tensor(bias)
            hidden, cell = recurrence(projected, *state[index], kernel[-self.units[index] :])
            new_state.append((cell, hidden[-1]))
            if dropout is not None:
                hidden = dropout(hidden)
        flat = ops.reshape(hidden, (-1, self.units[-1]))
        logits = ops.matmul(flat, self.head_weights) + self.head_bias
        return ops.reshape(logits, (*ops.shape(hidden)[:2], EVENT_CLASSES)), new_state

    def _project_inputs(self, events: Any, rows: Any, kernel: Any) -> Any:
        """Return the product of one-hot rows of the event and of each group with their kernel.

        A one-hot row selects a row of the kernel; -1 selects none.
        """
        projected = ops.take(kernel[:EVENT_CLASSES], events, axis=0)
        if self.group_sizes:
            told = [ops.one_hot(rows[..., g], size) for g, size in enumerate(self.group_sizes)]
            projected += ops.matmul(ops.concatenate(told, axis=-1), kernel[EVENT_CLASSES:])
        return projected

    def arrays(self) -> list[NDArray[np.float32]]:
        """Return copies of all weights: kernel and bias of each cell, then the head's."""
        return [np.array(ops.convert_to_numpy(variable)) for variable in self.ordered()]

    def ordered(self) -> list[Any]:
        """The variables: kernel and bias of each cell, then the head's weights and bias."""
        pairs = zip(self.kernels, self.biases, strict=True)
        return [v for pair in pairs for v in pair] + [self.head_weights, self.head_bias]

    def assign(self, arrays: list[NDArray[np.float32]]) -> None:
        """Set all weights, given in the order of `arrays`."""
        for variable, array in zip(self.ordered(), arrays, strict=True):
            variable.assign(array)


def from_model(model: Model, dropout_keep: float = 1.0) -> PolyphonyRnn:
    """Return a network with a model's weights."""
    sizes = tuple(group.size for group in model.controls)
    network = PolyphonyRnn(model.layers, sizes, dropout_keep)
    network.assign(weights_of(model))
    return network


def weights_of(model: Model) -> list[NDArray[np.float32]]:
    """Return a model's weights in the order of `PolyphonyRnn.arrays`."""
    cells = [a for pair in zip(model.kernels, model.biases, strict=True) for a in pair]
    return [*cells, model.head_weights, model.head_bias]
