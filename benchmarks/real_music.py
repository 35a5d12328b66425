"""What real game music measures: quantiles of each feature, and how far other values overlap them.

Measured with chipassets.metrics on 282 stretches of 16 bars of 4/4 (at most four a piece) from the
92 pieces of Freedoom that keep to the grid, cut to three voices. Freedoom's music is under the
BSD licence; only these numbers are here. The seam is left out: these stretches are no loops.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

PERCENTILES = (5, 25, 50, 75, 95)
_SHARES = (0.05, 0.2, 0.25, 0.25, 0.2, 0.05)

# By the names that takes give the features: mean, spread, and the values at `PERCENTILES`.
REAL: dict[str, tuple[float, float, tuple[float, ...]]] = {
    "density": (4.75, 2.10, (1.57, 3.33, 4.35, 5.88, 8.67)),
    "voices": (2.63, 0.37, (1.84, 2.43, 2.75, 2.92, 3.00)),
    "register": (66.39, 10.62, (47.0, 60.62, 68.0, 74.0, 80.0)),
    "on beat": (0.44, 0.14, (0.26, 0.33, 0.40, 0.52, 0.69)),
    "steps": (4.40, 3.10, (0.87, 2.29, 3.83, 5.51, 10.78)),
    "leaps": (0.15, 0.16, (0.0, 0.02, 0.09, 0.23, 0.51)),
    "unisons": (0.28, 0.23, (0.0, 0.08, 0.23, 0.39, 0.78)),
    "idle bars": (0.22, 0.27, (0.0, 0.0, 0.12, 0.38, 0.81)),
    "groove": (0.90, 0.11, (0.70, 0.86, 0.94, 0.99, 1.00)),
    "repeats": (0.26, 0.21, (0.0, 0.06, 0.25, 0.44, 0.56)),
    "range": (29.25, 14.88, (8.05, 18.25, 27.0, 40.75, 55.0)),
    "colour": (2.50, 0.44, (1.69, 2.33, 2.60, 2.78, 3.01)),
}


def overlap(values: Sequence[float], name: str) -> float | None:
    """Return the area that the values share with the real ones, 0..1; None if nobody measured it.

    Both are histograms whose bins end at the real quantiles; equal edges make one bin.
    """
    if name not in REAL or not values:
        return None
    edges = REAL[name][2]
    real: dict[int, float] = {}
    for place, share in enumerate(_SHARES):
        low = edges[place - 1] if place else float("-inf")
        key = bisect_right(edges, low)
        real[key] = real.get(key, 0.0) + share
    ours: dict[int, float] = {}
    for value in values:
        key = bisect_right(edges, value)
        ours[key] = ours.get(key, 0.0) + 1 / len(values)
    return sum(min(share, ours.get(key, 0.0)) for key, share in real.items())
