"""Turn the best checkpoint of a run into a model with its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chipassets.compose.weights import Model, parse_model, save_model
from chipassets.train import controls
from chipassets.train.checkpoint import best_checkpoint, read_checkpoint
from chipassets.train.dataset import Dataset
from chipassets.train.evaluate import evaluate
from chipassets.train.network import from_model

_SPLIT = "by SHA-256 of the piece's notes with transposition removed, before slicing"
_SOURCES = {
    "freedoom": "Freedoom (BSD-3-Clause), https://freedoom.github.io/",
    "mutopia": "Mutopia Project (public-domain editions only), https://www.mutopiaproject.org/",
    "openhymnal": "Open Hymnal (public domain), double time only, https://openhymnal.org/",
    "openscore-lieder": "OpenScore Lieder Corpus (CC0), https://github.com/OpenScore/Lieder",
    "openscore-sq": "OpenScore String Quartets (CC0), https://github.com/OpenScore/StringQuartets",
}
"""What a source column of the corpus stands for, where the name alone would not say."""


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


def model_card(model: Model, data: bytes, notices: dict[str, str]) -> str:
    """Return the card of a model, in Markdown; `data` is its file, `notices` licence texts by name.

    Everything in it is read from the model's own description.
    """
    training = model.training
    dataset, held = training["dataset"], training["held_out"]
    weights = sum(a.size for a in (*model.kernels, *model.biases, model.head_weights))
    lines = [
        f"# {model.name}",
        "",
        f"A polyphony_rnn: {len(model.layers)} BasicLSTM layers of "
        f"{', '.join(map(str, model.layers))} units, a linear head, 259 events on a 16th grid.",
        _input_line(model),
        "",
        f"- Weights: {weights + model.head_bias.size:,}; file {len(data):,} bytes.",
        f"- Trained: {training['date']}, {training['updates']:,} updates, "
        f"{training['epochs']} epochs of {dataset['events_an_epoch']:,} events.",
        f"- Key: {'every slice in C major or A minor' if model.canonical_key else 'as written'}.",
        "",
        "## Corpus",
        "",
        *[
            f"- {_SOURCES.get(s, s or 'unnamed')}: {n} pieces"
            for s, n in dataset["sources"].items()
        ],
        "",
        "Licences: "
        + ", ".join(f"{licence or 'unstated'} ({n})" for licence, n in dataset["licences"].items())
        + ".",
        f"{dataset['sequences']:,} slices of at most {dataset['rules']['bars']} bars, "
        f"{dataset['events']:,} events, of {dataset['pieces']:,} pieces.",
        "",
        "| left out | count |",
        "|---|---|",
        *[f"| {reason} | {count:,} |" for reason, count in dataset["skipped"].items()],
        "",
        "## Held-out loss",
        "",
        f"{dataset['pieces_held_out']} pieces ({dataset['sequences_held_out']} slices, "
        f"{dataset['events_held_out']:,} events), split {training['split']}.",
        "Measured with the half-precision weights of the file.",
        "",
        "| controls | nats an event | perplexity | nats a step | right | right note starts |",
        "|---|---|---|---|---|---|",
        *_score_rows(model, held),
        "",
        "## How to make it again",
        "",
        "```",
        *[command.replace("MODEL", model.name) for command in training["again"]],
        "```",
        "",
        "<details><summary>Settings</summary>",
        "",
        "```json",
        json.dumps(training["hparams"], indent=1, sort_keys=True),
        "```",
        "",
        "</details>",
    ]
    for name, text in notices.items():
        lines += ["", f"## Notice: {name}", "", text.strip()]
    return "\n".join(lines) + "\n"


def _input_line(model: Model) -> str:
    if not model.controls:
        return (
            "No inputs but the last event: Magenta's own polyphony_rnn, and exchangeable with it."
        )
    groups = ", ".join(f"{group.name} ({group.size})" for group in model.controls)
    return f"Beside the last event it is told, where known: {groups}."


def _score_rows(model: Model, held: dict[str, dict[str, float]]) -> list[str]:
    names = {"told": "told", "left_open": "all left open"} if model.controls else {"told": "none"}
    return [
        f"| {label} | {held[key]['loss_per_event']:.4f} | {held[key]['perplexity']:.3f} "
        f"| {held[key]['loss_per_step']:.4f} | {held[key]['accuracy']:.1%} "
        f"| {held[key]['note_accuracy']:.1%} |"
        for key, label in names.items()
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
