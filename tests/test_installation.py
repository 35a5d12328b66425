"""A wheel in an empty folder: the extras that resolve anywhere, and the one that has a command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chipassets.errors import MissingExtraError
from chipassets.train.magenta_install import (
    COMMAND,
    MAGENTA,
    NEEDED,
    install_commands,
    need_magenta,
)

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]


def names(requirements: list[str] | tuple[str, ...]) -> set[str]:
    return {re.split(r"[<>=;\[ ]", one)[0].lower() for one in requirements}


def test_only_the_extra_magenta_asks_for_magenta() -> None:
    asking = {extra for extra, wanted in EXTRAS.items() if "magenta" in names(wanted)}
    assert asking == {"magenta"}
    assert MAGENTA in EXTRAS["magenta"]
    assert "tf-keras" not in names(EXTRAS["train"])


def test_the_command_installs_what_the_checkout_overrides() -> None:
    overrides = PROJECT["tool"]["uv"]["override-dependencies"]
    kept = [one for one in overrides if "python_version<'3'" not in one]
    pinned = names(kept) - {"mido", "numpy"}  # which the base install has
    assert pinned <= names(NEEDED)
    for one in kept:
        if names([one]) <= pinned:
            assert one in NEEDED


def test_what_is_missing_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=re.escape(COMMAND)):
        need_magenta("--mag")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingExtraError, match="uv on the path or pip"):
        install_commands()


def uv() -> str:
    found = shutil.which("uv")
    if found is None:
        pytest.skip("no uv on the path")
    return found


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=1500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(uv(), "build", "--wheel", "-o", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_extra_train_resolves_for_a_project_of_its_own(
    wheel: Path, tmp_path: Path, python: str
) -> None:
    (tmp_path / "wanted.txt").write_text(f"chipassets[demo,train] @ {wheel.as_uri()}\n")
    said = run(uv(), "pip", "compile", "--python-version", python, "wanted.txt", cwd=tmp_path)
    assert "tensorflow==" in said
    assert "magenta" not in names(said.split())


@pytest.mark.slow
def test_a_project_that_depends_on_the_extra_can_be_locked(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "game"\nversion = "1"\nrequires-python = ">=3.11,<3.14"\n'
        f'dependencies = ["chipassets[train] @ {wheel.as_uri()}"]\n'
    )
    run(uv(), "lock", cwd=tmp_path)
    assert 'name = "tensorflow"' in (tmp_path / "uv.lock").read_text()


@pytest.mark.slow
def test_a_wheel_builds_exports_and_gets_magenta_by_the_command(
    wheel: Path, tmp_path: Path
) -> None:
    run(uv(), "venv", "-q", "--python", sys.executable, "env", cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    run(uv(), "pip", "install", "-q", "--python", python, wheel, cwd=tmp_path)
    program = tmp_path / "env/bin/chipassets"
    (tmp_path / "game.yaml").write_text(
        "game: Empty Folder\nmodel: polyphony\nengines: [godot, web, love, unity]\n"
        "defaults: {takes: 1}\ntracks: {title: {length: 2 bars}}\n"
    )
    said = run(program, "build", "game.yaml", cwd=tmp_path)
    assert "engines/unity: " in said
    assert (tmp_path / "build/empty-folder/engines/godot/music/title.ogg.import").is_file()
    run(program, "doctor", "--install", "magenta", cwd=tmp_path)
    run(program, "build", "game.yaml", "-o", "reference", "--composer", "magenta", cwd=tmp_path)
    assert (tmp_path / "reference/audio/title.ogg").is_file()
