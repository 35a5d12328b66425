"""`chipassets set`: values as a manifest reads them, all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

MANIFEST = "game: A\r\ntracks:\r\n  on: {scene: town}\r\n  town: {mood: calm}  # c\r\n"


def run(folder: Path, chipassets: Run, *words: str) -> tuple[int, str, str]:
    path = folder / "game.yaml"
    path.write_bytes(MANIFEST.encode())
    found = chipassets("set", "game.yaml", *words)
    return found.returncode, found.stdout + found.stderr, path.read_bytes().decode()


@pytest.mark.parametrize(
    ("words", "said", "line"),
    [
        (("on", "tempo=131"), "tempo of on is 131", "on: {tempo: 131, scene: town}"),
        (("town", "seed=017"), "seed of town is 17", "town: {seed: 17, mood: calm}  # c"),
        (("town", "seed=0x1F"), "seed of town is 31", "town: {seed: 31, mood: calm}  # c"),
        (("town", "mood=tense,dark"), "mood of town is [tense, dark]", "{mood: [tense, dark]}"),
        (("town", "mood = [tense]"), "mood of town is [tense]", "town: {mood: [tense]}  # c"),
        (("town", "loop=false"), "loop of town is false", "town: {loop: false, mood: calm}"),
        (("town", "length=30 s"), "length of town is 30 s", '{length: "30 s", mood: calm}'),
        (("town", "mood=calm"), "mood of town is calm already", "town: {mood: calm}  # c"),
        (("town", "tempo=90", "seed=3"), "seed of town is 3", "{seed: 3, tempo: 90, mood: calm}"),
    ],
)
def test_a_value_is_read_as_a_manifest_reads_it(
    tmp_path: Path, chipassets: Run, words: tuple[str, ...], said: str, line: str
) -> None:
    code, output, text = run(tmp_path, chipassets, *words)
    assert code == 0, output
    assert said in output
    assert line in text
    assert text.count("\r\n") == text.count("\n") == 4


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("town", "length=1:30"), "a length is a number of bars"),
        (("town", "loop=no"), "the value is true or false; write false"),
        (("town", "layers=&a [*a]"), "anchors, aliases and << are not supported"),
        (("town", "mood=!!str calm"), "delete the tag"),
        (("town", "tempo=1e999"), "tempo is a number"),
        (("town", "tempo=.nan"), "tempo is a number"),
        (("town", "tempo="), "it has no value"),
        (("town", "mood=[calm"), "a list is not closed"),
        (("town", "mood=calm\nseed: 3"), "is not a plain value"),
        (("town", "tempo"), "is not a setting"),
        (("town", "=3"), "is not a setting"),
        (("town", "tempo=90", "loop=no"), "write false"),
        (("twon", "tempo=90"), "no track 'twon'"),
    ],
)
def test_what_a_manifest_refuses_changes_nothing(
    tmp_path: Path, chipassets: Run, words: tuple[str, ...], why: str
) -> None:
    code, output, text = run(tmp_path, chipassets, *words)
    assert (code, text) == (2, MANIFEST), output
    assert why in output
