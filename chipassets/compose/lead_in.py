"""Lead-in: how well, by the model's own account, a loop's last bar leads to the bar after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import START, STEP_END, encode_notes
from chipassets.compose.composer import ROWS, model_shift, playable
from chipassets.compose.controls import bar_positions
from chipassets.compose.model import Model
from chipassets.compose.network import Network
from chipassets.score import Score
from chipassets.trackplan import TrackPlan

Events = NDArray[np.int64]


def lead_ins(
    track: TrackPlan, model: Model, scores: Sequence[Score], first_take: int = 0
) -> tuple[float, ...]:
    """Return, for each take of a track that loops, what its last bar does for the bar after it.

    In nats an event: how much likelier the model finds the bar at the loop's start when it has
    heard the last bar than when it has heard nothing. The likelihood of the bar itself, which
    dull music has too, cancels out. Scores that play once give 0. The takes are numbered from
    `first_take`; each is computed in the row in which it was composed.
    """
    if not track.loops:
        return (0.0,) * len(scores)
    network = Network(model, ROWS)
    shift = model_shift(track, model)
    found: list[float] = []
    while len(found) < len(scores):
        row = (first_take + len(found)) % ROWS
        block = scores[len(found) : len(found) + ROWS - row]
        bars = [_bars(score, shift) for score in block]
        warm = _likelihoods(network, model, track, row, [(last, first) for last, first in bars])
        cold = _likelihoods(network, model, track, row, [(_NOTHING, first) for _, first in bars])
        found += (warm - cold).tolist()
    return tuple(round(value, 4) for value in found)


_NOTHING: Events = np.zeros(0, np.int64)


def _bars(score: Score, shift: int) -> tuple[Events, Events]:
    """Return the events of the last bar and of the bar that follows it in the loop."""
    notes = [(n.start_step, n.duration_steps, playable(n.pitch - shift)) for n in score.notes]
    events = encode_notes(notes, score.total_steps)[1:-1].astype(np.int64)
    ends = np.concatenate(([0], np.flatnonzero(events == STEP_END) + 1))
    bar = score.steps_per_bar
    start = (score.loop_start_bar or 0) * bar
    return events[ends[score.total_steps - bar] :], events[ends[start] : ends[start + bar]]


def _likelihoods(
    network: Network,
    model: Model,
    track: TrackPlan,
    first_row: int,
    pairs: Sequence[tuple[Events, Events]],
) -> NDArray[np.float64]:
    """Return the mean log-probability of the second events of each pair after the first ones."""
    longest = 1 + max(before.size + after.size for before, after in pairs)
    events = np.full((ROWS, longest), STEP_END, np.int64)
    counted = np.zeros((ROWS, longest), bool)
    for row, (before, after) in enumerate(pairs, start=first_row):
        events[row, : 1 + before.size + after.size] = [START, *before, *after]
        counted[row, 1 + before.size : 1 + before.size + after.size] = True
    steps = np.cumsum(events == STEP_END, axis=1)
    positions = bar_positions(model.controls, track.metre, track.beats_per_bar * 4)
    total = np.zeros(ROWS)
    network.reset()
    rows = np.arange(ROWS)
    for place in range(longest - 1):
        told = positions(steps[:, place]) if positions else None
        logits = network.step(events[:, place], told).astype(np.float64)
        top = logits.max(axis=1)
        sums = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        gained = logits[rows, events[:, place + 1]] - sums
        total += np.where(counted[:, place + 1], gained, 0.0)
    used = slice(first_row, first_row + len(pairs))
    means: NDArray[np.float64] = total[used] / counted[used].sum(axis=1)
    return means
