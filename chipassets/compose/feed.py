"""Fill the model's control groups from the track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.controls import UNKNOWN, ControlGroup, position_label
from chipassets.compose.state import State
from chipassets.compose.weights import Model
from chipassets.plan.trackplan import TrackPlan

STYLE = "game"


class ControlFeed:
    """The control rows [rows, groups] of the next event of each row.

    density, polyphony: [rows, steps], the target of each row of the batch. Groups that are unknown
    here are not given.
    """

    def __init__(
        self,
        model: Model,
        track: TrackPlan,
        density: NDArray[np.float32],
        polyphony: NDArray[np.float32],
    ) -> None:
        metre = track.metre
        steps_per_bar = track.steps_per_bar
        self._rows = np.full((density.shape[0], len(model.controls)), UNKNOWN, np.int64)
        self._changing: list[tuple[int, NDArray[np.int64]]] = []
        self._all = np.arange(density.shape[0])
        self._positions: list[tuple[int, NDArray[np.int64]]] = []
        for column, group in enumerate(model.controls):
            if group.name == "position":
                rows = [group.row(position_label(metre, step)) for step in range(steps_per_bar)]
                self._positions.append((column, np.array(rows, np.int64)))
            elif group.name == "density":
                self._changing.append((column, _buckets(group, density)))
            elif group.name == "polyphony":
                self._changing.append((column, _buckets(group, polyphony)))
            elif group.name == "mode":
                self._rows[:, column] = group.row("minor" if track.key.is_minor else "major")
            elif group.name == "style":
                self._rows[:, column] = group.row(STYLE)

    def __call__(self, state: State) -> NDArray[np.int64]:
        """Return the rows for the next event; the array is overwritten by the next call."""
        for column, rows in self._positions:
            self._rows[:, column] = rows[state.step % rows.size]
        for column, table in self._changing:
            self._rows[:, column] = table[self._all, np.minimum(state.step, table.shape[1] - 1)]
        return self._rows


def _buckets(group: ControlGroup, values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the group's row for each of the values [rows, steps], few of which differ."""
    known = {value: group.bucket(value) for value in np.unique(values).tolist()}
    return np.array([[known[value] for value in row] for row in values.tolist()], np.int64)
