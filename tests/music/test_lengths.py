"""Plan, index, `show` and report say the same of how long a track is."""

from __future__ import annotations

import pytest

from chipassets.music.lengths import file_text, length_text


@pytest.mark.parametrize(
    ("bars", "loop_bars", "said"),
    [
        (12, 12, "12 bars, 24.0 s, all of them a loop"),
        (1, 1, "1 bar, 24.0 s, a loop"),
        (12, 8, "12 bars, 24.0 s: 4 bars of intro, then a loop of 8 from bar 5 on"),
        (9, 8, "9 bars, 24.0 s: 1 bar of intro, then a loop of 8 from bar 2 on"),
        (4, 0, "4 bars, 24.0 s, played once"),
    ],
)
def test_the_length_says_which_bars_repeat(bars: int, loop_bars: int, said: str) -> None:
    assert length_text(bars, 24.0, loop_bars) == said


def test_a_file_may_be_longer_than_a_plan_knows() -> None:
    assert file_text(13, 26.04) == "its file has 13 bars, 26.0 s"
    assert file_text(13, 26.04, at_least=True) == "its file has at least 13 bars, 26.0 s"
