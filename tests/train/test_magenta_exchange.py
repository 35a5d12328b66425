"""Bundles that go to Magenta and come back, and what is refused on the way in."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
from typer.testing import CliRunner

from chipassets.cli.train import app
from chipassets.compose.codec import EVENT_CLASSES, NEW_NOTE, STEP_END
from chipassets.compose.controls import ControlGroup
from chipassets.compose.weights import Model, load_model
from chipassets.errors import ModelError
from chipassets.train.magenta_export import export_bundle
from tests.train.conftest import needs_tensorflow

pytestmark = [
    # One worker makes the bundle that all of them read.
    pytest.mark.xdist_group("magenta_exchange"),
    *needs_tensorflow,
    pytest.mark.skipif(importlib.util.find_spec("note_seq") is None, reason="no note_seq"),
]


def import_magenta(path: Path, name: str) -> Model:
    from chipassets.train import magenta_import

    return magenta_import.import_magenta(path, name)


def _model(layers: tuple[int, ...] = (16, 12), controls: tuple[ControlGroup, ...] = ()) -> Model:
    rng = np.random.default_rng(2)
    kernels, biases = [], []
    inputs = EVENT_CLASSES + sum(group.size for group in controls)
    for units in layers:
        kernels.append(rng.normal(0, 0.4, (inputs + units, 4 * units)).astype(np.float32))
        biases.append(rng.normal(0, 0.2, 4 * units).astype(np.float32))
        inputs = units
    bias = np.full(EVENT_CLASSES, -4, np.float32)
    bias[STEP_END], bias[NEW_NOTE + 60 : NEW_NOTE + 72] = 2, 0
    head = rng.normal(0, 0.2, (inputs, EVENT_CLASSES)).astype(np.float32)
    return Model("own", tuple(kernels), tuple(biases), head, bias, controls)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of `_model()`."""
    if importlib.util.find_spec("magenta") is None:
        pytest.skip("magenta is not installed")
    path = tmp_path_factory.mktemp("mag") / "own.mag"
    export_bundle(_model(), path, "made by a test")
    return path


def test_magentas_generator_runs_the_bundle(bundle: Path, tmp_path: Path) -> None:
    options = [f"--bundle_file={bundle}", f"--output_dir={tmp_path}", "--num_outputs=1"]
    options += ["--hparams=batch_size=1,rnn_layer_sizes=[16,12]", "--num_steps=32"]
    options += ["--primer_melody=[60,-2,64,-2]", "--condition_on_primer=true"]
    command = [sys.executable, "-m", "magenta.models.polyphony_rnn.polyphony_rnn_generate"]
    environment = os.environ | {"TF_USE_LEGACY_KERAS": "1"}
    subprocess.run([*command, *options], env=environment, check=True, capture_output=True)
    (written,) = tmp_path.glob("*.mid")
    pitches = [m.note for m in mido.MidiFile(written) if m.type == "note_on" and m.velocity]
    assert pitches[:2] == [60, 64]
    assert len(pitches) > 4


def test_an_exported_bundle_is_imported_unchanged(bundle: Path) -> None:
    model = import_magenta(bundle, "back")
    assert model.layers == (16, 12)
    for mine, theirs in zip(_model().kernels, model.kernels, strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(_model().head_weights, model.head_weights)
    assert not model.canonical_key


def test_a_model_with_controls_cannot_go_out(tmp_path: Path) -> None:
    controls = (ControlGroup("place", ("a", "b")),)
    with pytest.raises(ModelError, match="place"):
        export_bundle(_model(controls=controls), tmp_path / "x.mag", "")
    assert not list(tmp_path.iterdir())


def _altered(bundle: Path, target: Path, **changes: object) -> Path:
    from note_seq.protobuf import generator_pb2

    parsed = generator_pb2.GeneratorBundle.FromString(bundle.read_bytes())
    if "family" in changes:
        parsed.generator_details.id = changes["family"]
    if "checkpoint" in changes:
        del parsed.checkpoint_file[:]
        parsed.checkpoint_file.extend(changes["checkpoint"])
    target.write_bytes(parsed.SerializeToString())
    return target


def test_other_families_and_broken_bundles_are_refused(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.mag"
    with pytest.raises(ModelError, match="attention_rnn"):
        import_magenta(_altered(bundle, target, family="attention_rnn"), "x")
    with pytest.raises(ModelError, match="0 checkpoints"):
        import_magenta(_altered(bundle, target, checkpoint=[]), "x")
    with pytest.raises(ModelError, match="cannot be read"):
        import_magenta(_altered(bundle, target, checkpoint=[b"nothing"]), "x")
    target.write_bytes(bundle.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"x\.mag"):
        import_magenta(target, "x")
    with pytest.raises(ModelError, match="cannot read"):
        import_magenta(tmp_path / "none.mag", "x")


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--run_dir"):
        import_magenta(tmp_path, "x")


def test_the_import_command_writes_a_model_file(bundle: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["import", str(bundle), "-o", str(tmp_path / "m.model")])
    assert result.exit_code == 0, result.output
    loaded = load_model(tmp_path / "m.model")
    assert loaded.name == "m"
    assert np.array_equal(loaded.head_bias, _model().head_bias)
