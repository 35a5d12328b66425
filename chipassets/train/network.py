"""polyphony_rnn as a Keras layer: BasicLSTM cells and a linear head, with Magenta's numbers.

Weights have the layout of the model file (gates i, j, f, o, forget bias 1.0 added at run time), so
that training, export and Magenta's checkpoints share them unchanged. Magenta 2.1.4:
`events_rnn_graph.make_rnn_cell`, dropout on the output of every layer.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.weights import FORGET_BIAS, Model

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
        self, events: Any, rows: Any, state: State, dropout_seed: Any = None
    ) -> tuple[Any, State]:
        """Return logits [time, batch, 259] and the new state.

        events int32 [time, batch]; rows int32 [time, batch, groups], -1 for a group left open;
        dropout_seed int32 [2] trains with dropout, None does not.
        """
        hidden = self._inputs(events, rows)
        new_state: State = []
        for index, units in enumerate(self.units):
            hidden, cell = _run_cell(
                hidden, state[index], self.kernels[index], self.biases[index], units
            )
            new_state.append((cell, hidden[-1]))
            if dropout_seed is not None and self.dropout_keep < 1:
                hidden = _dropout(hidden, self.dropout_keep, dropout_seed + index)
        flat = ops.reshape(hidden, (-1, self.units[-1]))
        logits = ops.matmul(flat, self.head_weights) + self.head_bias
        return ops.reshape(logits, (*ops.shape(hidden)[:2], EVENT_CLASSES)), new_state

    def _inputs(self, events: Any, rows: Any) -> Any:
        """One-hot rows of the event and of each group, side by side; -1 has no row."""
        parts = [ops.one_hot(events, EVENT_CLASSES)]
        parts += [ops.one_hot(rows[..., g], size) for g, size in enumerate(self.group_sizes)]
        return ops.concatenate(parts, axis=-1)

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
    cells = [a for pair in zip(model.kernels, model.biases, strict=True) for a in pair]
    network.assign([*cells, model.head_weights, model.head_bias])
    return network


def _run_cell(
    inputs: Any, state: tuple[Any, Any], kernel: Any, bias: Any, units: int
) -> tuple[Any, Any]:
    """Return the outputs [time, batch, units] and the last cell state of one BasicLSTM layer.

    TensorFlow's fused BlockLSTM, whose gates i, c, f, o are Magenta's i, j, f, o: a graph of single
    operations runs several times slower on a CPU.
    """
    no_peephole = tf.zeros((units,))
    block = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.cast(tf.shape(inputs)[0], tf.int64),
        x=inputs,
        cs_prev=state[0],
        h_prev=state[1],
        w=tf.convert_to_tensor(kernel),
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        b=tf.convert_to_tensor(bias),
        forget_bias=FORGET_BIAS,
        cell_clip=0.0,
        use_peephole=False,
    )
    return block.h, block.cs[-1]


def _dropout(values: Any, keep: float, seed: Any) -> Any:
    """Return the values, each kept with probability `keep` and then divided by it.

    Stateless, so that a resumed run draws the masks that the killed one would have drawn.
    """
    return tf.nn.experimental.stateless_dropout(values, 1 - keep, seed=seed, rng_alg="philox")
