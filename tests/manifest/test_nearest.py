"""Unknown names are answered with the nearest one, wherever a manifest has names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chipassets.chips.profiles import CHIPS
from chipassets.compose.reroll import REROLLED
from chipassets.manifest import manifest_schema
from chipassets.nearest import OTHER_WORDS, did_you_mean, nearest
from tests.manifest.conftest import Refuse

HEAD = "game: A\ntracks: {town: {form: A B A}}\n"


def _definitions() -> dict[str, Any]:
    found: dict[str, Any] = manifest_schema()
    return found


def _enumerations() -> Iterator[tuple[str, str]]:
    """Yield each key of a track that takes words of a list, with each of these words."""
    for key, schema in _definitions()["$defs"]["Track"]["properties"].items():
        forms = [schema]
        while forms:
            form = forms.pop()
            reference = form.get("$ref", "").rpartition("/")[2]
            forms += form.get("anyOf", [])
            forms += [_definitions()["$defs"][reference]] if reference else []
            for word in form.get("enum", ()):
                if isinstance(word, str) and (key != "filter" or word in CHIPS["nes"].filters):
                    yield key, word


def _all_names() -> set[str]:
    """Return every key and listed word of the schema, the chips' voices, and the parts of takes."""
    names = {spec.name for chip in CHIPS.values() for spec in chip.voices} | {*REROLLED}
    todo: list[Any] = [_definitions()]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            names |= set(item.get("properties", ()))
            names |= {str(word) for word in item.get("enum", ())}
            todo += item.values()
        elif isinstance(item, list):
            todo += item
    return names | {"lead", "inner", "bass", "drums", "reed", "pad", "brass", "pluck"}


@pytest.mark.parametrize(("key", "word"), sorted(set(_enumerations())))
def test_a_misspelt_word_of_any_key_is_answered_with_the_nearest(
    refuse: Refuse, key: str, word: str
) -> None:
    half = len(word) // 2
    wrong = f"{word[:half]}q{word[half:]}"
    problems = refuse(HEAD.replace("form:", f"{key}: '{wrong}', form:"))
    said = " ".join(problem.fix for problem in problems)
    assert "did you mean" in said, said


def test_the_enumerations_are_found() -> None:
    keys = {key for key, _word in _enumerations()}
    assert {"texture", "bass", "drums", "scene", "mood", "ending", "variant", "metre"} <= keys


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("texture: [duet]", "write duet"),
        ("texture: [duett]", "did you mean 'duet'?"),
        ("texture: {A: duet}", "the textures are"),
        ("avoid: [jumps]", "did you mean 'leaps'?"),
        ("drums: off", "did you mean 'none'?"),
        ("dynamics: loud", "did you mean 'f'?"),
        ("metre: 4/5", "did you mean '4/4'?"),
        ("mood: happy", "did you mean 'bright'?"),
        ("variant: danger", "did you mean 'low_health'?"),
        ("bpm: 120", "did you mean 'tempo'?"),
        ("tempoo: 120", "did you mean 'tempo'? the manifest reference"),
        ("polyphony: 2-3", "define a mood under moods:"),
        ("tempo: fast", "write a number like 120, or a range like 120-140"),
        ("form: A Intor", "did you mean 'intro'?"),
    ],
)
def test_a_synonym_is_answered_with_the_name_that_is_meant(
    refuse: Refuse, said: str, fix: str
) -> None:
    (problem,) = refuse(f"game: A\ntracks: {{town: {{{said}}}}}\n")
    assert fix in problem.fix
    assert len(problem.fix) < 250


def test_a_key_of_tracks_at_the_top_is_sent_to_the_defaults(refuse: Refuse) -> None:
    (problem,) = refuse("game: A\ntempo: 120\ntracks: {town: }\n")
    assert "under defaults:" in problem.fix


def test_an_unknown_key_does_not_print_every_key(refuse: Refuse) -> None:
    (problem,) = refuse("game: A\ntracks: {town: {xyzzy: 1}}\n")
    assert problem.fix.count(",") < 8
    assert "docs/manifest.md" in problem.fix


def test_other_words_lead_to_names_that_there_are() -> None:
    names = _all_names()
    gone = {word: meant for word, meant in OTHER_WORDS.items() if not set(meant) <= names}
    assert not gone


@pytest.mark.parametrize(
    ("word", "names", "found"),
    [
        ("Rock", ("rock", "march"), "rock"),
        ("game over", ("game_over", "title"), "game_over"),
        (["duett"], ("duet",), "duet"),
        (True, ("true", "false"), None),
        ({"a": 1}, ("a",), None),
        ("", ("a",), None),
        ("jumps", ("leaps",), "leaps"),
        ("jumps", ("march",), None),
        ("a" * 100_000, ("a" * 60,), "a" * 60),
    ],
)
def test_the_nearest_name_ignores_capitals_and_knows_synonyms(
    word: object, names: tuple[str, ...], found: str | None
) -> None:
    assert nearest(word, names) == found


def test_of_many_names_the_nearest_are_listed() -> None:
    names = [f"level_{number}" for number in range(1000)]
    said = did_you_mean("levle_77", names, "tracks")
    assert said.startswith("did you mean 'level_77'? there are 1000 tracks, among them level_77")
    assert len(said) < 150
