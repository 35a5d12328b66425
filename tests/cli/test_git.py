"""A bundle in version control: git leaves its bytes alone, on Windows too."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from chipassets.runtime import Library
from chipassets.runtime.tracks import LibraryError
from tests.cli.conftest import Run

BUNDLE = "build/tiny-quest"


def git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "core.autocrlf=true")
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_checkout_with_other_line_ends_verifies(
    built: Path, chipassets: Run, tmp_path: Path
) -> None:
    git(built, "init", "-q")
    git(built, "add", ".")
    git(built, "commit", "-q", "-m", "a")
    git(built, "clone", "-q", "-c", "core.autocrlf=true", ".", "there")
    assert b"\r\n" in (built / "there/game.yaml").read_bytes(), "git changes what it may change"
    assert chipassets("verify", f"there/{BUNDLE}").returncode == 0
    assert (built / "there" / BUNDLE / "bundle.json").read_bytes() == (
        built / BUNDLE / "bundle.json"
    ).read_bytes()


def test_pointers_of_git_lfs_are_told_of_and_never_exported(
    built: Path, chipassets: Run, tmp_path: Path
) -> None:
    """What a clone without the large files has in the place of each."""
    path = built / BUNDLE / "audio/town.ogg"
    data = path.read_bytes()
    path.write_text(
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(data).hexdigest()}\nsize {len(data)}\n"
    )
    found = chipassets("verify", BUNDLE)
    hint = "is a pointer of Git LFS, not the file; run: git lfs pull"
    assert (found.returncode, found.stdout) == (1, f"audio/town.ogg: {hint}\n")
    exported = chipassets("export", BUNDLE, "love", "-o", "game")
    assert exported.returncode == 5
    assert hint in exported.stderr
    assert not (built / "game").exists()
    with pytest.raises(LibraryError, match="run: git lfs pull"):
        Library.open(built / BUNDLE)


def test_an_altered_file_is_not_exported(built: Path, chipassets: Run) -> None:
    path = built / BUNDLE / "audio/town.ogg"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    exported = chipassets("export", BUNDLE, "love", "-o", "game")
    assert exported.returncode == 5
    assert "audio/town.ogg: content changed since the build" in exported.stderr
    assert not (built / "game").exists()


def test_git_is_told_by_a_file_that_the_index_lists(built: Path, chipassets: Run) -> None:
    bundle = built / BUNDLE
    index = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    assert index["attributes"]["path"] == ".gitattributes"
    assert (bundle / ".gitattributes").read_text().splitlines()[-1] == "* -text"
    (bundle / ".gitattributes").write_text("* text=auto\n")
    found = chipassets("verify", BUNDLE)
    assert (found.returncode, ".gitattributes" in found.stdout) == (1, True)


def test_a_gitattributes_file_of_the_users_is_kept(built: Path, chipassets: Run) -> None:
    shutil.rmtree(built / "build")
    (built / BUNDLE).mkdir(parents=True)
    own = built / BUNDLE / ".gitattributes"
    own.write_text("*.ogg filter=lfs -text\n")
    assert chipassets("build", "game.yaml").returncode == 0
    assert own.read_text() == "*.ogg filter=lfs -text\n"
    index = json.loads((built / BUNDLE / "bundle.json").read_text(encoding="utf-8"))
    assert index["attributes"] is None
    again = chipassets("build", "game.yaml", "--check")
    assert (again.returncode, again.stdout) == (0, "up to date\n")
