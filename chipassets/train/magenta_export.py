"""Write a `.mag` bundle that Magenta's own polyphony_rnn_generate runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from chipassets.compose.weights import Model
from chipassets.errors import BundleError, ModelError


def export_bundle(model: Model, path: Path, description: str) -> None:
    """Write the model as a bundle, whole or not at all.

    ModelError for a model with controls: Magenta's network has no inputs but the last event.
    Magenta runs in a process of its own, because it needs another Keras than the trainer.
    """
    if model.controls:
        raise ModelError(
            f"model {model.name!r} is told {', '.join(g.name for g in model.controls)}, which "
            "Magenta's polyphony_rnn cannot be; train one with --no-controls"
        )
    with tempfile.TemporaryDirectory() as folder:
        weights, bundle = Path(folder) / "weights.npz", Path(folder) / "model.mag"
        np.savez(weights, **magenta_tensors(model))  # type: ignore[arg-type]
        job = json.dumps([str(weights), list(model.layers), str(bundle), description])
        command = [sys.executable, "-m", "chipassets.train.magenta_process", job]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode or not bundle.exists():
            raise BundleError(f"Magenta could not write the bundle:\n{done.stderr[-2000:]}")
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(bundle.read_bytes())
        partial.replace(path)


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
