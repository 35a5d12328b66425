"""Forms fill the bars, and what returns comes from an earlier section of the same letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.form import loop_start_bar, parts_of, track_parts
from chipassets.music.forms import FORMS, FormPart, default_form, lay_out, natural_form
from tests.compose.conftest import MakePlan


def form(text: str) -> list[FormPart]:
    words = [word.partition(":") for word in text.split()]
    return [FormPart(name, int(bars) if bars else None) for name, _, bars in words]


def laid(text: str, bars: int) -> list[int]:
    return [section.bars for section in lay_out(form(text), bars)]


@given(
    st.integers(1, 300),
    st.booleans(),
    st.sampled_from(["", "town", "boss"]),
    st.floats(0, 1, exclude_max=True),
)
def test_sections_fill_the_bars_and_return_from_their_letter(
    bars: int, loops: bool, scene: str, draw: float
) -> None:
    parts = parts_of(default_form(bars, loops=loops, scene=scene, draw=draw))
    assert sum(part.section.bars for part in parts) == bars
    position = 0
    first_bar: dict[str, int] = {}
    for part in parts:
        section = part.section
        assert section.start_bar == position
        position += section.bars
        if part.returning_bars:
            assert part.source_bar == first_bar[part.letter]
            assert part.source_bar + part.returning_bars <= section.start_bar
            assert part.returning_bars <= section.bars
        first_bar.setdefault(part.letter, section.start_bar)


def test_sixteen_bars_are_four_phrases_with_a_contrast() -> None:
    parts = parts_of(default_form(16))
    assert [part.section.name for part in parts] == ["A", "A'", "B", "A'"]
    assert [part.returning_bars for part in parts] == [0, 3, 0, 3]
    assert [part.section.start_bar for part in parts] == [0, 4, 8, 12]


def test_short_pieces_are_one_section() -> None:
    for bars in (1, 2, 3):
        assert [section.bars for section in default_form(bars)] == [bars]
    assert [section.bars for section in default_form(4)] == [2, 2]
    assert [section.bars for section in default_form(4, loops=False)] == [4]
    assert len(default_form(8, loops=False)) == 2


def test_the_seed_draws_among_the_forms_of_a_scene() -> None:
    def names(scene: str) -> set[str]:
        forms = [default_form(16, scene=scene, draw=draw / 20) for draw in range(20)]
        return {" ".join(section.name for section in sections) for sections in forms}

    assert len(names("town")) > 1
    assert names("town") != names("boss")


@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=8), st.integers(0, 60), st.booleans())
def test_a_form_has_exactly_the_bars_asked_for(letters: list[str], more: int, intro: bool) -> None:
    parts = [FormPart(name) for name in (["intro"] if intro else []) + letters]
    sections = lay_out(parts, len(parts) + more)
    assert sum(section.bars for section in sections) == len(parts) + more
    assert all(section.bars >= 1 for section in sections)
    assert [section.name for section in sections] == [part.name for part in parts]


def test_open_sections_share_what_is_left() -> None:
    assert laid("intro A A B A'", 18) == [2, 4, 4, 4, 4]
    assert laid("intro A A B A'", 16) == [2, 4, 4, 2, 4]
    assert laid("A A' B A'", 15) == [4, 4, 2, 5]
    assert laid("intro:1 A:8 B A", 21) == [1, 8, 6, 6]


@pytest.mark.parametrize(
    ("text", "melodies", "lengths"),
    [
        ("intro A A B:8 outro", {}, [2, 4, 4, 8, 2]), ("A:8 B A'", {}, [8, 4, 8]),
        ("A:2 A' B", {}, [2, 2, 4]), ("A B A'", {"A": 8}, [8, 4, 8]),
        ("A B A'", {"A": 3, "B": 5}, [4, 5, 4]), ("A A' B", {"A'": 6}, [4, 6, 4]),
        ("A:6 B A'", {"A": 5}, [6, 4, 6]), ("intro A", {"intro": 1}, [2, 4]),
    ],
)  # fmt: skip
def test_without_a_length_what_returns_returns_whole_and_a_melody_has_its_bars(
    text: str, melodies: dict[str, int], lengths: list[int]
) -> None:
    assert [part.bars for part in natural_form(form(text), melodies)] == lengths


@pytest.mark.parametrize(
    ("text", "bars", "lengths"),
    [
        ("A A' B", 14, [4, 4, 6]), ("A A' B A", 18, [4, 4, 6, 4]), ("A B A'", 14, [4, 6, 4]),
        ("A B A'", 16, [6, 4, 6]), ("A A' B B' A'", 14, [2, 2, 4, 4, 2]), ("A A'", 10, [4, 6]),
        ("A A' A''", 8, [2, 2, 4]),
    ],
)  # fmt: skip
def test_sections_of_a_letter_are_equally_long_or_the_last_is_extended(
    text: str, bars: int, lengths: list[int]
) -> None:
    assert laid(text, bars) == lengths


@pytest.mark.parametrize(("text", "bars"), [("A B C", 2), ("A:4 B:4", 16), ("A:8 B", 8)])
def test_a_form_that_cannot_have_the_bars_is_refused(text: str, bars: int) -> None:
    with pytest.raises(ValueError, match="bars"):
        lay_out(form(text), bars)


def test_a_letter_returns_whole_and_a_prime_with_another_end(make_plan: MakePlan) -> None:
    plan = make_plan(bars=18, form=lay_out(form("intro A A B A'"), 18))
    parts = track_parts(plan)
    assert [part.returning_bars for part in parts] == [0, 0, 4, 0, 3]
    assert loop_start_bar(plan, parts) == 2
    assert loop_start_bar(make_plan(loops=False), parts) is None


def test_every_named_form_varies_only_what_stands_before() -> None:
    for named in FORMS.values():
        names = named.sections.split()
        for index, name in enumerate(names):
            assert name.rstrip("'") == name or name.rstrip("'") in names[:index]
        # A section said three times in a row is for those who write it.
        drawn = any(named.suits(scene) for scene in ("town", "boss"))
        assert drawn == (names[:3] != ["A", "A'", "A''"])


@pytest.mark.parametrize("bars", [16, 24, 32])
def test_something_new_comes_in_the_ninth_bar(bars: int) -> None:
    for scene in ("town", "boss"):
        for place in range(1, 200):
            sections = default_form(bars, scene=scene, draw=place / 200)
            ninth = next(s for s in sections if s.start_bar <= 8 < s.start_bar + s.bars)
            before = {s.name[0] for s in sections if s.start_bar < 8}
            if bars == 16 and len(sections) == 4:
                continue
            assert ninth.name[0] not in before, [s.name for s in sections]


def test_each_length_has_forms_for_every_scene() -> None:
    for bars in range(1, 150):
        for scene in ("town", "boss"):
            assert sum(s.bars for s in default_form(bars, scene=scene, draw=0.99)) == bars


@pytest.mark.parametrize(
    ("text", "bars", "lengths"),
    [
        ("intro A outro", 8, [2, 4, 2]),  # two bars each, and as many left for a letter
        ("intro A outro", 7, [1, 5, 1]),
        ("intro A", 6, [2, 4]),
        ("intro A", 5, [1, 4]),
    ],
)
def test_intro_and_outro_have_two_bars_where_a_letter_has_four(
    text: str, bars: int, lengths: list[int]
) -> None:
    assert laid(text, bars) == lengths
