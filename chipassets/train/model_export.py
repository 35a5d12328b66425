"""Turns the best checkpoint of a run into a model with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chipassets.compose.weights import Model, parse_model, save_model
from chipassets.train import control_inputs as controls
from chipassets.train.card import model_card
from chipassets.train.checkpoint import best_checkpoint, meant_for, read_checkpoint
from chipassets.train.dataset import Dataset
from chipassets.train.evaluate import evaluate
from chipassets.train.keras_network import from_model
from chipassets.train.samples import compare_samples
from chipassets.train.whole import whole_file

_SAMPLES = 96
"""The number of samples that are measured for the card."""
_SPLIT = "by SHA-256 of the piece's notes with transposition removed, before slicing"


def model_of_run(run: Path, name: str, training: dict[str, Any]) -> Model:
    """Return the model in the best checkpoint of a run, described by `training`."""
    path = best_checkpoint(run)
    stored = read_checkpoint(path)
    with meant_for(path):
        return _model(stored, name, training)


def _model(stored: dict[str, Any], name: str, training: dict[str, Any]) -> Model:
    """Return the model of a checkpoint's weights."""
    hparams = stored["meta"]["hparams"]
    cells = 2 * len(hparams["layers"])
    arrays = [stored[f"weight_{index}"] for index in range(cells + 2)]
    return Model(
        name=name,
        kernels=tuple(arrays[0:cells:2]),
        biases=tuple(arrays[1:cells:2]),
        head_weights=arrays[-2],
        head_bias=arrays[-1],
        controls=controls.GROUPS if hparams["with_controls"] else (),
        canonical_key=bool(training["dataset"]["rules"]["canonical_key"]),
        training=training,
    )


def unmeasured_model(run: Path, name: str, dataset: Dataset, date: str) -> Model:
    """Return the model of a run, with its training's summary but without scores."""
    return model_of_run(run, name, training_summary(run, dataset, date))


def evaluated_model(
    run: Path, name: str, dataset: Dataset, date: str, remarks: tuple[str, ...] = ()
) -> Model:
    """Return the model of a run with its scores on the held-out part.

    Loss and samples are those of the half-precision weights. `remarks`: additional text for the
    card.
    """
    summary = training_summary(run, dataset, date) | {"remarks": list(remarks)}
    stored = parse_model(save_model(model_of_run(run, name, summary)), name)
    scores = {
        "held_out": evaluate(from_model(stored), dataset).as_dict(),
        "samples": compare_samples(stored, dataset, _SAMPLES, seed=1),
    }
    return model_of_run(run, name, summary | scores)


def training_summary(run: Path, dataset: Dataset, date: str) -> dict[str, Any]:
    """Return how a run's model was made, as JSON values."""
    path = best_checkpoint(run)
    with meant_for(path):
        return _summary(read_checkpoint(path)["meta"], dataset, date)


def _summary(meta: dict[str, Any], dataset: Dataset, date: str) -> dict[str, Any]:
    """Return what a model's file says of its training, with the commands that repeat it."""
    described = {key: value for key, value in dataset.meta.items() if key != "groups"}
    hparams = meta["hparams"]
    return {
        "date": date,
        "updates": int(meta["step"]),
        # Earlier checkpoints contain only the epoch of their stream.
        "epochs": round(meta.get("epochs", meta["stream"]["epoch"]), 2),
        "hparams": hparams,
        "dataset": described,
        "split": _SPLIT,
        "again": _commands(hparams, described, name="MODEL"),
    }


def _commands(hparams: dict[str, Any], dataset: dict[str, Any], name: str) -> list[str]:
    """Return the commands that make the model again from a folder of MIDI files."""
    layers = ",".join(str(units) for units in hparams["layers"])
    refused = " ".join(dataset.get("options", []))
    return [
        "chipassets train corpus MIDI_FOLDER --sources sources.csv -o my.corpus",
        f"chipassets train dataset my.corpus -o my.dataset --eval-ratio {dataset['eval_ratio']}"
        f" --game-weight {dataset['game_weight']} {refused}".rstrip(),
        f"chipassets train fit my.dataset -o runs/{name} --layers {layers}"
        f" --batch-size {hparams['batch_size']} --chunk {hparams['chunk']}"
        f" --steps {hparams['steps']} --learning-rate {hparams['learning_rate']}"
        f" --keep {hparams['keep']} --clip-norm {hparams['clip_norm']} --seed {hparams['seed']}"
        + ("" if hparams["with_controls"] else " --no-controls"),
        f"chipassets train export runs/{name} -o {name}.safetensors",
    ]


def write_model(model: Model, path: Path, notices: dict[str, str], *, half: bool = True) -> Path:
    """Write the model file and, beside it, its card (`.md`), each atomically."""
    data = save_model(model, half=half)
    card = path.with_suffix(".md")
    for target, content in ((path, data), (card, model_card(model, data, notices).encode())):
        with whole_file(target) as partial:
            partial.write_bytes(content)
    return card
