"""A dataset: event sequences as small integers with their controls, split by piece.

One `.npz` without pickle: `events` int16 (all sequences joined), `offsets` int64 [n + 1],
`controls` int8 [n, groups] (column 0, the bar position, holds the metre's index instead, -1 for
none), `weights` int8 [n] (how often an epoch sees it), `is_eval` bool [n], `meta` (JSON).
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES, STEP_END, encode_notes
from chipassets.compose.controls import UNKNOWN
from chipassets.errors import UsageError
from chipassets.train import controls
from chipassets.train.corpus import Piece
from chipassets.train.metre import BAR_STEPS
from chipassets.train.selection import Selection
from chipassets.train.slices import Slice, SliceRules, cut

DATASET_VERSION = 1
METRES = tuple(BAR_STEPS)
DEFAULT_RULES = SliceRules()
EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Sequences and what is known of them; see the module for the columns."""

    events: NDArray[np.int16]
    offsets: NDArray[np.int64]
    controls: NDArray[np.int8]
    weights: NDArray[np.int8]
    is_eval: NDArray[np.bool_]
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sequence(self, index: int) -> NDArray[np.int16]:
        """Return the events of one sequence, START to END."""
        return self.events[self.offsets[index] : self.offsets[index + 1]]

    def input_rows(self, index: int) -> NDArray[np.int16]:
        """Return int16 [events - 1, groups]: the control rows of each input event, -1 unknown.

        The position is that of the step in which the next event falls.
        """
        return input_rows(self.sequence(index), self.controls[index])


def input_rows(events: NDArray[np.int16], row: NDArray[np.int8]) -> NDArray[np.int16]:
    """Return the control rows int16 [events - 1, groups] of a sequence with this control row."""
    rows = np.repeat(row[None, :].astype(np.int16), len(events) - 1, axis=0)
    if row[0] == UNKNOWN:
        return rows
    metre = METRES[row[0]]
    first = controls.position_row(metre, 0)
    steps = np.cumsum(events[:-1] == STEP_END)
    rows[:, 0] = first + steps % BAR_STEPS[metre]
    return rows


def is_held_out(content_sha256: str, eval_ratio: float) -> bool:
    """Return whether a piece is held out; depends on nothing but its content and the ratio."""
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

    The split is by piece, before slicing and weighting. When nothing falls into the held-out part
    the piece with the smallest hash does, so that it is never empty. UsageError when fewer than
    two pieces give material.
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
        raise UsageError(
            f"{len(parts)} pieces give training material; at least two are needed, one to train "
            "on and one to hold out. Add MIDI files with 4 bars or more"
        )
    dataset = _join(parts, skipped, rules, eval_ratio, game_weight)
    dataset.meta["options"] = selection.options
    return dataset


def _join(
    parts: list[tuple[Piece, list[Slice]]],
    skipped: Counter[str],
    rules: SliceRules,
    eval_ratio: float,
    game_weight: int,
) -> Dataset:
    hashes = [piece.content_sha256 for piece, _ in parts]
    held = {h for h in hashes if is_held_out(h, eval_ratio)} or {min(hashes)}
    if len(held) == len(set(hashes)):
        held = {min(hashes)}
    sequences, rows, weights, is_eval = [], [], [], []
    for piece, slices in parts:
        for item in slices:
            sequences.append(encode_notes(item.notes, item.total_steps))
            metre = METRES.index(item.metre) if item.metre in METRES else UNKNOWN
            rows.append((metre, *item.rows))
            weights.append(game_weight if piece.style.lower() == "game" else 1)
            is_eval.append(piece.content_sha256 in held)
    lengths = [len(sequence) for sequence in sequences]
    meta = {
        "chipassets_dataset": DATASET_VERSION,
        "event_classes": EVENT_CLASSES,
        "rules": asdict(rules),
        "eval_ratio": eval_ratio,
        "game_weight": game_weight,
        "groups": [
            {"name": g.name, "labels": list(g.labels), "edges": list(g.edges)}
            for g in controls.GROUPS
        ],
        "pieces": len(parts),
        "pieces_held_out": sum(1 for h in hashes if h in held),
        "sequences": len(sequences),
        "sequences_held_out": sum(is_eval),
        "events": sum(lengths),
        "events_held_out": sum(n for n, e in zip(lengths, is_eval, strict=True) if e),
        "events_an_epoch": sum(
            n * w for n, w, e in zip(lengths, weights, is_eval, strict=True) if not e
        ),
        "licences": dict(sorted(Counter(piece.licence for piece, _ in parts).items())),
        "sources": dict(sorted(Counter(piece.source for piece, _ in parts).items())),
        "skipped": dict(sorted(skipped.items())),
    }
    return Dataset(
        np.concatenate(sequences),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        np.array(rows, dtype=np.int8),
        np.array(weights, dtype=np.int8),
        np.array(is_eval, dtype=np.bool_),
        meta,
    )


def save_dataset(dataset: Dataset, path: Path) -> None:
    """Write the dataset so that `load_dataset` gives an equal one, whole or not at all."""
    buffer = io.BytesIO()
    meta = np.frombuffer(json.dumps(dataset.meta, sort_keys=True).encode(), dtype=np.uint8)
    np.savez_compressed(
        buffer,
        events=dataset.events,
        offsets=dataset.offsets,
        controls=dataset.controls,
        weights=dataset.weights,
        is_eval=dataset.is_eval,
        meta=meta,
    )
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)


def load_dataset(path: Path) -> Dataset:
    """Return the dataset in a file; UsageError when it is not one of this vocabulary."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in _COLUMNS}
            dataset = Dataset(**columns, meta=json.loads(stored["meta"].tobytes()))
        _check(dataset)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, ZlibError) as error:
        raise UsageError(
            f"{path} is not a polyphony dataset ({error}); make one with `chipassets train dataset`"
        ) from error
    return dataset


_COLUMNS = ("events", "offsets", "controls", "weights", "is_eval")


def _check(dataset: Dataset) -> None:
    """Raise ValueError unless the columns agree and use this vocabulary."""
    if dataset.meta["chipassets_dataset"] != DATASET_VERSION:
        raise ValueError("written by another version")
    if dataset.meta["event_classes"] != EVENT_CLASSES or dataset.events.max() >= EVENT_CLASSES:
        raise ValueError("of another vocabulary")
    if dataset.offsets[-1] != len(dataset.events) or len(dataset.controls) != len(dataset):
        raise ValueError("its columns disagree")
