"""Titles in formats that hold few letters of ASCII."""

from __future__ import annotations

import pytest

from chipassets.chipfiles.text import fit_fields


@pytest.mark.parametrize(
    ("game", "title", "written"),
    [
        ("Tiny Quest", "town", "Tiny Quest: town"),
        ("The Very Long Name of a Game of Ours", "final_battle", "The Very Long Nam: final_battle"),
        ("The Very Long-Name", "a_track_with_a_long_name", "The V: a_track_with_a_long_name"),
        ("A: B", "a_track_with_the_longest_n", "A: a_track_with_the_longest_n"),
        ("Quest", "a_track_whose_name_alone_is_32_lon", "a_track_whose_name_alone_is_32_"),
        ("Quest", "a_track_whose_name_alone_is_29", "a_track_whose_name_alone_is_29"),
        ("ゆめのしま", "town", "town"),
        ("夢 Émile", "town", "? Emile: town"),
        ("", "town", "town"),
    ],
)
def test_of_a_title_too_long_the_games_name_is_cut(game: str, title: str, written: str) -> None:
    fields, dropped = fit_fields({"title": title}, 31, "NSF", game=game)
    assert fields == {"title": written}
    asked = f"{game}: {title}" if game else title
    assert bool(dropped) == (written != asked)
    assert all(repr(asked) in item.reason and repr(written) in item.reason for item in dropped)
