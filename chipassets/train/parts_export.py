"""Writes the trained networks for single voices as a file, with their scores on a card."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from chipassets.compose.part_context import ROLES, STYLES
from chipassets.compose.parts_model import NAMES, PartsModel, PartWeights, parse_parts, save_parts
from chipassets.errors import UsageError
from chipassets.train.card import source_name
from chipassets.train.parts_data import examples
from chipassets.train.parts_fit import (
    CHORD_GROUPS,
    COPY_GROUPS,
    STYLE_SHARES,
    PartNet,
    held_out,
    loss_of,
)
from chipassets.train.parts_reading import PartPiece, Selection
from chipassets.train.whole import whole_file

PLAN_GROUPS = (
    *CHORD_GROUPS,
    *("phrase_bar", "cadence", "next_cadence", "density", "register", "part", "likeness"),
)
ABLATIONS: dict[str, tuple[str, ...]] = {
    "everything told": (),
    "chords hidden": CHORD_GROUPS,
    "copies hidden": COPY_GROUPS,
    "part hidden": ("part",),
    "likeness hidden": ("likeness",),
    "whole plan hidden": PLAN_GROUPS,
    "plan and copies hidden": PLAN_GROUPS + COPY_GROUPS,
}
"""The groups that are hidden in further measurements of the held-out loss."""


def exported(
    run: Path,
    pieces: Sequence[PartPiece],
    selection: Selection,
    remarks: Sequence[str] = (),
) -> PartsModel:
    """Return the best networks of a run folder, measured with half-precision weights.

    `remarks`: additional text for the card. UsageError if a role has not been trained.
    """
    missing = [role for role in ROLES if not (run / f"{role}.pt").exists()]
    if missing:
        raise UsageError(f"{run} has no network for {', '.join(missing)}; train it first")
    states = {role: torch.load(run / f"{role}.pt", weights_only=True) for role in ROLES}
    weights = {role: weights_of(state["net"]) for role, state in states.items()}
    rounded = parse_parts(save_parts(PartsModel(weights)), "the new file").weights
    training: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sources": _counts(piece.source for piece in pieces),
        "licences": _counts(piece.licence for piece in pieces),
        "styles": _counts(piece.style for piece in pieces),
        "bars": sum(piece.steps for piece in pieces) // 16,
        "left_out": dict(selection.left_out.most_common()),
        "refused": selection.options,
        "remarks": list(remarks),
        "roles": {},
    }
    for role, state in states.items():
        own = examples(pieces, role)
        net = PartNet(state["hparams"]["units"])
        load_weights(net, rounded[role])
        windows = held_out(own, role)
        training["roles"][role] = {
            "hparams": state["hparams"],
            "steps": state["step"],
            "voices": _counts(e.style for e in own if not e.is_held_out),
            "held_out_pieces": {style: part.pieces for style, part in windows.items()},
            "losses": {
                name: {
                    style: round(loss_of(net, part, hidden), 4) for style, part in windows.items()
                }
                for name, hidden in ABLATIONS.items()
            },
        }
    return PartsModel(weights, training)


def weights_of(state: Mapping[str, torch.Tensor]) -> PartWeights:
    """Return the tensors of a PartNet's state under the names of the file."""
    arrays = {name: tensor.detach().float().numpy() for name, tensor in state.items()}
    return PartWeights(
        embedding=arrays["embedding.weight"][:-1],
        lstm_input=arrays["lstm.weight_ih_l0"],
        lstm_recurrent=arrays["lstm.weight_hh_l0"],
        lstm_bias=arrays["lstm.bias_ih_l0"] + arrays["lstm.bias_hh_l0"],
        hidden=arrays["hidden.weight"],
        hidden_bias=arrays["hidden.bias"],
        head=arrays["head.weight"],
        head_bias=arrays["head.bias"],
    )


def load_weights(net: PartNet, weights: PartWeights) -> None:
    """Load the weights of a file into a PartNet."""
    tensors = {name: torch.from_numpy(getattr(weights, name).copy()) for name in NAMES}
    embedding = torch.cat((tensors["embedding"], torch.zeros_like(tensors["embedding"][:1])))
    net.load_state_dict(
        {
            "embedding.weight": embedding,
            "lstm.weight_ih_l0": tensors["lstm_input"],
            "lstm.weight_hh_l0": tensors["lstm_recurrent"],
            "lstm.bias_ih_l0": tensors["lstm_bias"],
            "lstm.bias_hh_l0": torch.zeros_like(tensors["lstm_bias"]),
            "hidden.weight": tensors["hidden"],
            "hidden.bias": tensors["hidden_bias"],
            "head.weight": tensors["head"],
            "head.bias": tensors["head_bias"],
        }
    )


