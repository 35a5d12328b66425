"""`instruments: {file: bank.yaml}`: instruments in a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipassets.errors import ManifestError
from chipassets.manifest import load_manifest
from chipassets.manifest.named import named_files

GAME = """game: G
instruments: {file: sounds/bank.yaml, mine: {volume: [15, 3]}}
tracks: {town: {instruments: {lead: horn, inner: mine}}}
"""
BANK = "horn:\n  volume: {values: [4, 9, 15, 12, 6], loop: 3, release: 4}\n  duty: [1]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "bank.yaml").write_text(BANK)
    return tmp_path


def problems(folder: Path, game: str = GAME) -> list[str]:
    path = folder / "g.yaml"
    path.write_text(game)
    with pytest.raises(ManifestError) as refused:
        load_manifest(path)
    return [
        f"{Path(p.where).relative_to(folder)}: {p.found}: {p.why}; {p.fix}"
        for p in refused.value.problems
    ]


def test_instruments_of_the_file_are_the_manifests(folder: Path) -> None:
    (folder / "g.yaml").write_text(GAME)
    manifest = load_manifest(folder / "g.yaml")
    assert list(manifest.instruments) == ["horn", "mine"]
    assert manifest.instruments["horn"].volume.release == 4
    assert folder / "sounds" / "bank.yaml" in named_files(folder / "g.yaml")


def test_an_instrument_may_be_called_file(folder: Path) -> None:
    (folder / "g.yaml").write_text(
        "game: G\ninstruments: {file: {volume: [9]}}\ntracks: {town: {instruments: {lead: file}}}\n"
    )
    assert list(load_manifest(folder / "g.yaml").instruments) == ["file"]


def test_a_mistake_in_the_file_is_reported_at_its_line(folder: Path) -> None:
    (folder / "sounds" / "bank.yaml").write_text("horn:\n  volume: [4, 99]\n  dutty: [1]\n")
    found = problems(folder)
    assert len(found) == 2, "the track names the refused instrument, and is right to"
    assert found[0].startswith("sounds/bank.yaml:2:15: horn volume 2 is 99: ")
    assert found[1].startswith("sounds/bank.yaml:3:3: the key 'dutty': ")
    assert "did you mean 'duty'" in found[1]


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("- horn\n", "sounds/bank.yaml:1:1", "a mapping of names to macros; write lines like horn"),
        ("Horn: {volume: [1]}\n", "sounds/bank.yaml:1:1", "a name becomes a file name"),
        ("horn: [1]\n", "sounds/bank.yaml:1:7", "an instrument is a mapping of macros"),
        ("horn: {volume: [1]\n", "sounds/bank.yaml:", ""),
        ("mine: {volume: [1]}\n", "g.yaml:2:21", "'mine' is in this file and in the manifest"),
        ("horn: {volume: [1]}\nhorn: {volume: [2]}\n", "sounds/bank.yaml:2:1", "in line 1 already"),
    ],
)
def test_a_bad_file_is_refused(folder: Path, text: str, where: str, why: str) -> None:
    (folder / "sounds" / "bank.yaml").write_text(text)
    found = [said for said in problems(folder) if said.startswith(where)]
    assert found
    assert why in found[0]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.yaml", "there is no such file"),
        ("../bank.yaml", "outside the manifest's folder"),
        ("bank.txt", "a file of instruments is YAML"),
    ],
)
def test_a_file_that_is_not_there_is_refused(folder: Path, name: str, why: str) -> None:
    found = problems(folder, GAME.replace("sounds/bank.yaml", name))
    assert found[0].startswith(f"g.yaml:2:21: the file of instruments '{name}': ")
    assert why in found[0]
