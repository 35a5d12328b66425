"""Trains the critic: people's phrases against spoiled ones and against a machine's."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from chipassets.compose.critic import Critic, save_critic
from chipassets.compose.critic_features import FEATURES
from chipassets.compose.parts_network import PartNetworks
from chipassets.errors import UsageError
from chipassets.train.card import source_name
from chipassets.train.critic_phrases import (
    PERSON,
    Phrase,
    every_spoiling,
    phrases_of,
    sampled_phrases,
)
from chipassets.train.parts_reading import PartPiece, Selection
from chipassets.train.whole import whole_file

_STYLE_WEIGHTS = {"game": 0.35, "freedoom": 0.25, "other": 0.40}
_MOST_SAMPLED = 240
"""The number of pieces for whose plans the networks write phrases."""
_MOST_A_PIECE = 12
_UNITS = 32
_DROPOUT = 0.3
_BATCH = 256
_FARTHEST = 4.0


def critic_phrases(
    pieces: Sequence[PartPiece],
    composed: Sequence[PartPiece],
    networks: PartNetworks | None,
    seed: int,
) -> list[Phrase]:
    """Return people's phrases, each spoiled once, and phrases by the networks and a composer.

    composed: pieces of a composer, "composed" on the card. A piece gives at most twelve phrases.
    """
    rng = np.random.default_rng(seed)
    people: list[Phrase] = []
    for piece in pieces:
        found = phrases_of(piece, PERSON, rng)
        if len(found) > _MOST_A_PIECE:
            chosen = rng.choice(len(found), _MOST_A_PIECE, replace=False)
            found = [found[n] for n in sorted(chosen)]
        people += found
    machine = every_spoiling(people, rng)
    for piece in composed:
        machine += phrases_of(piece, "composed", rng)
    if networks is not None:
        by_style = sorted(pieces, key=lambda piece: piece.style == "other")
        for piece in by_style[:_MOST_SAMPLED]:
            machine += sampled_phrases(networks, piece, rng)
    return people + machine


def train_critic(
    phrases: Sequence[Phrase], steps: int, seed: int, report: Callable[[str], None]
) -> Critic:
    """Return a critic trained on the phrases that are not held out, with its scores.

    UsageError if one side has no phrases.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    features = np.stack([phrase.features() for phrase in phrases]).astype(np.float32)
    person = np.array([phrase.kind == PERSON for phrase in phrases])
    kept = np.array([not phrase.is_held_out for phrase in phrases])
    for name, side in (("people's", person), ("other", ~person)):
        if not (side & kept).any() or not (side & ~kept).any():
            raise UsageError(f"the corpus gives no {name} phrases to train on, or none to measure")
    mean, deviation = features[kept].mean(axis=0), features[kept].std(axis=0) + 1e-3
    standard = np.clip((features - mean) / deviation, -_FARTHEST, _FARTHEST)
    chances = _weights(phrases) * kept
    net = nn.Sequential(
        nn.Linear(len(FEATURES), _UNITS), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_UNITS, 1)
    )
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.05)
    rng = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        rows = rng.choice(len(phrases), _BATCH, p=chances / chances.sum())
        noise = rng.normal(0, 0.1, (_BATCH, len(FEATURES))).astype(np.float32)
        logits = net(torch.from_numpy(standard[rows] + noise))[:, 0]
        aims = torch.from_numpy(person[rows].astype(np.float32))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, aims)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 500 == 0 or step == steps:
            report(f"critic {step}/{steps}: loss {loss.item():.3f}")
    arrays = [tensor.detach().numpy() for tensor in net.parameters()]
    critic = Critic(mean, deviation, arrays[0].T.copy(), arrays[1], arrays[2][0], arrays[3])
    return replace(critic, training=_scores(critic, phrases, features))


def area_under_curve(better: NDArray[np.float64], worse: NDArray[np.float64]) -> float:
    """Return how often a score of `better` exceeds one of `worse`; ties count a half."""
    order = np.sort(worse)
    below = np.searchsorted(order, better, "left")
    up_to = np.searchsorted(order, better, "right")
    return float((below + up_to).mean() / 2 / len(worse))


