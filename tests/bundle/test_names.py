"""A game's folder: its own letters, safe on all three systems, another for another game."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.bundle.names import default_folder, folder_name


@pytest.mark.parametrize(
    ("game", "name"),
    [
        ("Moon Garden", "moon-garden"),
        ("Legend of the Isle", "legend-of-the-isle"),
        ("Tiny", "tiny"),
        ("Zone 4", "zone-4"),
        ("Émile", "émile"),
        ("勇者の歌", "勇者の歌"),
        ("Принцесса", "принцесса"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_a_plain_title_is_its_own_folder_name(game: str, name: str) -> None:
    assert folder_name(game) == name
    assert folder_name(unicodedata.normalize("NFD", game)) == name
    assert default_folder(game) == Path("build") / name


@pytest.mark.parametrize(
    "games",
    [
        ("Quest", "Quest!", "Quest?", "QUEST", "quest", "Quest.", "Quest-"),
        ("Hero Song", "Hero  Song", "Hero-Song", "Hero_Song", "HeroSong", "hero song"),
        ("Strasse", "Straße"),
        ("Émile", "Emile", "ÉMILE"),
        ("勇者", "魔王", "勇者!"),
        ("Kelvin", "\uff2belvin"),
        ("A" * 100, "A" * 99, "A" + "a" * 99),
        ("\u00c5ngstrom", "A\u030angstro\u0308m"),
    ],
)
def test_other_games_have_other_folders(games: tuple[str, ...]) -> None:
    """Also where capital and small letters, or composed and decomposed ones, are the same."""
    folded = {
        unicodedata.normalize("NFKC", unicodedata.normalize("NFD", folder_name(game)).casefold())
        for game in games
    }
    assert len(folded) == len(games)


@pytest.mark.parametrize("game", ["Con", "Aux", "Nul", "Com1", "Lpt9", "Prn"])
def test_no_folder_has_the_name_of_a_windows_device(game: str) -> None:
    assert folder_name(game).startswith(f"{game.lower()}-")


@given(st.text(min_size=1, max_size=100))
def test_every_name_is_one_that_every_system_takes(game: str) -> None:
    name = folder_name(game)
    assert 1 <= len(name.encode()) <= 120
    assert not set(name) & set('<>:"/\\|?*. ')
    assert all(unicodedata.category(char)[0] in "LNM" or char == "-" for char in name)
    assert name == name.strip("-")
