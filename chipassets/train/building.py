"""Builds a dataset: slices of pieces as events, with a part of the pieces held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from chipassets.compose.codec import EVENT_CLASSES, encode_notes
from chipassets.compose.controls import UNKNOWN
from chipassets.errors import UsageError
from chipassets.train import control_inputs as controls
from chipassets.train.corpus import Piece
from chipassets.train.dataset import DATASET_VERSION, METRES, Dataset
from chipassets.train.selection import Selection
from chipassets.train.slices import Slice, SliceRules, cut

DEFAULT_RULES = SliceRules()
EVERYTHING = Selection()


def is_held_out(content_sha256: str, eval_ratio: float) -> bool:
    """Return whether a piece is held out; depends only on its content and the ratio."""
    return int(content_sha256[:12], 16) < eval_ratio * 16**12


def build_dataset(
    pieces: Iterable[Piece],
    *,
    rules: SliceRules = DEFAULT_RULES,
    eval_ratio: float = 0.07,
    game_weight: int = 2,
    selection: Selection = EVERYTHING,
) -> Dataset:
    """Return the dataset of the pieces that `selection` takes.

    The split is by piece, before slicing and weighting. If no piece would be held out, the one with
    the smallest hash is. UsageError if fewer than two pieces give material.
    """
    skipped: Counter[str] = Counter()
    parts: list[tuple[Piece, list[Slice]]] = []
    for piece in pieces:
        reason = selection.reason_against(piece)
        if reason:
            skipped[f"pieces: {reason}"] += 1
            continue
        slices = list(cut(piece, rules, skipped))
        if slices:
            parts.append((piece, slices))
        else:
            skipped["pieces: no usable slice"] += 1
    if len(parts) < 2:
        told = ", ".join(f"{reason} ({count})" for reason, count in skipped.items())
        raise UsageError(
            f"{len(parts)} pieces give training material; at least two are needed, one to train "
            f"on and one to hold out. Add MIDI files of 4 bars or more; left out: {told or 'none'}"
        )
    held_out = _held_out([piece.content_sha256 for piece, _ in parts], eval_ratio)
    dataset = _join(parts, held_out, game_weight)
    settings = {"rules": asdict(rules), "eval_ratio": eval_ratio, "game_weight": game_weight}
    settings |= {"options": selection.options, "skipped": dict(sorted(skipped.items()))}
    return replace(dataset, meta=settings | _counts(dataset, [p for p, _ in parts], held_out))


def _held_out(hashes: list[str], eval_ratio: float) -> set[str]:
    """Return the hashes of the pieces held out: at least one, and not all."""
    held = {digest for digest in hashes if is_held_out(digest, eval_ratio)}
    return held if held and len(held) < len(set(hashes)) else {min(hashes)}


def _join(parts: list[tuple[Piece, list[Slice]]], held_out: set[str], game_weight: int) -> Dataset:
    """Return the slices of all pieces as one dataset, without a description."""
    pairs = [(piece, item) for piece, slices in parts for item in slices]
    sequences = [encode_notes(item.notes, item.total_steps) for _, item in pairs]
    return Dataset(
        events=np.concatenate(sequences),
        offsets=np.cumsum([0, *map(len, sequences)], dtype=np.int64),
        controls=np.array([_control_row(item) for _, item in pairs], dtype=np.int8),
        weights=np.array(
            [game_weight if piece.style.lower() == "game" else 1 for piece, _ in pairs], np.int8
        ),
        is_eval=np.array([piece.content_sha256 in held_out for piece, _ in pairs], np.bool_),
        meta={},
    )


def _control_row(item: Slice) -> tuple[int, ...]:
    metre = METRES.index(item.metre) if item.metre in METRES else UNKNOWN
    return (metre, *item.rows)


def _counts(dataset: Dataset, pieces: list[Piece], held_out: set[str]) -> dict[str, Any]:
    """Return what the dataset holds, as JSON values."""
    lengths = np.diff(dataset.offsets)
    return {
        "chipassets_dataset": DATASET_VERSION,
        "event_classes": EVENT_CLASSES,
        "groups": [
            {"name": g.name, "labels": list(g.labels), "edges": list(g.edges)}
            for g in controls.GROUPS
        ],
        "pieces": len(pieces),
        "pieces_held_out": sum(1 for piece in pieces if piece.content_sha256 in held_out),
        "sequences": len(dataset),
        "sequences_held_out": int(dataset.is_eval.sum()),
        "events": int(lengths.sum()),
        "events_held_out": int(lengths[dataset.is_eval].sum()),
        "events_an_epoch": int((lengths * dataset.weights)[~dataset.is_eval].sum()),
        "licences": dict(sorted(Counter(piece.licence for piece in pieces).items())),
        "sources": dict(sorted(Counter(piece.source for piece in pieces).items())),
    }
