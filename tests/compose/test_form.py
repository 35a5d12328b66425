"""Forms fill the bars, and what returns comes from an earlier section of the same letter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.form import default_form


@given(st.integers(1, 300))
def test_sections_fill_the_bars_and_return_from_their_letter(bars: int) -> None:
    parts = default_form(bars)
    assert sum(part.section.bars for part in parts) == bars
    position = 0
    first_bar: dict[str, int] = {}
    for part in parts:
        section = part.section
        assert section.start_bar == position
        position += section.bars
        letter = section.name.rstrip("'")
        if part.returning_bars:
            assert part.source_bar == first_bar[letter]
            assert part.source_bar + part.returning_bars <= section.start_bar
            assert part.returning_bars <= section.bars
        first_bar.setdefault(letter, section.start_bar)


def test_sixteen_bars_are_four_phrases_with_a_contrast() -> None:
    parts = default_form(16)
    assert [part.section.name for part in parts] == ["A", "A'", "B", "A'"]
    assert [part.returning_bars for part in parts] == [0, 3, 0, 3]
    assert [part.section.start_bar for part in parts] == [0, 4, 8, 12]


def test_short_pieces_are_one_section() -> None:
    for bars in (1, 2, 3):
        assert [part.section.bars for part in default_form(bars)] == [bars]
    assert [part.section.bars for part in default_form(4)] == [2, 2]
    assert [part.section.bars for part in default_form(4, loops=False)] == [4]
    assert len(default_form(8, loops=False)) == 2
