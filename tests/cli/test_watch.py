"""`chipassets watch` builds at every save, outlives mistakes and ends with Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from chipassets.cli.watch import changes
from chipassets.stored.stamps import read_stamps
from tests.cli.conftest import Run, environment, hear_ctrl_c


@pytest.fixture
def watching(built: Path) -> Iterator[tuple[Path, subprocess.Popen[str], Queue[str]]]:
    """The command at work on a built game, and what it says, line by line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chipassets", "watch", "game.yaml", "--jobs", "1"],
        cwd=built,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    lines: Queue[str] = Queue()

    def listen() -> None:
        for line in process.stdout or ():
            lines.put(line)

    threading.Thread(target=listen, daemon=True).start()
    yield built, process, lines
    process.kill()
    process.wait()


def wait_for(lines: Queue[str], words: str) -> None:
    heard = ""
    while words not in heard:
        heard += lines.get(timeout=180)


@pytest.mark.slow
def test_it_builds_at_a_save_and_outlives_a_mistake(
    watching: tuple[Path, subprocess.Popen[str], Queue[str]],
) -> None:
    folder, process, lines = watching
    manifest = folder / "game.yaml"
    wait_for(lines, "is up to date")
    wait_for(lines, "watching game.yaml")
    right = manifest.read_text()
    manifest.write_text(right.replace("scene: battle", "scene: [battle"))
    wait_for(lines, "game.yaml")
    wait_for(lines, "watching game.yaml")
    manifest.write_text(right.replace("scene: battle}", "scene: battle, loop: false}"))
    wait_for(lines, "is in place after")
    wait_for(lines, "watching game.yaml")
    process.send_signal(signal.SIGINT)
    wait_for(lines, "no longer watching")
    assert process.wait(timeout=180) == 0


def test_a_change_is_reported_once_after_writing_has_stopped(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    manifest.write_text("game: A")
    seen = read_stamps(manifest)
    found = changes(manifest, seen, 0.0)
    manifest.write_text("game: AB\ntracks: {a: {primer: {midi: theme.mid}}}")
    first = next(found)
    assert first != seen
    (tmp_path / "theme.mid").write_bytes(b"MThd")
    assert len(next(found)) == len(first) + 1
    manifest.unlink()
    assert manifest not in next(found)


def test_a_file_put_in_its_place_is_a_change_though_size_and_time_are_the_same(
    tmp_path: Path,
) -> None:
    manifest, other = tmp_path / "game.yaml", tmp_path / "other.yaml"
    manifest.write_text("game: A")
    other.write_text("game: B")
    was = manifest.stat()
    seen = read_stamps(manifest)
    os.utime(other, ns=(was.st_atime_ns, was.st_mtime_ns))
    other.replace(manifest)
    assert manifest.stat().st_mtime_ns == was.st_mtime_ns
    assert next(changes(manifest, seen, 0.0)) != seen


NAMES = """\
game: A
model: models/mine.safetensors
defaults: {primer: {midi: themes/hero.mid}}
scenes: {cave: {like: cave, primer: {midi: ./deep/er/cave.KAR}}}
tracks:
  town: {primer: {midi: "thèmes/a.rmi"}, mood: nothing of the kind}
  shop: {primer: C5 - E5}
"""


@pytest.mark.parametrize(
    "name",
    [
        "game.yaml", "game.lock", "models/mine.safetensors", "models/mine.ngrams",
        "themes/hero.mid", "deep/er/cave.KAR", "thèmes/a.rmi",
    ],
)  # fmt: skip
def test_every_file_that_the_manifest_reads_is_watched(tmp_path: Path, name: str) -> None:
    manifest, path = tmp_path / "game.yaml", tmp_path / name
    manifest.write_text(NAMES, encoding="utf-8")
    seen = read_stamps(manifest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"#")
    there = read_stamps(manifest)
    assert there != seen
    with path.open("ab") as file:
        file.write(b" ")
    assert read_stamps(manifest) != there
    path.unlink()
    assert path not in read_stamps(manifest)


@pytest.mark.parametrize("name", [".", "", "/"])
def test_a_folder_is_no_manifest(chipassets: Run, name: str) -> None:
    found = chipassets("watch", name)
    assert (found.returncode, "is a folder" in found.stderr) == (2, True)


def test_other_files_are_not_watched(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    manifest.write_text(NAMES, encoding="utf-8")
    seen = read_stamps(manifest)
    (tmp_path / "other.mid").write_bytes(b"")
    assert read_stamps(manifest) == seen
