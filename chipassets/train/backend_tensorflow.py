"""Training with TensorFlow on the CPU: its optimizer, with the compiled pass of `backprop`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from chipassets.train.backprop import Backprop
from chipassets.train.batches import Batch
from chipassets.train.lstm_kernel import one_blas_thread, run_forward


def compiled(function: Callable[..., Any]) -> Any:
    """Return the function as a graph, traced once for each shape of its tensors."""
    return tf.function(function, reduce_retracing=True)


def tensor(array: Any) -> Any:
    """Return a numpy array as a tensor."""
    return tf.constant(array)


def differentiator(network: Any) -> Callable[[Batch, Any, tuple[int, int]], Any]:
    """Return a function that computes the summed loss of a batch, the next state, and gradients.

    Gradients are of the mean loss, in the order of `network.ordered()`. The function takes the
    batch, the state before it, and a seed, which alone determines the dropout: a resumed run draws
    what an interrupted one would have drawn. Implemented in `backprop`: TensorFlow's graph takes
    twice as long.
    """
    backprop = Backprop(network.units, network.group_sizes, network.dropout_keep)

    def differentiate(batch: Batch, state: Any, seed: tuple[int, int]) -> Any:
        weights = [variable.numpy() for variable in network.ordered()]
        return backprop.run(weights, batch, state, seed)

    return differentiate


def recurrence(projected: Any, cell: Any, output: Any, kernel: Any) -> tuple[Any, Any]:
    """Return the outputs [time, batch, units] of a layer and its last cell [batch, units].

    projected: what enters the gates i, j, f, o from below, bias included, [time, batch, 4 * units];
    cell, output: the state before the first step; kernel: the recurrent part [units, 4 * units].
    """
    units = kernel.shape[0]
    given = (projected, cell, output, kernel)
    outputs, last = tf.numpy_function(_run_recurrence, given, [tf.float32] * 2)
    outputs.set_shape((*projected.shape[:2], units))
    last.set_shape((projected.shape[1], units))
    return outputs, last


def _run_recurrence(projected: Any, cell: Any, output: Any, kernel: Any) -> tuple[Any, Any]:
    """Return a layer's outputs at all steps, and its last cell, from the NumPy kernel."""
    outputs = np.empty((*projected.shape[:2], len(kernel)), np.float32)
    cells = np.empty_like(outputs)
    with one_blas_thread():
        run_forward(projected.copy(), cell, output, kernel, outputs, cells)
    return outputs, cells[-1]


@contextmanager
def tensorboard_log(folder: Path) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Yield a function that writes the values of a step for TensorBoard.

    The package tensorboard, which reads them, is not needed: the format is TFRecords of Event
    protobufs.
    """
    path = folder / f"events.out.tfevents.{time.time_ns() // 1000}.chipassets"
    with tf.io.TFRecordWriter(str(path)) as records:

        def write(**fields: Any) -> None:
            """Append an event."""
            event = tf.compat.v1.Event(wall_time=time.time(), **fields)
            records.write(event.SerializeToString())
            records.flush()

        def log(step: int, values: dict[str, float]) -> None:
            scalar = tf.compat.v1.Summary.Value
            scalars = [scalar(tag=tag, simple_value=value) for tag, value in values.items()]
            write(step=step, summary=tf.compat.v1.Summary(value=scalars))

        write(file_version="brain.Event:2")
        yield log
