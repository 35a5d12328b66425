"""Measures a model's raw samples, beside the held-out music they should resemble."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import END, START, STEP_END, decode_events
from chipassets.compose.controls import position_label
from chipassets.compose.network import Network
from chipassets.compose.weights import Model
from chipassets.music.keys import Key
from chipassets.music.metrics import measure
from chipassets.music.score import Note, Score
from chipassets.seeds import derive_rng
from chipassets.train import control_inputs as controls
from chipassets.train.dataset import METRES, Dataset

BARS = 16
MEASURED = (
    "scale_consistency",
    "on_beat_rate",
    "groove_consistency",
    "repetition",
    "onsets_per_beat",
    "polyphony",
    "empty_beat_rate",
    "lead_step",
    "leap_rate",
)
"""The features that are averaged; `metrics.Metrics` says what each is."""

_METRE = "4/4"
_STEPS = BARS * 16
_MOST_EVENTS = 16 * _STEPS
"""A sample with more events is cut off: no music has that many notes."""


def compare_samples(model: Model, dataset: Dataset, count: int, seed: int) -> dict[str, Any]:
    """Return the mean features of held-out slices (16 bars of 4/4) and of as many raw samples.

    Each sample gets the controls of one of the slices; temperature 1, no guidance.
    """
    slices = _slices(dataset, count)
    if not slices:
        return {}
    rows = dataset.controls[slices]
    return {
        "count": len(slices),
        "held_out": _means([dataset.sequence(index) for index in slices]),
        "samples": _means(sample(model, rows, seed)),
    }


def _slices(dataset: Dataset, count: int) -> list[int]:
    """Return up to `count` held-out sequences of full length in 4/4, evenly spread."""
    metre = METRES.index(_METRE)
    found = [
        int(index)
        for index in np.flatnonzero(dataset.is_eval & (dataset.controls[:, 0] == metre))
        if int((dataset.sequence(int(index)) == STEP_END).sum()) == _STEPS
    ]
    return [found[k] for k in np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]


def sample(model: Model, rows: NDArray[np.int8], seed: int) -> list[NDArray[np.int64]]:
    """Return one sequence of events for each row of controls, each 16 bars of 4/4 long."""
    rng = derive_rng(seed, "samples")
    network = Network(model, len(rows))
    events = np.full(len(rows), START)
    steps = np.zeros(len(rows), np.int64)
    history = [events]
    while (steps < _STEPS).any() and len(history) < _MOST_EVENTS:
        logits = network.step(events, _told(model, rows, steps)).astype(np.float64)
        logits[:, [START, END]] = -np.inf
        weights = np.exp(logits - logits.max(axis=1, keepdims=True)).cumsum(axis=1)
        chosen = rng.random(len(rows)) * weights[:, -1]
        events = (weights < chosen[:, None]).sum(axis=1)
        steps = steps + (events == STEP_END)
        history.append(events)
    return [_cut(column) for column in np.stack(history, axis=1)]


def _told(
    model: Model, rows: NDArray[np.int8], steps: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the control rows for the next event of each sequence; None without controls."""
    if not model.controls:
        return None
    told = rows.astype(np.int64)
    told[:, 0] = controls.POSITION.row(position_label(_METRE, 0)) + steps % 16
    return told


def _cut(events: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the events up to the close of the last step."""
    ends = np.flatnonzero(events == STEP_END)[:_STEPS]
    return events[: ends[-1] + 1] if len(ends) else events[:1]


def _means(sequences: list[NDArray[np.int64]] | list[NDArray[np.int16]]) -> dict[str, float]:
    """Return the mean of each measure over the sequences."""
    measured = [measure(_score(sequence)).to_dict() for sequence in sequences]
    return {
        name: round(sum(float(m[name]) for m in measured) / len(measured), 4) for name in MEASURED
    }


def _score(events: NDArray[np.int64] | NDArray[np.int16]) -> Score:
    notes, _ = decode_events(events)
    return Score(tuple(Note(*note) for note in notes), BARS, 120_000, Key(0, "major"))
