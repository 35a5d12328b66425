"""The process in which Magenta's code runs: weights in, a `.mag` bundle out.

Usage: python -m chipassets.train.magenta_process '["weights.npz", [128, 128], "out.mag", "text"]'
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

# Magenta's cells exist only in Keras 2, which tensorflow must be told before its first import.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def write_bundle(weights: Path, layers: list[int], bundle: Path, description: str) -> None:
    """Write a bundle of Magenta's own graph with these weights, for one output at a time."""
    import tensorflow.compat.v1 as tf
    from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator

    config = polyphony_model.default_configs["polyphony"]
    config.hparams.rnn_layer_sizes = layers
    config.hparams.batch_size = 1
    tensors = dict(np.load(weights, allow_pickle=False))
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = str(Path(folder) / "model.ckpt")
        model = polyphony_model.PolyphonyRnnModel(config)
        with tf.Graph().as_default(), tf.Session() as session:
            model._build_graph_for_generation()
            for variable in tf.global_variables():
                variable.load(tensors[variable.op.name], session)
            tf.train.Saver().save(session, checkpoint)
        generator = polyphony_sequence_generator.PolyphonyRnnSequenceGenerator(
            model=polyphony_model.PolyphonyRnnModel(config),
            details=config.details,
            steps_per_quarter=config.steps_per_quarter,
            checkpoint=checkpoint,
        )
        generator.create_bundle_file(str(bundle), description)


if __name__ == "__main__":
    weights_name, layer_sizes, bundle_name, text = json.loads(sys.argv[1])
    write_bundle(Path(weights_name), layer_sizes, Path(bundle_name), text)
