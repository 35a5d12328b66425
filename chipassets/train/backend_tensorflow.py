"""Training with TensorFlow on the CPU: graphs, and the compiled recurrence of `lstm_kernel`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

from chipassets.train.lstm_kernel import run_backward, run_forward


def compiled(function: Callable[..., Any]) -> Any:
    """Return the function as a graph, traced once for each shape of its tensors."""
    return tf.function(function, reduce_retracing=True)


inference = compiled
"""As `compiled`, for a function from which nothing is learned."""


def tensor(array: Any) -> Any:
    """Return a numpy array as a tensor."""
    return tf.constant(array)


def seed_of(run: int, step: int) -> Any:
    """Return the seed of an update, as `dropout` takes it; a tensor, so that no graph holds it."""
    return tf.constant([run * 1000, step], tf.int32)


def differentiate(
    function: Callable[[], tuple[Any, Any]], variables: Sequence[Any]
) -> tuple[Any, list[Any]]:
    """Call a function that returns (loss, more); return more and the gradients of the loss."""
    with tf.GradientTape() as tape:
        loss, more = function()
    return more, tape.gradient(loss, variables)


def dropout(values: Any, keep: float, seed: Any, index: int) -> Any:
    """Return the values, each kept with probability `keep` and then divided by it.

    Stateless, so that a resumed run draws the masks that the killed one would have drawn.
    """
    return tf.nn.experimental.stateless_dropout(
        values, 1 - keep, seed=seed + index, rng_alg="philox"
    )


def recurrence(projected: Any, cell: Any, output: Any, kernel: Any) -> tuple[Any, Any]:
    """Return the outputs [time, batch, units] of a layer and its last cell [batch, units].

    projected: what enters the gates i, j, f, o from below, bias included, [time, batch, 4 * units];
    cell, output: the state before the first step; kernel: the recurrent part [units, 4 * units].
    No gradient goes through the state that comes in: backpropagation is truncated there.
    """
    outputs, cells = _recurrence(projected, cell, output, kernel)
    return outputs, cells[-1]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _recurrence(projected: Any, cell: Any, output: Any, kernel: Any) -> tuple[Any, Any]:
    given = (projected, cell, output, kernel)
    outputs, cells, gates = tf.numpy_function(run_forward, given, [tf.float32] * 3)
    units = kernel.shape[0]
    for values, width in ((outputs, units), (cells, units), (gates, 4 * units)):
        values.set_shape((*projected.shape[:2], width))

    def gradient(of_outputs: Any, _of_cells: Any) -> tuple[Any, Any, Any, Any]:
        of_gates = tf.numpy_function(
            run_backward, (of_outputs, cell, cells, gates, kernel), tf.float32
        )
        of_gates.set_shape(projected.shape)
        before = tf.concat([output[None], outputs[:-1]], 0)
        of_kernel = tf.matmul(
            tf.reshape(before, (-1, units)), tf.reshape(of_gates, (-1, 4 * units)), transpose_a=True
        )
        return of_gates, tf.zeros_like(cell), tf.zeros_like(output), of_kernel

    return (outputs, cells), gradient


@contextmanager
def tensorboard_log(folder: Path) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Yield what writes the values of a step for TensorBoard.

    The package tensorboard, which reads them, is not needed: the format is TFRecords of Event
    protobufs.
    """
    path = folder / f"events.out.tfevents.{time.time_ns() // 1000}.chipassets"
    with tf.io.TFRecordWriter(str(path)) as records:

        def write(**fields: Any) -> None:
            event = tf.compat.v1.Event(wall_time=time.time(), **fields)
            records.write(event.SerializeToString())
            records.flush()

        def log(step: int, values: dict[str, float]) -> None:
            scalar = tf.compat.v1.Summary.Value
            scalars = [scalar(tag=tag, simple_value=value) for tag, value in values.items()]
            write(step=step, summary=tf.compat.v1.Summary(value=scalars))

        write(file_version="brain.Event:2")
        yield log