def write_parts(model: PartsModel, path: Path, notices: Mapping[str, str]) -> Path:
    """Write the file and, beside it, its card (`.md`), each atomically."""
    data = save_parts(model)
    card = path.with_suffix(".md")
    for target, content in ((path, data), (card, parts_card(model, data, notices).encode())):
        with whole_file(target) as partial:
            partial.write_bytes(content)
    return card


def parts_card(model: PartsModel, data: bytes, notices: Mapping[str, str]) -> str:
    """Return the card of the networks; `data` is their file, `notices` licence texts by name."""
    sections = [_head(model, data), _corpus(model.training), _losses(model.training)]
    sections += [_recipe(model.training)]
    sections += [f"## Notice: {name}\n\n{text.strip()}" for name, text in notices.items()]
    return "\n\n".join(sections) + "\n"


def _head(model: PartsModel, data: bytes) -> str:
    """Return the card's beginning: the networks, their size and their training."""
    sizes = {len(weights.hidden_bias) for weights in model.weights.values()}
    units = "/".join(map(str, sorted(sizes)))
    count = sum(getattr(w, name).size for w in model.weights.values() for name in NAMES)
    return f"""# Networks for single voices

Three networks, one a role: the tune (lead); a bass, given the tune; an inner voice, given both.
Each sums embeddings of what it is told, runs one LSTM over 16th steps ({units} units) and
gives logits for hold, rest and 72 pitches.

- Weights: {count:,}; file {len(data):,} bytes, half precision.
- Trained: {model.training["date"]}.
- Key: every piece on the white keys (C major, A minor, D dorian, ...)."""


def _corpus(training: Mapping[str, Any]) -> str:
    """Return the card's section on the training data."""
    sources = [f"- {source_name(name)}: {n:,} pieces" for name, n in training["sources"].items()]
    licences = [f"{name or 'unstated'} ({n:,})" for name, n in training["licences"].items()]
    left_out = [f"| {reason} | {count:,} |" for reason, count in training["left_out"].items()]
    voices = [
        f"| {role} | " + " | ".join(f"{entry['voices'].get(style, 0):,}" for style in STYLES) + " |"
        for role, entry in training["roles"].items()
    ]
    shares = ", ".join(f"{share:.0%} {style}" for style, share in STYLE_SHARES.items())
    return "\n".join(
        (
            "## Corpus\n",
            *sources,
            f"\nLicences: {', '.join(licences)}. {training['bars']:,} bars.\n",
            f"Voices to train on. A batch has {shares}, each",
            "chosen by piece.\n",
            "| role | " + " | ".join(STYLES) + " |",
            "|---|" + "---|" * len(STYLES),
            *voices,
            "\n| left out | files |\n|---|---|",
            *left_out,
        )
    )


def _losses(training: Mapping[str, Any]) -> str:
    """Return the card's section on the held-out losses."""
    parts = [
        "## Held-out loss\n",
        "Nats a step, held out by the hash of the file's name. A tune and an inner voice are told",
        "chords that were labelled without them, a bass chords that were labelled with it: what a",
        "plan would say. Density, register, part, likeness and cadence are read off the held-out",
        "voice itself, so the first row is what a voice costs whose plan is known exactly.",
        "Hidden means not told to the same network, which was trained with each hidden at times;",
        "no network was trained again without it.",
    ]
    for role, entry in training["roles"].items():
        styles = list(entry["held_out_pieces"])
        counts = ", ".join(f"{style} {n}" for style, n in entry["held_out_pieces"].items())
        parts += [
            f"\n**{role}**, {entry['steps']:,} updates; held-out pieces: {counts}.\n",
            "| told | " + " | ".join(styles) + " |",
            "|---|" + "---|" * len(styles),
        ]
        parts += [
            f"| {name} | " + " | ".join(f"{losses[style]:.3f}" for style in styles) + " |"
            for name, losses in entry["losses"].items()
            if name != "part hidden" or role != "lead"
        ]
    return "\n".join(parts)


def _recipe(training: Mapping[str, Any]) -> str:
    """Return the card's section with the command and settings of the training."""
    settings = {role: entry["hparams"] for role, entry in training["roles"].items()}
    lines = [
        f"- {role}: " + ", ".join(f"{name} {value}" for name, value in hparams.items())
        for role, hparams in settings.items()
    ]
    refused = " ".join(training["refused"])
    return "\n".join(
        (
            "## How to make it again\n",
            "```",
            f"chipassets train parts CORPUS_FOLDER -o parts.safetensors {refused}".rstrip(),
            "```\n",
            *lines,
            *(f"\n{remark}" for remark in training["remarks"]),
        )
    )


def _counts(names: Any) -> dict[str, int]:
    return dict(Counter(names).most_common())
