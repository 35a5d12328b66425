"""Writes a `.mag` bundle that Magenta's own polyphony_rnn_generate runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from chipassets.compose.weights import Model
from chipassets.errors import BundleError, ModelError
from chipassets.train.whole import whole_file


def export_bundle(model: Model, path: Path, description: str) -> None:
    """Write the model as a bundle, atomically.

    ModelError for a model with controls: Magenta's network has only the last event as input.
    """
    if model.controls:
        raise ModelError(
            f"model {model.name!r} is told {', '.join(g.name for g in model.controls)}, which "
            "Magenta's polyphony_rnn does not support; train one with --no-controls"
        )
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "model.mag"
        run_magenta("bundle", model, {"out": str(bundle), "description": description})
        with whole_file(path) as partial:
            partial.write_bytes(bundle.read_bytes())


def run_magenta(task: str, model: Model, job: dict[str, Any]) -> None:
    """Run a task with the model's weights in a process of Magenta's; BundleError if it fails.

    It is a separate process because Magenta needs another Keras than the trainer.
    """
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        np.savez(weights, **magenta_tensors(model))  # type: ignore[arg-type]
        text = json.dumps({"weights": str(weights), "layers": list(model.layers), **job})
        command = [sys.executable, "-m", "chipassets.train.magenta_process", task, text]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode or not Path(job["out"]).exists():
        raise BundleError(f"Magenta failed at its task ({task}):\n{done.stderr[-2000:]}")


def magenta_tensors(model: Model) -> dict[str, np.ndarray]:
    """Return the weights under the names of the variables in Magenta's graph."""
    tensors = {
        "fully_connected/weights": model.head_weights,
        "fully_connected/biases": model.head_bias,
    }
    for index, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
        scope = f"rnn/multi_rnn_cell/cell_{index}/basic_lstm_cell"
        tensors |= {f"{scope}/kernel": kernel, f"{scope}/bias": bias}
    return tensors
