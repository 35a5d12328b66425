"""The time of day: how light it is, and what colour the light has."""

from __future__ import annotations

from itertools import pairwise

from demo_game.clock import STEPS_PER_SECOND
from demo_game.palette import Colour

DAY_STEPS = 100 * STEPS_PER_SECOND
"""A day of the isle lasts 100 seconds, so that a game sees two or three nights."""

_HOURS: tuple[tuple[float, Colour, float], ...] = (
    (0.00, (255, 214, 190), 0.6),
    (0.06, (255, 255, 255), 1.0),
    (0.44, (255, 255, 255), 1.0),
    (0.52, (255, 186, 138), 0.6),
    (0.60, (112, 104, 176), 0.1),
    (0.66, (82, 94, 166), 0.0),
    (0.88, (82, 94, 166), 0.0),
    (0.95, (150, 126, 178), 0.2),
    (1.00, (255, 214, 190), 0.6),
)
"""From sunrise to sunrise: the share of the day, the colour of the light, how bright it is."""


def light_at(steps: int) -> tuple[Colour, float]:
    """Return the colour that everything is seen in, and how light it is: 1 by day, 0 at night."""
    share = steps % DAY_STEPS / DAY_STEPS
    for (start, before, dim), (end, after, bright) in pairwise(_HOURS):
        if share <= end:
            done = (share - start) / (end - start)
            red, green, blue = (
                round(a + (b - a) * done) for a, b in zip(before, after, strict=True)
            )
            return (red, green, blue), dim + (bright - dim) * done
    return _HOURS[-1][1], _HOURS[-1][2]


def is_night(steps: int) -> bool:
    """Whether lamps are lit."""
    return light_at(steps)[1] < 0.4
