"""No text whatever makes loading raise anything but ManifestError, and no problem lacks a place."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from chipassets.errors import ManifestError, Problem
from chipassets.manifest import parse_manifest
from chipassets.manifest.models import Track
from chipassets.resolve.build_plan import resolve

DEMO = (Path(__file__).parents[2] / "manifests" / "demo.yaml").read_text(encoding="utf-8")

WORD_LIST = """
game seed chip nes model default formats ogg scenes like defaults tracks battle boss cave scene mood
moods dread density register calm primer melody pitches midi length tempo min max metre 3/4 key
Am takes loop temperature
inject_primer true yes ~ 16 -1 1e999 .nan 'x' C5 . - : , [ ] { } & * ! | > % @ # << ? --- ...
"""
WORDS = st.sampled_from(WORD_LIST.split())
SPACES = st.sampled_from([" ", "\n", "\n  ", "\n    ", ": ", "\n- ", "", "\t", "\r\n"])
YAMLISH = st.lists(st.tuples(WORDS, SPACES), max_size=40).map(
    lambda parts: "game: A\ntracks:\n  " + "".join(word + space for word, space in parts)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def check(data: bytes) -> None:
    try:
        manifest = parse_manifest(data, Path("game.yaml"))
    except ManifestError as error:
        check_problems(error.problems)
    else:
        assert resolve(manifest).tracks


def check_problems(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        assert re.fullmatch(r"game\.yaml:[1-9]\d*:[1-9]\d*", problem.where), problem
        assert all((problem.found, problem.why, problem.fix)), problem
        assert "\n" not in str(problem)


@given(st.text())
@example("?\n")
@example("- ")
@example("{")
@example("'\n---")
def test_any_text_is_read_or_refused_as_a_manifest(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@given(st.binary())
def test_any_bytes_are_read_or_refused_as_a_manifest(data: bytes) -> None:
    check(data)


@given(YAMLISH)
def test_any_yaml_is_read_or_refused_as_a_manifest(text: str) -> None:
    check(text.encode())


@given(st.integers(0, len(DEMO) - 1), st.integers(0, 12), st.text(max_size=3) | WORDS)
def test_any_small_change_of_a_valid_manifest_is_read_or_refused(
    start: int, length: int, put: str
) -> None:
    text = DEMO[:start] + put + DEMO[start + length :]
    check(text.encode("utf-8", "surrogatepass"))


KEYS = sorted(Track.model_fields)


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_of_any_option_is_read_or_refused(key: str, value: object) -> None:
    text = json.dumps({"game": "A", "tracks": {"battle": {key: value}}})
    check(text.replace("NaN", ".nan").replace("Infinity", ".inf").encode())
