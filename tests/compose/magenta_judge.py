"""Magenta's own code, asked questions over a pipe: a process of its own for its imports.

One JSON question a line on standard input, one JSON answer a line on standard output.
"""

from __future__ import annotations

# ruff: noqa: E402
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# Whatever the libraries print goes to standard error; only answers go out.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import note_seq
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.contrib import training as contrib_training
from magenta.models.polyphony_rnn import polyphony_encoder_decoder
from magenta.models.polyphony_rnn.polyphony_lib import PolyphonicSequence
from magenta.models.shared import events_rnn_graph, events_rnn_model
from magenta.pipelines.pipelines_common import make_sequence_example
from note_seq.protobuf import generator_pb2, music_pb2
from tensorflow.python.framework import ops

# tf_slim, which builds the training graph, still looks for the class where it used to be.
ops.IndexedSlices = tf.IndexedSlices

ENCODING = polyphony_encoder_decoder.PolyphonyOneHotEncoding()
STEP_QPM = 15.0  # a 16th lasts one second


def encode(notes: list[list[int]], total_steps: int) -> list[int]:
    sequence = music_pb2.NoteSequence()
    sequence.quantization_info.steps_per_quarter = 4
    sequence.total_quantized_steps = total_steps
    for start, duration, pitch in notes:
        sequence.notes.add(
            pitch=pitch, quantized_start_step=start, quantized_end_step=start + duration
        )
    return [ENCODING.encode_event(event) for event in PolyphonicSequence(sequence)]


def decode(events: list[int]) -> list[list[int]]:
    sequence = PolyphonicSequence(steps_per_quarter=4)
    for event in events[1:]:
        sequence.append(ENCODING.decode_event(event))
    notes = sequence.to_sequence(qpm=STEP_QPM).notes
    return sorted([round(n.start_time), round(n.end_time - n.start_time), n.pitch] for n in notes)


def config(layers: list[int], batch_size: int) -> Any:
    return events_rnn_model.EventSequenceRnnConfig(
        generator_pb2.GeneratorDetails(id="polyphony"),
        note_seq.OneHotEventSequenceEncoderDecoder(ENCODING),
        contrib_training.HParams(
            batch_size=batch_size,
            rnn_layer_sizes=layers,
            dropout_keep_prob=1.0,
            clip_norm=5,
            learning_rate=0.001,
            attn_length=0,
            use_cudnn=False,
            residual_connections=False,
        ),
    )


def checkpoint(weights: dict[str, np.ndarray], built: Any, folder: str) -> str:
    """Store the weights as a checkpoint of Magenta's graph, and return its path."""
    path = str(Path(folder) / "model.ckpt")
    with tf.Graph().as_default(), tf.Session() as session:
        events_rnn_graph.get_build_graph_fn("generate", built)()
        for variable in tf.global_variables():
            variable.load(weights[variable.op.name], session)
        return str(tf.train.Saver().save(session, path))


def logits(path: str, layers: list[int], events: list[list[int]]) -> list[Any]:
    """Logits of Magenta's generation graph, restored from a checkpoint: [batch][time]."""
    weights = dict(np.load(path))
    built = config(layers, len(events))
    with tempfile.TemporaryDirectory() as folder:
        stored = checkpoint(weights, built, folder)
        with tf.Graph().as_default(), tf.Session() as session:
            events_rnn_graph.get_build_graph_fn("generate", built)()
            tf.train.Saver().restore(session, stored)
            feed = {
                tf.get_collection("inputs")[0]: np.eye(259)[np.array(events)],
                tf.get_collection("temperature")[0]: 1.0,
            }
            # The logits themselves, which the graph keeps under no name of its own.
            output = session.graph.get_tensor_by_name("fully_connected/BiasAdd:0")
            values = session.run(output, feed)
    return values.reshape(len(events), -1, 259).tolist()  # type: ignore[no-any-return]


def loss(path: str, layers: list[int], sequences: list[list[int]]) -> dict[str, float]:
    """Loss of Magenta's evaluation graph on one batch of all the sequences."""
    weights = dict(np.load(path))
    built = config(layers, len(sequences))
    coder = built.encoder_decoder
    with tempfile.TemporaryDirectory() as folder:
        records = str(Path(folder) / "batch.tfrecord")
        with tf.io.TFRecordWriter(records) as writer:
            for events in sequences:
                decoded = [ENCODING.decode_event(event) for event in events]
                example = make_sequence_example(*coder.encode(decoded))
                writer.write(example.SerializeToString())
        stored = checkpoint(weights, built, folder)
        with tf.Graph().as_default(), tf.Session() as session:
            events_rnn_graph.get_build_graph_fn("eval", built, [records])()
            session.run(tf.global_variables_initializer())
            names = tf.global_variables()
            tf.train.Saver([v for v in names if v.op.name in weights]).restore(session, stored)
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            # Magenta's reader goes round the file with four threads, so a batch may hold a
            # sequence twice and miss another: ask for batches until one holds them all.
            wanted = sorted(len(events) - 1 for events in sequences)
            asked = {
                "lengths": session.graph.get_tensor_by_name("batch:2"),
                "updates": tf.get_collection("eval_ops"),
            }
            held: list[int] = []
            while held != wanted:
                session.run(tf.local_variables_initializer())
                held = sorted(session.run(asked)["lengths"].tolist())
            values = session.run(
                {
                    "loss": tf.get_collection("loss")[0],
                    "loss_per_step": tf.get_collection("metrics/loss_per_step")[0],
                }
            )
            coordinator.request_stop()
            coordinator.join(threads, ignore_live_threads=True, stop_grace_period_secs=5)
    return {name: float(value) for name, value in values.items()}


QUESTIONS: dict[str, Callable[..., Any]] = {
    "encode": encode,
    "decode": decode,
    "logits": logits,
    "loss": loss,
}

for line in sys.stdin:
    name, arguments = json.loads(line)
    answers.write(json.dumps(QUESTIONS[name](*arguments)) + "\n")
    answers.flush()
