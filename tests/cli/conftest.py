"""A small game, and ways to run the command line."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path

import pytest

from chipassets.__main__ import main
from tests.conftest import session_folder, share_takes

# Commands load these when they build: tests/conftest.py replaces parts of them before that.
for _name in ("casting", "workers"):
    import_module(f"chipassets.production.{_name}")

MANIFEST = """\
game: Tiny Quest
seed: 3
motifs: {hero: "C5 - E5 . G5 D5 - -"}
defaults: {takes: 2, length: 4 bars}
tracks:
  town: {scene: town, primer: "C5 - E5 - G5 - - -"}
  fight: {key: D minor, motif: hero, scene: battle}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment() -> dict[str, str]:
    """The environment without a terminal's colours, so that output is plain text.

    Nor with unbuffered streams, as some machines have: what a command does not flush stays unseen.
    """
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return plain | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def hear_ctrl_c() -> None:
    """What a child does before it starts, to be interruptible wherever the tests run from.

    A shell lets what it runs in the background ignore Ctrl-C, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A folder with the manifest game.yaml."""
    (tmp_path / "game.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


@pytest.fixture
def chipassets_process(tmp_path: Path) -> Run:
    """Run `chipassets` with these arguments in the test's folder, in a process of its own."""

    def run(*arguments: str, folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chipassets", *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def chipassets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `chipassets` in this process, which saves the time in which an interpreter starts."""
    return _chipassets(tmp_path, monkeypatch)


def _chipassets(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, folder: Path = home) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["chipassets", *arguments])
        out, err, code = io.StringIO(), io.StringIO(), 0
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else bool(ended.code)
        return subprocess.CompletedProcess(sys.argv, code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the game was built; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "game.yaml").write_text(MANIFEST, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        share_takes(tmp_path_factory, patch)
        patch.setenv("CHIPASSETS_CACHE", str(session_folder(tmp_path_factory, "built_once")))
        result = _chipassets(folder, patch)("build", "game.yaml")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A folder of the test's own with manifest, lock and bundle (build/tiny-quest)."""
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    return tmp_path
