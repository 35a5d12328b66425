"""What the interval from one bar of the tune to the next is charged."""

from __future__ import annotations

import pytest

from chipassets.compose.following import join_cost
from chipassets.compose.tunebar import TuneBar

BEFORE = TuneBar((), (60, 64), "A", "plain", 0)


@pytest.mark.parametrize(
    ("size", "within", "opening"),
    [
        (2, 0.0, 0.0), (4, 0.2, 0.1), (6, 0.9, 0.45), (7, 0.5, 0.25), (9, 1.0, 0.5),
        (11, 2.5, 1.25), (12, 1.0, 0.5), (13, 2.5 + 0.7, 1.25 + 0.7), (16, 2.5 + 2.8, 1.25 + 2.8),
    ],
)  # fmt: skip
def test_a_leap_over_the_bar_line_costs_by_its_size(
    size: int, within: float, opening: float
) -> None:
    for first in (64 + size, 64 - size):
        assert join_cost(64, BEFORE, first, opens=False) == pytest.approx(within)
        assert join_cost(64, BEFORE, first, opens=True) == pytest.approx(opening)
    assert join_cost(None, BEFORE, 64, opens=False) == 0