def _weights(phrases: Sequence[Phrase]) -> NDArray[np.float64]:
    """Return a weight for each phrase.

    Equal sides, then styles as set, then pieces by square root.
    """
    groups = Counter((p.kind == PERSON, p.style) for p in phrases if not p.is_held_out)
    in_piece = Counter((p.kind == PERSON, p.style, p.piece) for p in phrases)
    weights = []
    for p in phrases:
        of_group = _STYLE_WEIGHTS[p.style] / max(1, groups[p.kind == PERSON, p.style])
        weights.append(of_group / in_piece[p.kind == PERSON, p.style, p.piece] ** 0.5)
    values = np.array(weights)
    for side in (True, False):
        rows = np.array([(p.kind == PERSON) == side for p in phrases])
        values[rows] /= values[rows].sum()
    return values


def _scores(
    critic: Critic, phrases: Sequence[Phrase], features: NDArray[np.float32]
) -> dict[str, Any]:
    """Return the area under the curve on held-out pieces, by what was done and by style."""
    scores = critic.score_features(features.astype(np.float64))
    held = np.array([p.is_held_out for p in phrases])
    person = np.array([p.kind == PERSON for p in phrases])
    game = np.array([p.style != "other" for p in phrases])
    kinds = np.array([p.kind for p in phrases])
    table: dict[str, dict[str, float]] = {}
    for kind in sorted(set(kinds[~person].tolist())):
        worse = held & (kinds == kind)
        row = {}
        for name, styles in (("all", held), ("game", held & game)):
            if (styles & person).any() and (styles & worse).any():
                row[name] = round(
                    area_under_curve(scores[styles & person], scores[styles & worse]), 3
                )
        table[kind] = row
    sides = {"all": held, "game": held & game}
    whole = {
        name: round(area_under_curve(scores[rows & person], scores[rows & ~person]), 3)
        for name, rows in sides.items()
        if (rows & person).any() and (rows & ~person).any()
    }
    return {
        "auc": {"any": whole, **table},
        "phrases": dict(Counter(kinds.tolist())),
        "held_out_phrases": int(held.sum()),
        "held_out_pieces": len({p.piece for p in phrases if p.is_held_out and p.kind == PERSON}),
    }


def write_critic(
    critic: Critic, path: Path, pieces: Sequence[PartPiece], selection: Selection
) -> Path:
    """Write the critic and, beside it, its card (`.md`), each atomically."""
    data = save_critic(critic)
    card = path.with_suffix(".md")
    content = critic_card(critic.training, data, pieces, selection).encode()
    for target, whole in ((path, data), (card, content)):
        with whole_file(target) as partial:
            partial.write_bytes(whole)
    return card


def critic_card(
    training: Mapping[str, Any], data: bytes, pieces: Sequence[PartPiece], selection: Selection
) -> str:
    """Return the card of a critic; `data` is its file."""
    sources = Counter(piece.source for piece in pieces).most_common()
    licences = Counter(piece.licence for piece in pieces).most_common()
    counts = training["phrases"]
    rows = [
        f"| {kind} | {counts.get(kind, '')} | {row.get('all', '')} | {row.get('game', '')} |"
        for kind, row in training["auc"].items()
    ]
    stated = ", ".join(f"{name or 'unstated'} ({count:,})" for name, count in licences)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    command = "chipassets train critic CORPUS_FOLDER -o critic.safetensors"
    command += " --composed COMPOSED_FOLDER" if "composed" in counts else ""
    lines = (
        "# Critic\n",
        f"Log-odds that a person wrote a phrase of four bars, from {len(FEATURES)} features of its",
        f"voices and one hidden layer of {_UNITS} units. It compares candidates for one place in",
        "the search; it is no measure of music, and nothing reports it.\n",
        f"- File {len(data):,} bytes. Trained: {today}.\n",
        "## Corpus\n",
        *(f"- {source_name(name)}: {count:,} pieces" for name, count in sources),
        f"\nLicences: {stated}. {counts.get(PERSON, 0):,} phrases of people.\n",
        "## Area under the curve, held-out pieces\n",
        f"{training['held_out_pieces']} pieces, held out by the hash of the file's name; how often",
        "a person's phrase scores above another. game: game music and Freedoom alone. network: the",
        "networks for single voices wrote all voices to a person's plan, one sample, unchosen.",
        "composed: pieces of the composer of that day.\n",
        "| against | phrases | all | game |\n|---|---|---|---|",
        *rows,
        "\n## How to make it again\n",
        f"```\n{' '.join((command, *selection.options))}\n```",
    )
    return "\n".join(lines) + "\n"
