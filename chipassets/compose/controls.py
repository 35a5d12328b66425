"""Control inputs of a model: rows of its first layer that describe the music beside the last event.

Each group (bar position, density, …) owns a run of rows after the 259 event rows. At most one row
of a group is active; none means "not given", which the model has met in training too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""In place of a row: the group is left open."""


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """A named group of rows: one per label, or one per bucket between `edges` (ascending).

    A value v falls into bucket k when edges[k-1] <= v < edges[k]; a bucketed group has
    len(edges) + 1 rows.
    """

    name: str
    labels: tuple[str, ...]
    edges: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"control group {self.name!r} needs labels, each of them once")
        if self.edges and len(self.edges) + 1 != len(self.labels):
            raise ValueError(f"control group {self.name!r} needs one edge fewer than labels")
        if any(high <= low for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError(f"the edges of control group {self.name!r} must rise")

    @property
    def size(self) -> int:
        """How many rows the group owns."""
        return len(self.labels)

    def row(self, label: str) -> int:
        """Return the row of a label within the group, or UNKNOWN when it has none."""
        return self.labels.index(label) if label in self.labels else UNKNOWN

    def bucket(self, value: float) -> int:
        """Return the row of a measured value; ValueError for a group without edges."""
        if not self.edges:
            raise ValueError(f"control group {self.name!r} has labels, not buckets")
        return bisect_right(self.edges, value)


def position_label(metre: str, step_in_bar: int) -> str:
    """Return the label of the group `position` for a 16th within a bar: `"3/4:11"`."""
    return f"{metre}:{step_in_bar}"


def bar_positions(
    groups: tuple[ControlGroup, ...], metre: str, steps_per_bar: int
) -> Callable[[NDArray[np.int64]], NDArray[np.int64]] | None:
    """Return a function from steps [rows] to rows [rows, groups] that give only the bar position.

    All other groups are not given. None without groups.
    """
    if not groups:
        return None
    table = np.full((steps_per_bar, len(groups)), UNKNOWN, np.int64)
    for column, group in enumerate(groups):
        if group.name == "position":
            labels = [position_label(metre, step) for step in range(steps_per_bar)]
            table[:, column] = [group.row(label) for label in labels]
    return lambda steps: table[steps % steps_per_bar]


def row_offsets(groups: tuple[ControlGroup, ...], first_row: int) -> tuple[int, ...]:
    """Return the kernel row at which each group starts, the first one at `first_row`."""
    offsets, row = [], first_row
    for group in groups:
        offsets.append(row)
        row += group.size
    return tuple(offsets)
