"""Turn the best checkpoint of a run into a model with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chipassets.compose.weights import Model, parse_model, save_model
from chipassets.train import controls
from chipassets.train.card import model_card
from chipassets.train.checkpoint import best_checkpoint, read_checkpoint
from chipassets.train.dataset import Dataset
from chipassets.train.evaluate import evaluate
from chipassets.train.network import from_model

_SPLIT = "by SHA-256 of the piece's notes with transposition removed, before slicing"


def model_of_run(run: Path, name: str, training: dict[str, Any]) -> Model:
    """Return the model in the best checkpoint of a run, described by `training`."""
    stored = read_checkpoint(best_checkpoint(run))
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


def evaluated_model(run: Path, name: str, dataset: Dataset, date: str) -> Model:
    """Return the model of a run as it will be stored, with what it scores on the held-out part.

    The scores are those of the half-precision weights.
    """
    draft = model_of_run(run, name, training_summary(run, dataset.meta, {}, date))
    stored = parse_model(save_model(draft), name)
    scores = evaluate(from_model(stored), dataset).as_dict()
    return model_of_run(run, name, training_summary(run, dataset.meta, scores, date))


def training_summary(
    run: Path, dataset_meta: dict[str, Any], held_out: dict[str, dict[str, float]], date: str
) -> dict[str, Any]:
    """Return how a run's model was made and what it scores, as JSON values."""
    meta = read_checkpoint(best_checkpoint(run))["meta"]
    dataset = {key: value for key, value in dataset_meta.items() if key != "groups"}
    updates = int(meta["step"])
    hparams = meta["hparams"]
    events = updates * hparams["batch_size"] * hparams["chunk"]
    return {
        "date": date,
        "updates": updates,
        "epochs": round(events / max(1, dataset["events_an_epoch"]), 1),
        "hparams": hparams,
        "dataset": dataset,
        "split": _SPLIT,
        "held_out": held_out,
        "again": _commands(hparams, dataset, name="MODEL"),
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
        f" --keep {hparams['keep']} --seed {hparams['seed']}"
        + ("" if hparams["with_controls"] else " --no-controls"),
        f"chipassets train export runs/{name} -o {name}.safetensors",
    ]


def write_model(model: Model, path: Path, notices: dict[str, str], *, half: bool = True) -> Path:
    """Write the model file and, beside it, its card (`.md`), each whole or not at all."""
    data = save_model(model, half=half)
    card = path.with_suffix(".md")
    for target, content in ((path, data), (card, model_card(model, data, notices).encode())):
        partial = target.with_name(target.name + ".partial")
        partial.write_bytes(content)
        partial.replace(target)
    return card
