"""The process that runs Magenta's code: it writes a `.mag` bundle or composed notes.

Usage: python -m chipassets.train.magenta_process (bundle | compose) JOB, the job as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from chipassets.units import STEPS_PER_BEAT

# Magenta's cells exist only in Keras 2, which must be selected before tensorflow is imported.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

QPM = 120.0
STEP_SECONDS = 60 / QPM / STEPS_PER_BEAT
VELOCITY = 100


def open_generator(weights: str, layers: list[int], batch_size: int, folder: str) -> Any:
    """Return Magenta's generator with these weights; its checkpoint is in the folder."""
    import tensorflow.compat.v1 as tf
    from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator

    config = polyphony_model.default_configs["polyphony"]
    config.hparams.rnn_layer_sizes = layers
    config.hparams.batch_size = batch_size
    tensors = dict(np.load(weights, allow_pickle=False))
    checkpoint = str(Path(folder) / "model.ckpt")
    model = polyphony_model.PolyphonyRnnModel(config)
    with tf.Graph().as_default(), tf.Session() as session:
        model._build_graph_for_generation()
        for variable in tf.global_variables():
            variable.load(tensors[variable.op.name], session)
        tf.train.Saver().save(session, checkpoint)
    return polyphony_sequence_generator.PolyphonyRnnSequenceGenerator(
        model=polyphony_model.PolyphonyRnnModel(config),
        details=config.details,
        steps_per_quarter=config.steps_per_quarter,
        checkpoint=checkpoint,
    )


def write_bundle(job: dict[str, Any], folder: str) -> None:
    """Write a bundle of Magenta's own graph with these weights, for one output at a time."""
    generator = open_generator(job["weights"], job["layers"], 1, folder)
    generator.create_bundle_file(job["out"], job["description"])


def compose(job: dict[str, Any], folder: str) -> None:
    """Write, for each seed, the notes [start step, duration, pitch] that Magenta generates."""
    branches = job["beam_size"] * job["branch_factor"]
    generator = open_generator(job["weights"], job["layers"], branches, folder)
    takes = []
    for seed in job["seeds"]:
        np.random.seed(seed)  # noqa: NPY002 (the generator that Magenta draws from)
        takes.append(_generate(generator, job))
    Path(job["out"]).write_text(json.dumps(takes), encoding="utf-8")


def _generate(generator: Any, job: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Generate once, with the settings of polyphony_rnn_generate."""
    import note_seq
    from note_seq.protobuf import generator_pb2, music_pb2

    primer = music_pb2.NoteSequence(ticks_per_quarter=note_seq.STANDARD_PPQ)
    primer.tempos.add().qpm = QPM
    for start, duration, pitch in job["primer"]:
        end = (start + duration) * STEP_SECONDS
        times = {"start_time": start * STEP_SECONDS, "end_time": end}
        primer.notes.add(pitch=pitch, velocity=VELOCITY, **times)
    primer.total_time = job["primer_steps"] * STEP_SECONDS
    options = generator_pb2.GeneratorOptions()
    options.generate_sections.add(
        start_time=primer.total_time, end_time=job["total_steps"] * STEP_SECONDS
    )
    options.args["temperature"].float_value = job["temperature"]
    options.args["beam_size"].int_value = job["beam_size"]
    options.args["branch_factor"].int_value = job["branch_factor"]
    options.args["condition_on_primer"].bool_value = job["condition_on_primer"]
    options.args["no_inject_primer_during_generation"].bool_value = not job["inject_primer"]
    return [
        (
            round(note.start_time / STEP_SECONDS),
            round((note.end_time - note.start_time) / STEP_SECONDS),
            note.pitch,
        )
        for note in generator.generate(primer, options).notes
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own_folder:
        {"bundle": write_bundle, "compose": compose}[sys.argv[1]](
            json.loads(sys.argv[2]), own_folder
        )
