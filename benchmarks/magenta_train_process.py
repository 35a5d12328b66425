"""Magenta's own training graph, run for a few steps: prints events a second of each as JSON.

Usage: python -m benchmarks.magenta_train_process EXAMPLES.tfrecord LAYERS BATCH STEPS
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import magenta.common
import tensorflow.compat.v1 as tf
from magenta.models.polyphony_rnn import polyphony_model
from magenta.models.shared import events_rnn_graph
from tensorflow.python.framework import ops

# tf_slim, which clips Magenta's gradients, looks for it where it was in TensorFlow 2.9.
ops.IndexedSlices = tf.IndexedSlices


def main(examples: str, layers: str, batch_size: str, steps: str) -> None:
    """Train and print the events and seconds of every step."""
    config = polyphony_model.default_configs["polyphony"]
    config.hparams.parse(f"batch_size={batch_size},rnn_layer_sizes=[{layers}]")
    padded_batch = magenta.common.get_padded_batch
    lengths = []

    def counted(*args: object, **options: object) -> object:
        batch = padded_batch(*args, **options)
        lengths.append(batch[2])
        return batch

    magenta.common.get_padded_batch = counted
    measured = []
    with tf.Graph().as_default():
        events_rnn_graph.get_build_graph_fn("train", config, [examples])()
        operations = [tf.get_collection("train_op")[0], lengths[0]]
        with tf.train.MonitoredTrainingSession() as session:
            for _ in range(int(steps)):
                began = time.perf_counter()
                _, events = session.run(operations)
                measured.append((int(events.sum()), time.perf_counter() - began))
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.stdout.flush()
    # The threads that fill Magenta's queues would wait for each other for minutes.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
