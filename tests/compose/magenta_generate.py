"""Runs Magenta's own polyphony_rnn generator on given weights, as a process of its own.

Usage: python magenta_generate.py WEIGHTS.npz JOB.json OUT.json FOLDER
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import note_seq
import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator
from magenta.models.polyphony_rnn.polyphony_encoder_decoder import PolyphonyOneHotEncoding
from magenta.models.shared import events_rnn_graph
from note_seq.protobuf import generator_pb2, music_pb2

QPM = 120.0
STEP_SECONDS = 60 / QPM / 4


def write_checkpoint(config: Any, weights: dict[str, np.ndarray], folder: Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        events_rnn_graph.get_build_graph_fn("generate", config)()
        for variable in tf.global_variables():
            variable.load(weights[variable.op.name], session)
        tf.train.Saver().save(session, str(folder / "model.ckpt"))


def primer_sequence(notes: list[list[int]], steps: int) -> Any:
    sequence = music_pb2.NoteSequence()
    sequence.tempos.add().qpm = QPM
    sequence.ticks_per_quarter = note_seq.STANDARD_PPQ
    for start, duration, pitch in notes:
        end = (start + duration) * STEP_SECONDS
        sequence.notes.add(start_time=start * STEP_SECONDS, end_time=end, pitch=pitch, velocity=100)
    sequence.total_time = steps * STEP_SECONDS
    return sequence


def generate(generator: Any, mode: dict[str, Any]) -> dict[str, Any]:
    """One run as polyphony_rnn_generate sets it up, with the events that the model wrote."""
    primer = primer_sequence(mode["notes"], mode["primer_steps"])
    options = generator_pb2.GeneratorOptions()
    options.generate_sections.add(
        start_time=primer.total_time, end_time=mode["total_steps"] * STEP_SECONDS
    )
    options.args["temperature"].float_value = mode["temperature"]
    options.args["beam_size"].int_value = 1
    options.args["branch_factor"].int_value = 1
    options.args["condition_on_primer"].bool_value = mode["condition"]
    options.args["no_inject_primer_during_generation"].bool_value = not mode["inject"]
    written: list[Any] = []
    own = generator._model.generate_polyphonic_sequence

    def recording(*args: Any, **kwargs: Any) -> Any:
        written[:] = [own(*args, **kwargs)]
        return written[0]

    generator._model.generate_polyphonic_sequence = recording
    np.random.seed(mode["seed"])  # noqa: NPY002 (the generator that Magenta draws from)
    result = generator.generate(primer, options)
    generator._model.generate_polyphonic_sequence = own
    encoding = PolyphonyOneHotEncoding()
    return {
        "events": [encoding.encode_event(event) for event in written[0]],
        "notes": [
            [
                round(note.start_time / STEP_SECONDS),
                round((note.end_time - note.start_time) / STEP_SECONDS),
                note.pitch,
            ]
            for note in result.notes
        ],
    }


def main(weights_path: str, job_path: str, out_path: str, folder: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    config = polyphony_model.default_configs["polyphony"]
    config.hparams.parse(f"batch_size=1,rnn_layer_sizes={job['layers']}")
    write_checkpoint(config, dict(np.load(weights_path)), Path(folder))
    generator = polyphony_sequence_generator.PolyphonyRnnSequenceGenerator(
        model=polyphony_model.PolyphonyRnnModel(config),
        details=config.details,
        steps_per_quarter=4,
        checkpoint=folder,
    )
    runs = [generate(generator, mode) for mode in job["modes"]]
    Path(out_path).write_text(json.dumps(runs), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
