"""Measures a network on the held-out part of a dataset."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from keras import ops

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.train.backend import compiled, tensor
from chipassets.train.batches import held_out_batches
from chipassets.train.dataset import Dataset
from chipassets.train.history import perplexity
from chipassets.train.keras_network import PolyphonyRnn


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The held-out loss in nats per event and per step, and how often the best guess was right.

    note_accuracy counts only targets that start a note.
    """

    events: int
    steps: int
    loss_per_event: float
    loss_per_step: float
    accuracy: float
    note_accuracy: float

    @property
    def perplexity(self) -> float:
        """exp of the loss per event."""
        return perplexity(self.loss_per_event)


@compiled
def _measure(
    network: PolyphonyRnn, events: Any, targets: Any, rows: Any, mask: Any, state: Any
) -> Any:
    """Return sums over a batch, as `held_out_loss` adds them up, and the state."""
    logits, state = network(events, rows, state)
    losses = mask * ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    best = ops.cast(ops.argmax(logits, -1), "int32")
    right = mask * ops.cast(best == targets, "float32")
    starts = mask * ops.cast((targets >= NEW_NOTE) & (targets < CONTINUED_NOTE), "float32")
    closes = mask * ops.cast(targets == STEP_END, "float32")
    sums = [mask, closes, losses, right, starts, starts * right]
    return ops.stack([ops.sum(x) for x in sums]), state


def held_out_loss(
    network: PolyphonyRnn,
    dataset: Dataset,
    groups: tuple[int, ...],
    limit: int | None = None,
    *,
    open_controls: bool = False,
) -> HeldOut:
    """Return a network's held-out loss, from zero states; `open_controls` hides the controls."""
    size, chunk = 64, 128
    totals = np.zeros(6)
    state = network.zero_state(size)
    for batch in held_out_batches(dataset, size, chunk, groups, limit):
        if not batch.keep_state.any():
            state = network.zero_state(size)
        columns = (batch.events, batch.targets, batch.rows, batch.mask)
        events, targets, rows, mask = map(tensor, columns)
        rows = ops.full_like(rows, -1) if open_controls else rows
        sums, state = _measure(network, events, targets, rows, mask, state)
        totals += ops.convert_to_numpy(sums).astype(np.float64)
    events, steps, loss, right, starts, right_starts = totals.tolist()
    return HeldOut(
        int(events), int(steps), loss / events, loss / steps, right / events, right_starts / starts
    )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of a network on the held-out part, with its controls and with all hidden."""

    told: HeldOut
    left_open: HeldOut

    def as_dict(self) -> dict[str, dict[str, float]]:
        """Return JSON values, the perplexities among them, rounded to five places."""
        return {"told": _as_dict(self.told), "left_open": _as_dict(self.left_open)}


def _as_dict(held: HeldOut) -> dict[str, float]:
    values = {**asdict(held), "perplexity": held.perplexity}
    return {name: round(value, 5) for name, value in values.items()}


def evaluate(network: PolyphonyRnn, dataset: Dataset) -> Evaluation:
    """Return the losses on the whole held-out part, with and without the control inputs."""
    groups = tuple(range(len(network.group_sizes)))
    told = held_out_loss(network, dataset, groups)
    if not groups:
        return Evaluation(told, told)
    return Evaluation(told, held_out_loss(network, dataset, groups, open_controls=True))
