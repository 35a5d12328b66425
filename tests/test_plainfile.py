"""Pipes and devices in the place of files: nothing waits for them, and each reader says so."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chipassets.bundle import open_place, read_index
from chipassets.compose.weights import load_model
from chipassets.decisions.midi_voices import _content
from chipassets.errors import ChipassetsError
from chipassets.lock import lock_files, read_lock
from chipassets.manifest.named import named_files
from chipassets.plainfile import read_plain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")

READERS: dict[str, Callable[[Path], object]] = {
    "bundle.json": lambda path: read_index(path.parent),
    "bundle.json ": lambda path: open_place(path.parent, "Game"),
    "game.lock": lambda path: read_lock(path.with_suffix(".yaml")),
    "own.safetensors": load_model,
    "take.mid": lambda path: _content(path, path.name),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("special", ["pipe", "device"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, name: str, special: str) -> None:
    path = tmp_path / name.strip()
    if special == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ChipassetsError):
        READERS[name](path)


def test_a_pipe_beside_the_manifest_is_no_lock_of_another(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "game.lock")
    assert tmp_path / "game.lock" in lock_files(tmp_path / "game.yaml")


def test_no_more_bytes_than_the_limit_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abcdef")
    assert read_plain(tmp_path / "file") == b"abcdef"
    assert read_plain(tmp_path / "file", 2) == b"ab"


def test_pipes_beside_and_as_the_manifest_name_no_files(tmp_path: Path) -> None:
    game = tmp_path / "game.yaml"
    os.mkfifo(tmp_path / "bank.yaml")
    game.write_text("game: G\ninstruments: {file: bank.yaml}\ntracks: {a: {}}\n")
    assert named_files(game) == (tmp_path / "bank.yaml",)
    os.mkfifo(tmp_path / "other.yaml")
    assert named_files(tmp_path / "other.yaml") == ()
