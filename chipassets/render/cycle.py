"""What a voice repeats (a duty, a wave, the noise register's bits), stored as its changes.

A pulse has eight steps per period and changes twice; computing only changes is a quarter of the
work. Places count from the start of a passage; place p has the value p modulo the cycle's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Cycle:
    """A repeating row of values and its edges.

    The places whose value differs from the one before.
    """

    __slots__ = ("_edges_up_to", "edges", "heights", "length", "values")

    def __init__(self, row: Sequence[int] | Ints) -> None:
        array = np.asarray(row, dtype=np.int64)
        changes = array != np.roll(array, 1)
        self.length = len(array)
        self.values: list[int] = array.tolist()
        self.edges: Ints = np.flatnonzero(changes)
        self.heights: Ints = array[self.edges]
        self._edges_up_to: list[int] = np.cumsum(changes).tolist()

    def edges_up_to(self, place: int) -> int:
        """Return how many edges there are from place 0 to this one."""
        rounds, rest = divmod(place, self.length)
        return rounds * len(self.edges) + self._edges_up_to[rest]


@dataclass(frozen=True, slots=True)
class EdgeRun:
    """A range of one voice: the cycle's edges from `first` up to `stop`, scaled by `level`.

    Place p of the cycle is reached at clock `origin + p * period`.
    """

    cycle: Cycle
    first: int
    stop: int
    origin: int
    period: int
    level: int


def walk(
    edge_runs: Sequence[EdgeRun], starts: Sequence[tuple[int, int] | None]
) -> tuple[Ints, Ints]:
    """Return clocks and levels of all edges of the runs, each run after its start, if it has one.

    A start is the clock and the level with which an edge run begins; None if nothing changes there.
    """
    marked = np.array([start is not None for start in starts], dtype=np.int64)
    first = np.array([edge_run.first for edge_run in edge_runs], dtype=np.int64)
    stop = np.array([edge_run.stop for edge_run in edge_runs], dtype=np.int64)
    counts = stop - first + marked
    if not counts.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begins = np.cumsum(counts) - counts
    edge = np.arange(int(counts.sum())) + np.repeat(first - marked - begins, counts)
    place, height = _places(edge_runs, edge, counts)
    clocks = place * np.repeat(np.array([item.period for item in edge_runs]), counts)
    clocks += np.repeat(np.array([item.origin for item in edge_runs], dtype=np.int64), counts)
    levels = height * np.repeat(np.array([item.level for item in edge_runs]), counts)
    at = begins[marked > 0]
    if len(at):
        clocks[at], levels[at] = np.array([start for start in starts if start], dtype=np.int64).T
    return clocks, levels


def _places(edge_runs: Sequence[EdgeRun], edge: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return the places in the cycles of the numbered edges, and the values from there on."""
    cycles = list({id(edge_run.cycle): edge_run.cycle for edge_run in edge_runs}.values())
    if len(cycles) == 1 and len(cycles[0].edges):
        (cycle,) = cycles
        rounds = edge // len(cycle.edges)
        within = edge - rounds * len(cycle.edges)
        return rounds * cycle.length + cycle.edges.take(within), cycle.heights.take(within)
    # A cycle that never changes gets an edge that no edge run reaches.
    sizes = np.array([max(len(cycle.edges), 1) for cycle in cycles], dtype=np.int64)
    edges = np.concatenate([cycle.edges if len(cycle.edges) else [0] for cycle in cycles])
    heights = np.concatenate([cycle.heights if len(cycle.edges) else [0] for cycle in cycles])
    number = {id(cycle): place for place, cycle in enumerate(cycles)}
    which = np.repeat(np.array([number[id(edge_run.cycle)] for edge_run in edge_runs]), counts)
    size = int(sizes[0]) if (sizes == sizes[0]).all() else sizes[which]
    rounds = edge // size
    within = edge - rounds * size + (np.cumsum(sizes) - sizes)[which]
    lengths = np.array([cycle.length for cycle in cycles], dtype=np.int64)
    return rounds * lengths[which] + edges.take(within), heights.take(within)
