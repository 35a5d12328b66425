"""The model card in Markdown; all its facts are read from the model's own description."""

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
"""The full name of a source in the corpus, if the short name is not clear."""


def source_name(source: str) -> str:
    """Return the full name of a source, with its licence and address if known."""
    return _SOURCES.get(source, source or "unnamed")


def model_card(model: Model, data: bytes, notices: dict[str, str]) -> str:
    """Return the card of a model; `data` is its file, `notices` licence texts by name."""
    sections = [_head(model, data), _corpus(model), _scores(model), _samples(model), _recipe(model)]
    sections += [f"## Notice: {name}\n\n{text.strip()}" for name, text in notices.items()]
    return "\n\n".join(sections) + "\n"


def _head(model: Model, data: bytes) -> str:
    """Return the card's beginning: the network, its size and its training."""
    training = model.training
    arrays = (*model.kernels, *model.biases, model.head_weights, model.head_bias)
    key = "every slice in C major or A minor" if model.canonical_key else "as written"
    return f"""# {model.name}

A polyphony_rnn: {len(model.layers)} BasicLSTM layers of {", ".join(map(str, model.layers))} units,
a linear head, 259 events on a 16th grid.
{_inputs(model)}

- Weights: {sum(array.size for array in arrays):,}; file {len(data):,} bytes.
- Trained: {training["date"]}, {training["updates"]:,} updates, {training["epochs"]} epochs of
  {training["dataset"]["events_an_epoch"]:,} events.
- Key: {key}."""


def _inputs(model: Model) -> str:
    if not model.controls:
        return "No input but the last event: exchangeable with Magenta's own polyphony_rnn."
    groups = ", ".join(f"{group.name} ({group.size})" for group in model.controls)
    return f"Beside the last event it is told, where known: {groups}."


def _corpus(model: Model) -> str:
    """Return the card's section on the training data."""
    dataset = model.training["dataset"]
    sources = [
        f"- {source_name(source)}: {count:,} pieces" for source, count in dataset["sources"].items()
    ]
    licences = [f"{name or 'unstated'} ({n:,})" for name, n in dataset["licences"].items()]
    skipped = [f"| {reason} | {count:,} |" for reason, count in dataset["skipped"].items()]
    return "\n".join(
        (
            "## Corpus\n",
            *sources,
            f"\nLicences: {', '.join(licences)}.",
            f"{dataset['sequences']:,} slices of at most {dataset['rules']['bars']} bars, "
            f"{dataset['events']:,} events, of {dataset['pieces']:,} pieces.\n",
            "| left out | count |\n|---|---|",
            *skipped,
        )
    )


def _scores(model: Model) -> str:
    """Return the card's section on the held-out loss."""
    dataset, held = model.training["dataset"], model.training["held_out"]
    names = {"told": "told", "left_open": "all left open"} if model.controls else {"told": "none"}
    rows = [
        f"| {label} | {held[key]['loss_per_event']:.4f} | {held[key]['perplexity']:.3f} "
        f"| {held[key]['loss_per_step']:.4f} | {held[key]['accuracy']:.1%} "
        f"| {held[key]['note_accuracy']:.1%} |"
        for key, label in names.items()
    ]
    return "\n".join(
        (
            "## Held-out loss\n",
            f"{dataset['pieces_held_out']} pieces ({dataset['sequences_held_out']} slices, "
            f"{dataset['events_held_out']:,} events), split {model.training['split']}.",
            "Measured with the half-precision weights of the file.\n",
            "| controls | nats an event | perplexity | nats a step | right | right note starts |",
            "|---|---|---|---|---|---|",
            *rows,
        )
    )


def _samples(model: Model) -> str:
    """Return the card's section that compares samples with held-out music."""
    samples = model.training["samples"]
    if not samples:
        return "No held-out slice was long enough to compare samples with."
    rows = [
        f"| {name.replace('_', ' ')} | {value:.3f} | {samples['samples'][name]:.3f} |"
        for name, value in samples["held_out"].items()
    ]
    return "\n".join(
        (
            "## Samples\n",
            f"Means over {samples['count']} held-out slices of 16 bars of 4/4 and as many raw",
            "samples, each with the controls of one slice; temperature 1, no guidance.\n",
            "| feature | held out | samples |\n|---|---|---|",
            *rows,
        )
    )


def _recipe(model: Model) -> str:
    """Return the card's section with the commands and settings of the training."""
    commands = [command.replace("MODEL", model.name) for command in model.training["again"]]
    settings = json.dumps(model.training["hparams"], indent=1, sort_keys=True)
    return "\n".join(
        (
            "## How to make it again\n",
            "```",
            *commands,
            "```\n",
            "<details><summary>Settings</summary>\n",
            f"```json\n{settings}\n```\n",
            "</details>",
            *[f"\n{remark}" for remark in model.training["remarks"]],
        )
    )
