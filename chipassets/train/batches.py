"""Batches for truncated backpropagation: parallel streams of sequences, cut into equal chunks.

A sequence fills whole chunks (the last one padded), so that states are reset only between chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import STEP_END
from chipassets.compose.controls import UNKNOWN
from chipassets.seeds import derive_rng
from chipassets.train.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Batch:
    """One chunk of every stream, time first.

    events, targets int32 [time, batch]; rows int32 [time, batch, groups]; mask float32
    [time, batch], 0 where padded; keep_state float32 [batch, 1], 0 where a sequence starts.
    """

    events: NDArray[np.int32]
    targets: NDArray[np.int32]
    rows: NDArray[np.int32]
    mask: NDArray[np.float32]
    keep_state: NDArray[np.float32]


@dataclass
class TrainingStream:
    """An endless stream of batches of the training part, in an order that the seed determines.

    `state` and `restore` continue it at the same place in another process.
    """

    dataset: Dataset
    batch_size: int
    chunk: int
    groups: tuple[int, ...]
    control_dropout: float
    seed: int
    epoch: int = 0
    _next: int = 0
    _places: list[tuple[int, int, int]] = field(default_factory=list)
    """Per stream: (epoch, index in that epoch's order, events consumed)."""
    _orders: dict[int, tuple[NDArray[np.int64], NDArray[np.bool_]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._members = np.flatnonzero(~self.dataset.is_eval)
        self._members = np.repeat(self._members, self.dataset.weights[self._members])
        if not self._places:
            self._places = [self._take() for _ in range(self.batch_size)]

    def state(self) -> dict[str, Any]:
        """Return the position of the stream, as JSON values."""
        return {"epoch": self.epoch, "next": self._next, "places": [list(p) for p in self._places]}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue at a position from `state`."""
        self.epoch, self._next = int(state["epoch"]), int(state["next"])
        self._places = [(int(e), int(i), int(n)) for e, i, n in state["places"]]

    def epochs_at(self, state: dict[str, Any]) -> float:
        """Return how many epochs of the training data had been returned when `state` was saved.

        A partly consumed sequence counts by the part that was returned.
        """
        begun = state["epoch"] * len(self._members) + state["next"]
        ahead = 0.0
        for epoch, index, done in state["places"]:
            order, _ = self._order(epoch)
            ahead += 1 - done / (len(self.dataset.sequence(int(order[index]))) - 1)
        return float(begun - ahead) / len(self._members)

    def next_batch(self) -> Batch:
        """Return the next chunk of every stream."""
        columns = [self._advance(stream) for stream in range(self.batch_size)]
        return _stack(columns, self.chunk, len(self.groups))

    def _order(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the order of an epoch, and the groups that are hidden in each of its sequences."""
        if epoch not in self._orders:
            rng = derive_rng(self.seed, "epoch", epoch)
            order = self._members[rng.permutation(len(self._members))]
            hidden = rng.random((len(order), len(self.groups))) < self.control_dropout
            self._orders = {e: o for e, o in self._orders.items() if e >= epoch - 1}
            self._orders[epoch] = (order, hidden)
        return self._orders[epoch]

    def _take(self) -> tuple[int, int, int]:
        """Return the epoch and place of the next member, and event 0.

        After the last member a new epoch begins.
        """
        if self._next == len(self._members):
            self.epoch, self._next = self.epoch + 1, 0
        self._next += 1
        return self.epoch, self._next - 1, 0

    def _advance(self, stream: int) -> tuple[NDArray[np.int16], NDArray[np.int16], bool]:
        """Return (events with the target of the last, rows, whether it continues) of one chunk."""
        epoch, index, done = self._places[stream]
        order, hidden = self._order(epoch)
        events = self.dataset.sequence(int(order[index]))
        piece = events[done : done + self.chunk + 1]
        rows = self.dataset.input_rows(int(order[index]), done, done + self.chunk)[:, self.groups]
        rows[:, hidden[index]] = UNKNOWN
        finished = done + self.chunk >= len(events) - 1
        self._places[stream] = self._take() if finished else (epoch, index, done + self.chunk)
        return piece, rows, done > 0


def _stack(
    columns: list[tuple[NDArray[np.int16], NDArray[np.int16], bool]], chunk: int, groups: int
) -> Batch:
    """Return the batch of the columns, padded with STEP_END to `chunk` events."""
    size = len(columns)
    events = np.full((chunk, size), STEP_END, dtype=np.int32)
    targets = np.full((chunk, size), STEP_END, dtype=np.int32)
    rows = np.full((chunk, size, groups), UNKNOWN, dtype=np.int32)
    mask = np.zeros((chunk, size), dtype=np.float32)
    keep = np.zeros((size, 1), dtype=np.float32)
    for stream, (piece, piece_rows, continues) in enumerate(columns):
        length = len(piece) - 1
        events[:length, stream], targets[:length, stream] = piece[:-1], piece[1:]
        rows[:length, stream] = piece_rows
        mask[:length, stream] = 1
        keep[stream] = continues
    return Batch(events, targets, rows, mask, keep)


def held_out_batches(
    dataset: Dataset, batch_size: int, chunk: int, groups: tuple[int, ...], limit: int | None = None
) -> Iterator[Batch]:
    """Yield the held-out part in chunks, similar lengths together, every event exactly once.

    `limit` takes that many sequences, evenly spread; batches are filled with empty columns.
    """
    held = np.flatnonzero(dataset.is_eval)
    if limit and limit < len(held):
        held = held[np.linspace(0, len(held) - 1, limit).astype(int)]
    members = sorted(held.tolist(), key=lambda m: len(dataset.sequence(m)))
    empty = (np.zeros(1, dtype=np.int16), np.zeros((0, len(groups)), dtype=np.int16))
    for first in range(0, len(members), batch_size):
        block = members[first : first + batch_size]
        longest = max(len(dataset.sequence(m)) for m in block) - 1
        for done in range(0, longest, chunk):
            columns = []
            for member in block:
                piece = dataset.sequence(member)[done : done + chunk + 1]
                rows = dataset.input_rows(member, done, done + chunk)[:, groups]
                columns.append((piece, rows, done > 0) if len(piece) > 1 else (*empty, True))
            columns += [(*empty, False)] * (batch_size - len(block))
            yield _stack(columns, chunk, len(groups))
