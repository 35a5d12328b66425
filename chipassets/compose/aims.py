"""Adapt the targets of a piece to the measures of music that it is to resemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chipassets.compose.piece import Targets
from chipassets.plan.trackplan import SoundsLike

# What takes of three scenes measure, by the aim that they were planned with (at 0, 0.25, 0.5, 0.75
# and 1): so an aim is found for what a file measures. Means of `benchmarks/likeness.py`.
_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
_SYNCOPATION = (0.097, 0.101, 0.136, 0.160, 0.192)
_SIXTEENTHS = (0.054, 0.071, 0.130, 0.201, 0.284)
_LEAPS = (0.064, 0.080, 0.085, 0.096, 0.116)
_CHANGES = (0.556, 0.584, 0.613, 0.778, 0.935)
_CHROMATIC = (0.048, 0.065, 0.100, 0.120, 0.131)
_STILL, _BUSY = 1.2, 7.0
"""Notes a beat at which a piece is as slow-paced, and as fast, as it gets."""


def with_aims(targets: Targets, like: SoundsLike | None, beats_per_bar: float) -> Targets:
    """Return the targets of a piece that is to resemble other music, adapted to its measures."""
    if like is None:
        return targets
    likeness = like.measures
    pace = np.log(max(likeness.density, _STILL) / _STILL) / np.log(_BUSY / _STILL)
    aims = replace(
        targets,
        pace=float(min(1.0, pace)),
        onsets=likeness.tune * beats_per_bar,
        syncopation=_aim(likeness.syncopation, _SYNCOPATION),
        sixteenths=_aim(likeness.sixteenths, _SIXTEENTHS),
        leaps=_aim(likeness.leaps, _LEAPS),
        span=float(np.clip(likeness.span, 9.0, 26.0)),
        values=float(np.clip(likeness.values, 1.2, 3.2)),
        changes=_aim(likeness.changes, _CHANGES),
        chromatic=_aim(likeness.outside, _CHROMATIC),
        drive=float(min(1.0, pace)),
    )
    kept = {
        name: getattr(targets, name) for name, measure in _MEASURES.items() if not like.has(measure)
    }
    return replace(aims, **kept)


_MEASURES = {
    "pace": "density", "drive": "density", "onsets": "tune", "syncopation": "syncopation",
    "sixteenths": "sixteenths", "leaps": "leaps", "span": "span", "values": "values",
    "changes": "changes", "chromatic": "outside",
}  # fmt: skip
"""The measure from which each aim follows."""


def _aim(measured: float, means: tuple[float, ...]) -> float:
    return float(np.interp(measured, means, _PLACES))
