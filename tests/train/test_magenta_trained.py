"""What Magenta's own programs made of the same MIDI files, imported and built with."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chipassets.cli.train import app
from chipassets.compose.weights import load_model
from tests.train.conftest import WriteMidi, tune

MANIFEST = "game: Tiny\nseed: 3\nformats: [midi]\ntracks:\n  cave:\n    scene: dungeon\n"
MANIFEST += "    length: 4 bars\n    takes: 2\n"
HPARAMS = "--hparams=batch_size=2,rnn_layer_sizes=[16,12]"


def run(*words: object) -> str:
    """Run a module, Magenta's with its own Keras; return what it printed."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    if "magenta" in str(words[0]):
        environment["TF_USE_LEGACY_KERAS"] = "1"
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("magenta") is None, reason="magenta is not installed")
def test_a_model_trained_by_magenta_composes_a_build(write_midi: WriteMidi, tmp_path: Path) -> None:
    for seed in range(8):
        write_midi(f"{seed}.mid", tune(8, 55 + seed, seed))
    notes, examples, trained = tmp_path / "n.tfrecord", tmp_path / "examples", tmp_path / "run"
    converter = "magenta.scripts.convert_dir_to_note_sequences"
    run(converter, f"--input_dir={tmp_path / 'midi'}", f"--output_file={notes}")
    family = "magenta.models.polyphony_rnn.polyphony_rnn"
    run(f"{family}_create_dataset", f"--input={notes}", f"--output_dir={examples}")
    training = f"--sequence_example_file={examples / 'training_poly_tracks.tfrecord'}"
    trainer = "tests.train.magenta_trainer"
    run(trainer, f"--run_dir={trained}", training, HPARAMS, "--num_training_steps=2")
    bundle = f"--bundle_file={tmp_path / 'theirs.mag'}"
    run(f"{family}_generate", f"--run_dir={trained}", bundle, HPARAMS, "--save_generator_bundle")

    for source, name in ((trained, "folder"), (tmp_path / "theirs.mag", "bundle")):
        out = tmp_path / f"{name}.safetensors"
        # In this process, which starts TensorFlow once for all tests.
        done = CliRunner().invoke(app, ["import", str(source), "-o", str(out)])
        assert done.exit_code == 0, done.output
        assert load_model(out).layers == (16, 12)
    folder, from_bundle = (load_model(tmp_path / f"{n}.safetensors") for n in ("folder", "bundle"))
    assert all((a == b).all() for a, b in zip(folder.kernels, from_bundle.kernels, strict=True))

    (tmp_path / "game.yaml").write_text(MANIFEST)
    words = ("--model", tmp_path / "bundle.safetensors", "--json", "--jobs", "1")
    told = json.loads(run("chipassets", "build", tmp_path / "game.yaml", *words))
    assert told["tracks"][0]["done"] == "composed"
