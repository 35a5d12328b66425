"""Advice repeats what the file says, not what its reader made of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from tests.manifest.conftest import Load, Refuse, write_midi

TRACKS = "\ntracks: {town: }\n"


@pytest.mark.parametrize(
    ("line", "found", "fix"),
    [
        ("game: 1.10", "game is 1.10", 'write it in quotes: "1.10"'),
        ("game: 007", "game is 007", 'write it in quotes: "007"'),
        ("game: 0x1F", "game is 0x1F", 'write it in quotes: "0x1F"'),
        ("game: 1e3", "game is 1e3", 'write it in quotes: "1e3"'),
        ("game: True", "game is True", 'write it in quotes: "True"'),
        ("game: +5", "game is +5", 'write it in quotes: "+5"'),
        ("game: .inf", "game is .inf", 'write it in quotes: ".inf"'),
        ("game: [a]", "game is [a]", "write it in one line, without brackets and keys"),
        ("game: {a: b}", "game is {a: b}", "write it in one line, without brackets and keys"),
        ("game: A\nauthor: 2.50", "author is 2.50", 'write it in quotes: "2.50"'),
        ("game: A\nchip: 1.0", "chip is 1.0", None),
        ("game: A\nseed: 1.50", "seed is 1.50", None),
        (
            "game: A\ndefaults: {length: 1.50}",
            "length of the defaults is 1.50",
            "write the unit too: 1.50 bars, 1.50 s or 1.50 steps",
        ),
        (
            "game: A\ndefaults: {tempo: '120.50 bpm'}",
            "tempo of the defaults is '120.50 bpm'",
            "write just 120.50, without quotes and unit",
        ),
        ("game: A\ndefaults: {temperature: 07.10}", "temperature of the defaults is 07.10", None),
        ("game: A\ndefaults: {mood: [calm, 1.10]}", "mood 2 of the defaults is 1.10", None),
        (
            "game: A\ndefaults: {tempo: {min: 140.50, max: 1e2}}",
            "tempo of the defaults is {min: 140.50, max: 1e2}",
            "exchange the two",
        ),
        (
            f"game: [{'a, ' * 999}a]",
            "game is [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a…",
            "write it in one line, without brackets and keys",
        ),
        (
            "game: A\ndefaults: {mood: [[[[[[calm]]]]]]}",
            "mood 1 of the defaults is [[[[[…]]]]]",
            None,
        ),
        ("game: A\ndefaults: {mood: [[calm]]}", "mood 1 of the defaults is [calm]", None),
    ],
)
def test_numbers_stay_as_they_are_written(
    refuse: Refuse, line: str, found: str, fix: str | None
) -> None:
    (problem,) = refuse(line + TRACKS)
    assert problem.found == found
    assert fix is None or problem.fix == fix
    assert "\0" not in str(problem)


def test_an_invalid_truth_value_is_reported_as_written(refuse: Refuse) -> None:
    (problem,) = refuse("game: A\ntracks: {town: {loop: 1.10}}\n")
    assert problem.why == "1.10 is neither true nor false"


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("named", ["NFC", "NFD"])
def test_a_file_is_found_however_its_accents_are_composed(
    load: Load,
    refuse: Refuse,
    tmp_path: Path,
    stored: Literal["NFC", "NFD"],
    named: Literal["NFC", "NFD"],
) -> None:
    folder = tmp_path / unicodedata.normalize(stored, "thèmes")
    folder.mkdir()
    write_midi(folder / unicodedata.normalize(stored, "héros ガ.mid"), [(0, 480, 60)])
    name = unicodedata.normalize(named, "thèmes/héros ガ.mid")
    text = "game: A\ntracks: {{town: {{length: 4 bars, primer: {{midi: {}}}}}}}\n"
    assert load(text.format(name)).tracks["town"].primer is not None
    (problem,) = refuse(text.format(name.replace("ros", "rso")))
    assert "did you mean" in problem.fix


@pytest.mark.parametrize("part", ["tracks: {town: {%s}}", "defaults: {%s}\ntracks: {town: }"])
def test_intro_as_a_key_is_answered_with_the_form(load: Load, refuse: Refuse, part: str) -> None:
    (problem,) = refuse(f"game: A\n{part % 'intro: 2 bars'}\n")
    assert (problem.found, problem.why) == ("the key 'intro'", "an intro is a part of the form")
    assert problem.fix == "write one like form: intro:2 A:8"
    load("game: A\n" + part % 'form: "intro:2 A:8"' + "\n")
