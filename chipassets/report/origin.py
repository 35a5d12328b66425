"""Where the music comes from: the program, the model, its training data, and the plan."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from chipassets.report.html import Html, element, join
from chipassets.report.opened import OpenedBundle

_TRAINING = (("Trained", "date"), ("Updates", "updates"), ("Epochs", "epochs"))
_COUNTS = (("Corpus licences", "licences"), ("Corpus sources", "sources"))


def draw_origin(bundle: OpenedBundle, names: Collection[str]) -> Html:
    """Return the end of a page: facts first, the provenance of the page's tracks collapsed."""
    account = _account_of(bundle.provenance, names)
    everything = json.dumps(account, indent=2, ensure_ascii=False)
    return element(
        "footer",
        element("h2", "Where it comes from"),
        element("dl", *(join(element("dt", k), element("dd", v)) for k, v in _gather(bundle))),
        element(
            "details",
            element("summary", "The plan and the model's own account"),
            element("pre", everything, tabindex="0", role="region", aria_label="Provenance"),
        ),
        class_="provenance",
    )


def _account_of(provenance: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the provenance without the tracks of other pages."""
    account = dict(provenance)
    plan, takes = _inside(account, "plan"), _inside(account, "takes")
    if isinstance(tracks := plan.get("tracks"), list):
        own = [t for t in tracks if isinstance(t, dict) and t.get("name") in names]
        account["plan"] = {**plan, "tracks": own}
    if takes:
        account["takes"] = {name: takes[name] for name in names if name in takes}
    return account


def _gather(bundle: OpenedBundle) -> list[tuple[str, str]]:
    index = bundle.index
    training = _inside(_inside(bundle.provenance, "model"), "training")
    dataset = _inside(training, "dataset")
    author = [
        (label, str(value))
        for label, key in (("Author", "author"), ("Copyright", "copyright_line"))
        if (value := _inside(bundle.provenance, "plan").get(key))
    ]
    return [
        ("Made by", f"{index.generator}, bundle format {index.format}"),
        *author,
        ("Seed", str(index.seed)),
        ("Model", f"{index.model.name}, SHA-256 {index.model.sha256}"),
        *((label, str(training[key])) for label, key in _TRAINING if key in training),
        *_corpus(dataset),
    ]


def _corpus(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the model was trained on, as rows of names and values."""
    facts = [("Corpus", f"{dataset['pieces']} pieces")] if "pieces" in dataset else []
    for label, key in _COUNTS:
        counts = _inside(dataset, key)
        if counts:
            facts.append((label, ", ".join(f"{name}: {n}" for name, n in counts.items())))
    return facts


def _inside(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key, empty if there is none: a provenance is not trusted."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}
