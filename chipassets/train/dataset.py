"""A dataset: event sequences as small integers with their controls, split by piece.

One `.npz` without pickle: `events` int16 (all sequences joined), `offsets` int64 [n + 1],
`controls` int8 [n, groups] (column 0, the bar position, holds the metre's index instead, -1 for
none), `weights` int8 [n] (how often an epoch sees it), `is_eval` bool [n], `meta` (JSON).
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES, STEP_END
from chipassets.compose.controls import UNKNOWN
from chipassets.errors import UsageError
from chipassets.strictjson import loads
from chipassets.train import control_inputs as controls
from chipassets.train.arrays import read_arrays
from chipassets.train.metre import BAR_STEPS
from chipassets.train.whole import whole_file

DATASET_VERSION = 1
METRES = tuple(BAR_STEPS)


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

    def input_rows(self, index: int, first: int = 0, last: int | None = None) -> NDArray[np.int16]:
        """Return int16 [events - 1, groups]: the control rows of each input event, -1 unknown.

        The position is that of the step in which the next event falls. `first` and `last` ask for
        the rows of those events only.
        """
        return input_rows(self.sequence(index), self.controls[index], first, last)


def input_rows(
    events: NDArray[np.int16], row: NDArray[np.int8], first: int = 0, last: int | None = None
) -> NDArray[np.int16]:
    """Return the control rows int16 [events, groups] of a sequence with this control row.

    By default those of all inputs (all events but the last, which is never an input); `first` and
    `last` limit them.
    """
    inputs = events[:-1][first:last]
    rows = np.repeat(row[None, :].astype(np.int16), len(inputs), axis=0)
    if row[0] == UNKNOWN:
        return rows
    metre = METRES[row[0]]
    before = np.count_nonzero(events[:first] == STEP_END)
    steps = before + np.cumsum(inputs == STEP_END)
    rows[:, 0] = controls.position_row(metre, 0) + steps % BAR_STEPS[metre]
    return rows


def save_dataset(dataset: Dataset, path: Path) -> None:
    """Write the dataset for `load_dataset`, atomically."""
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
    with whole_file(path) as partial:
        partial.write_bytes(buffer.getvalue())


def load_dataset(path: Path) -> Dataset:
    """Return the dataset of a file; UsageError if it is invalid or has another vocabulary."""
    try:
        stored = read_arrays(path)
        meta = loads(stored["meta"].tobytes())
        dataset = Dataset(**{name: _column(stored, name) for name in _COLUMNS}, meta=meta)
        _check(dataset)
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"no {error}" if isinstance(error, KeyError) else error
        raise UsageError(
            f"{path} is not a polyphony dataset ({why}); make one with `chipassets train dataset`"
        ) from error
    return dataset


_COLUMNS = {
    "events": (np.int16, 1),
    "offsets": (np.int64, 1),
    "controls": (np.int8, 2),
    "weights": (np.int8, 1),
    "is_eval": (np.bool_, 1),
}
"""The type and the number of dimensions of each column."""


def _column(stored: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """Return an array of the file; ValueError if it has another type or number of dimensions."""
    kind, dimensions = _COLUMNS[name]
    column = stored[name]
    if column.dtype != kind or column.ndim != dimensions:
        raise ValueError(f"{name} is {column.dtype} in {column.ndim} dimensions")
    return column


def _check(dataset: Dataset) -> None:
    """Raise ValueError unless the columns agree and use this vocabulary."""
    meta = dataset.meta
    if not isinstance(meta, dict) or meta["chipassets_dataset"] != DATASET_VERSION:
        raise ValueError("written by another version")
    events, offsets = dataset.events, dataset.offsets
    if meta["event_classes"] != EVENT_CLASSES or not len(events):
        raise ValueError("of another vocabulary")
    if events.min() < 0 or events.max() >= EVENT_CLASSES:
        raise ValueError(f"an event beyond 0 to {EVENT_CLASSES - 1}")
    if len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != len(events):
        raise ValueError("its sequences do not fill its events")
    if (np.diff(offsets) < 2).any():
        raise ValueError("a sequence of fewer than two events")
    columns = (dataset.controls, dataset.weights, dataset.is_eval)
    if any(len(column) != len(dataset) for column in columns):
        raise ValueError("its columns disagree")
    if dataset.weights.min() < 0 or not 0 < dataset.is_eval.sum() < len(dataset):
        raise ValueError("nothing to train on, or nothing held out")
    _check_controls(dataset.controls)


def _check_controls(rows: NDArray[np.int8]) -> None:
    """Raise ValueError if a row has another number of controls, or a control an unknown label."""
    sizes = [len(METRES), *(len(group.labels) for group in controls.GROUPS[1:])]
    if rows.shape[1] != len(sizes):
        raise ValueError(f"{rows.shape[1]} controls instead of {len(sizes)}")
    if (rows < UNKNOWN).any() or (rows >= np.array(sizes)).any():
        raise ValueError("a control beyond its labels")
