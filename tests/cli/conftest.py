"""A small game and a way to run the command line in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """\
game: Tiny Quest
seed: 3
defaults: {takes: 2, length: 4 bars}
tracks:
  town: {scene: town, primer: "C5 - E5 - G5 - - -"}
  fight: {scene: battle}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment() -> dict[str, str]:
    """The environment without a terminal's colours, so that output is plain text."""
    return os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A folder with the manifest game.yaml."""
    (tmp_path / "game.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


@pytest.fixture
def chipassets(tmp_path: Path) -> Run:
    """Run `chipassets` with these arguments in the test's folder."""

    def run(*arguments: str, folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chipassets", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the game was built; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "game.yaml").write_text(MANIFEST, encoding="utf-8")
    command = [sys.executable, "-m", "chipassets", "build", "game.yaml"]
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    return folder


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A folder of the test's own with manifest, lock and bundle (build/tiny-quest)."""
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    return tmp_path
