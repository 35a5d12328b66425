"""Phrases for the critic: cut from pieces, and spoiled in known ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chipassets.compose.part_context import FIRST_NOTE, HOLD, REST, sounding
from chipassets.train.critic_phrases import PERSON, SPOILINGS, Phrase, phrases_of, spoiled
from chipassets.train.parts_reading import read_piece
from tests.train.test_parts import _line, _midi, _song


@pytest.fixture
def phrases(tmp_path: Path) -> list[Phrase]:
    """The first phrases of two pieces."""
    other = _song() | {"pulse 1": _line([81, 79, 78, 76, 74, 73, 74, 76] * 4, 2)}
    other["triangle"] = _line([50, 57] * 8, 4)
    rng = np.random.default_rng(1)
    pieces = [
        read_piece(_midi(tmp_path / f"{name}.mid", song), {})
        for name, song in (
            ("a", _song() | {"triangle": _line([50, 43, 45, 50] * 4, 4)}),
            ("b", other),
        )
    ]
    return [phrases_of(piece, PERSON, rng)[0] for piece in pieces]


def test_a_phrase_is_four_bars_with_chords(phrases: list[Phrase]) -> None:
    first = phrases[0]
    assert {len(tokens) for tokens in first.voices.values()} == {64}
    assert len(first.root) == len(first.quality) == 8
    assert set(first.voices) == {"lead", "bass", "inner"}


@pytest.mark.parametrize("kind", SPOILINGS)
def test_a_spoiled_phrase_differs_from_its_original(phrases: list[Phrase], kind: str) -> None:
    first, other = phrases
    rng = np.random.default_rng(3)
    result = spoiled(first, other, rng, kind)
    assert result.kind == kind
    changed = any((result.voices[role] != first.voices[role]).any() for role in first.voices)
    assert changed or (result.root != first.root).any()
    for tokens in result.voices.values():
        silent = sounding(tokens) < 0
        assert not (tokens[silent] == HOLD).any() or kind == "flat rhythm"


def test_each_spoiling_changes_what_it_says(phrases: list[Phrase]) -> None:
    first, other = phrases
    rng = np.random.default_rng(4)
    bass = spoiled(first, other, rng, "transposed bass")
    assert (bass.voices["lead"] == first.voices["lead"]).all()
    moved = bass.voices["bass"][first.voices["bass"] >= FIRST_NOTE]
    assert len(set((moved - first.voices["bass"][first.voices["bass"] >= FIRST_NOTE]) % 12)) == 1
    flat = spoiled(first, other, rng, "flat rhythm").voices["lead"]
    assert len(set(np.diff(np.flatnonzero(flat >= FIRST_NOTE)).tolist())) == 1
    chords = spoiled(first, other, rng, "wrong chords")
    assert (chords.root[first.root >= 0] != first.root[first.root >= 0]).all()
    assert (chords.voices["lead"] == first.voices["lead"]).all()


def test_silent_pieces_give_no_phrase(tmp_path: Path) -> None:
    song = _song() | {"pulse 1": [(0, 4, 74), *_line([76] * 6, 4, 64)]}
    piece = read_piece(_midi(tmp_path / "a.mid", song), {})
    assert piece.lead is not None
    assert (piece.lead[8:64] == REST).all()
    assert phrases_of(piece, PERSON, np.random.default_rng(1)) == []
