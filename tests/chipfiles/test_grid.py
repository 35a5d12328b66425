"""Patterns of trackers hold as many bars as phrases do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.chipfiles.grid import cut_patterns, row_grid
from tests.chipfiles.material import tune


@pytest.mark.parametrize(
    ("beats", "most", "rows"),
    [
        (4, 64, [64, 64, 16]),
        (3, 64, [48, 48, 12]),
        (3, 128, [96, 12]),
        (1.5, 64, [48, 6]),
        (3.5, 64, [56, 56, 14]),
        (5, 64, [40, 40, 40, 40, 20]),
        (4.5, 128, [72, 72, 18]),
    ],
)
def test_a_pattern_has_one_two_or_four_bars(beats: float, most: int, rows: list[int]) -> None:
    grid = row_grid(tune(9, 0), beats, 31)
    assert [len(pattern) for pattern in cut_patterns(grid, most)] == rows


@given(
    bars=st.integers(1, 20),
    start=st.integers(0, 19),
    beats=st.sampled_from([1.5, 2.0, 3.0, 3.5, 4.0, 5.0, 6.0]),
    millibpm=st.sampled_from([40_000, 90_000, 150_000]),
    most=st.sampled_from([16, 64, 256]),
)
def test_every_row_is_in_one_pattern_and_the_loop_begins_one(
    bars: int, start: int, beats: float, millibpm: int, most: int
) -> None:
    grid = row_grid(tune(bars, min(start, bars - 1), millibpm), beats, 31)
    patterns = cut_patterns(grid, most)
    assert [row for pattern in patterns for row in pattern] == list(range(len(grid.rows)))
    assert all(0 < len(pattern) <= most for pattern in patterns)
    assert grid.loop_row in [pattern.start for pattern in patterns]
