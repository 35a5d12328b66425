"""What people's pieces measure, and how far a set of pieces is from them.

The numbers beside this file were measured on 404 transcribed pieces of game music for the NES by
`music_features`: of each feature the mean and the standard deviation, and of the standardised
features the covariances. They are statistics alone. A user's own table may take their place.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).with_name("music_targets.csv")
_HALF = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Targets:
    """Of each feature the mean and the standard deviation [k]; covariances [k, k], standardised."""

    names: tuple[str, ...]
    mean: Floats
    sd: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far a set is: distances of the means in standard deviations and ratios of spreads, by
    name; the share of features within half a standard deviation; the median ratio; the Fréchet
    distance, NaN for fewer than two pieces (and too large for fewer than about a hundred).
    """

    off: Mapping[str, float]
    spreads: Mapping[str, float]
    within_half: float
    median_spread: float
    frechet: float


def read_targets(path: Path | None = None) -> Targets:
    """Return the targets of a table of pieces, one a row under the features' names; else our own.

    ValueError for a table without a row.
    """
    if path is None:
        return _read_own()
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    if not rows:
        raise ValueError(f"{path} has no piece: under the names of features each row is one")
    values = np.array([[float(cell or "nan") for cell in row] for row in rows])
    mean, sd = _moments(values)
    standard = np.nan_to_num((values - mean) / sd)
    return Targets(tuple(names), mean, sd, np.atleast_2d(np.cov(standard.T)))


def _read_own() -> Targets:
    with TABLE.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows])
    return Targets(tuple(row[0] for row in rows), numbers[:, 0], numbers[:, 1], numbers[:, 2:])


def write_table(targets: Targets, path: Path) -> None:
    """Write targets as `read_targets` reads our own."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["feature", "mean", "sd", *targets.names])
        for index, name in enumerate(targets.names):
            row = [targets.mean[index], targets.sd[index], *targets.covariance[index]]
            writer.writerow([name, *(f"{value:.4g}" for value in row)])


def nearness(pieces: Sequence[Mapping[str, float]], targets: Targets) -> Nearness:
    """Return how near a set of pieces, each its features by name, is to the targets."""
    values = np.array([[piece[name] for name in targets.names] for piece in pieces])
    mean, sd = _moments(values)
    off = (mean - targets.mean) / targets.sd
    spreads = sd / targets.sd
    standard = np.nan_to_num((values - targets.mean) / targets.sd)
    enough = len(pieces) > 1
    return Nearness(
        dict(zip(targets.names, off.tolist(), strict=True)),
        dict(zip(targets.names, spreads.tolist(), strict=True)),
        float(np.mean(np.abs(off) <= _HALF)),
        float(np.median(spreads)),
        _frechet(targets.covariance, standard) if enough else float("nan"),
    )


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each column, without what could not be measured."""
    known = ~np.isnan(values)
    count = np.maximum(1, known.sum(axis=0))
    mean = np.where(known, values, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)
    return mean, spread + 1e-9


def _frechet(covariance: Floats, standard: Floats) -> float:
    """Return |m|² + trace(A + B - 2 (√A B √A)^½) of the set against mean 0 and covariance A."""
    ridge = 1e-6 * np.eye(len(covariance))
    own, theirs = covariance + ridge, np.cov(standard.T) + ridge
    root = _root(own)
    mixed = _root(root @ theirs @ root)
    mean = standard.mean(axis=0)
    return float(mean @ mean + np.trace(own) + np.trace(theirs) - 2 * np.trace(mixed))


def _root(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
