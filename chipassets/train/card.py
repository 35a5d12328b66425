"""The card of a model, in Markdown: everything in it is read from the model's own description."""

from __future__ import annotations

import json

from chipassets.compose.weights import Model

_SOURCES = {
    "freedoom": "Freedoom (BSD-3-Clause), https://freedoom.github.io/",
    "mutopia": "Mutopia Project (public-domain editions only), https://www.mutopiaproject.org/",
    "openhymnal": "Open Hymnal (public domain), double time only, https://openhymnal.org/",
    "openscore-lieder": "OpenScore Lieder Corpus (CC0), https://github.com/OpenScore/Lieder",
    "openscore-sq": "OpenScore String Quartets (CC0), https://github.com/OpenScore/StringQuartets",
}
"""What a source column of the corpus stands for, where the name alone would not say."""


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
