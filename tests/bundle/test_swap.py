"""Replacing a bundle: stopped anywhere it is one bundle, and who reads meanwhile sees one."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chipassets.bundle import prepare_place, read_whole, write_bundle, write_file
from chipassets.bundle.store import find_faults, read_index
from chipassets.bundle.swap import SWAP_NAME
from chipassets.errors import BundleError, CheckError
from chipassets.runtime import Library, LibraryError
from tests.bundle.lockstep import Stepped
from tests.bundle.tiny import contents, tiny_index, write_tiny

OLD = {"title": b"old title", "town": b"old town"}
NEW = {"title": b"new title", "cave": b"new cave"}


class StoppedError(Exception):
    """The process ends here."""


@pytest.mark.parametrize("moves", range(5))
def test_a_replacement_that_stops_half_way_is_finished_by_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    monkeypatch.chdir(folder)  # so that contents are replaced
    left = moves
    replace = Path.replace

    def stop(path: Path, target: Path) -> Path:
        nonlocal left
        if SWAP_NAME in path.parts:
            left -= 1
            if left < 0:
                raise StoppedError
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", stop)
    if moves < 4:
        with pytest.raises(StoppedError):
            write_tiny(folder, NEW)
    else:
        write_tiny(folder, NEW)
    monkeypatch.setattr(Path, "replace", replace)
    clock = SimpleNamespace(monotonic=itertools.count(0, 4).__next__, sleep=lambda _: None)
    monkeypatch.setattr("chipassets.bundle.store.time", clock)
    if moves < 4:
        with pytest.raises(CheckError, match="a build was stopped"):
            read_whole(folder)
    prepare_place(folder, "Tiny")
    assert read_whole(folder)[1] == []
    assert (folder / "audio/title.ogg").read_bytes() == b"new title"
    assert not (folder / "audio/town.ogg").exists()
    assert not (folder / SWAP_NAME).exists()


def test_a_made_file_that_is_not_what_the_index_says_is_not_put_in_place(tmp_path: Path) -> None:
    write_tiny(tmp_path / "b", OLD)
    index, files = tiny_index("Tiny", NEW)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"new cavf")
    with pytest.raises(BundleError, match=r"audio/cave\.ogg.*damaged"):
        write_bundle(tmp_path / "b", index, files | {"audio/cave.ogg": damaged})
    assert read_whole(tmp_path / "b")[0].tracks[1].name == "town"
    damaged.write_bytes(b"new cave")
    write_bundle(tmp_path / "b", index, files | {"audio/cave.ogg": damaged})
    assert (tmp_path / "b/audio/cave.ogg").read_bytes() == b"new cave"


def no_exchange(*_: object) -> bool:
    """What `_exchange` says where the system cannot exchange two folders, as Windows."""
    return False


@pytest.mark.parametrize("how", ["exchanged", "renamed twice", "file by file"])
@pytest.mark.parametrize("seed", range(12))
def test_a_reader_sees_the_old_or_the_new_bundle_and_never_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, seed: int
) -> None:
    """They take turns that the seed draws; while the reader waits, the writer goes on."""
    folder, rng = tmp_path / "b", random.Random(seed)
    write_tiny(folder, OLD)
    if how == "renamed twice":
        monkeypatch.setattr("chipassets.bundle.swap._exchange", no_exchange)
    if how == "file by file":
        monkeypatch.chdir(folder)
    writer = Stepped(lambda: write_tiny(folder, NEW), monkeypatch)

    def take_turns() -> None:
        for _turn in range(rng.choice((0, 0, 1, 1, 2, 5))):
            writer.step()

    clock = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: writer.step())
    monkeypatch.setattr("chipassets.bundle.store.time", clock)
    monkeypatch.setattr("chipassets.runtime.library.time", clock)
    digest, read = hashlib.file_digest, Path.read_bytes
    reader = threading.current_thread()

    def digest_in_turns(file: Any, name: Any) -> Any:
        take_turns()
        return digest(file, name)

    def read_in_turns(path: Path) -> bytes:
        if threading.current_thread() is reader:
            take_turns()
        return read(path)

    monkeypatch.setattr(hashlib, "file_digest", digest_in_turns)
    monkeypatch.setattr(Path, "read_bytes", read_in_turns)
    seen = []
    while not writer.is_done:
        take_turns()
        index, faults = read_whole(folder)
        assert not faults
        seen.append([track.name for track in index.tracks])
        assert [track.name for track in Library.open(folder).tracks] in (
            ["title", "town"],
            ["title", "cave"],
        )
    writer.finish()
    assert all(names in (["title", "town"], ["title", "cave"]) for names in seen)
    assert seen == sorted(seen, reverse=True), "what was new is old again"
    assert [track.name for track in read_whole(folder)[0].tracks] == ["title", "cave"]


@pytest.mark.parametrize("renames", range(4))
def test_without_an_exchange_a_stop_between_two_renames_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    """Windows moves the old folder aside and the new one in: stopped at each, and after both."""
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    (folder / "notes.txt").write_text("somebody's")
    monkeypatch.setattr("chipassets.bundle.swap._exchange", no_exchange)
    left, rename = renames, Path.rename

    def stop(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left < 0:
            raise StoppedError
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop)
        if renames < 2:
            with pytest.raises(StoppedError):
                write_tiny(folder, NEW)
        else:
            write_tiny(folder, NEW)
    assert folder.exists() == (renames != 1)
    if renames == 1:
        clock = SimpleNamespace(monotonic=itertools.count().__next__, sleep=lambda _: None)
        monkeypatch.setattr("chipassets.bundle.store.time", clock)
        with pytest.raises(CheckError, match="a build was stopped"):
            read_whole(folder)
    prepare_place(folder, "Tiny")
    index, faults = read_whole(folder)
    assert faults == []
    assert [track.name for track in index.tracks][1] == ("town" if renames < 2 else "cave")
    assert (folder / "notes.txt").read_text() == "somebody's"
    write_tiny(folder, NEW)
    assert read_whole(folder)[0].tracks[1].name == "cave"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("refused", [0, 1])
def test_a_folder_that_windows_will_not_move_has_its_files_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    """An open file in it, or a program that looks at the folder, refuses one of the two renames."""
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    monkeypatch.setattr("chipassets.bundle.swap._exchange", no_exchange)
    count, rename = itertools.count(), Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if next(count) == refused:
            raise PermissionError(13, "The process cannot access the file", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    write_tiny(folder, NEW)
    index, faults = read_whole(folder)
    assert ([track.name for track in index.tracks], faults) == (["title", "cave"], [])
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_two_builds_at_once_leave_one_whole_bundle(tmp_path: Path) -> None:
    folder, errors = tmp_path / "b", []

    def write(sounds: dict[str, bytes]) -> None:
        try:
            for _ in range(20):
                write_tiny(folder, sounds)
        except (BundleError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(sounds,)) for sounds in (OLD, NEW, OLD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert read_whole(folder)[1] == []
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


KILLED = """
import os, signal, sys
from pathlib import Path
from chipassets.bundle import files, store, write_file
from tests.bundle.lockstep import Stepped
from tests.bundle.tiny import write_tiny

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[2])
if sys.argv[1] == "file":
    files.take_mode = die
    write_file(folder / "a", b"new")
else:
    store.replace_folder = die
    write_tiny(folder / "b", {"title": b"new"})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.slow
def test_temporary_files_of_killed_builds_are_removed(tmp_path: Path) -> None:
    """Killed while it writes: the file and the folder beside are found and removed by the next."""
    write_tiny(tmp_path / "b", OLD)
    write_file(tmp_path / "a", b"old")
    for what in ("file", "folder"):
        command = [sys.executable, "-c", KILLED, what, str(tmp_path)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 4
    assert (tmp_path / "a").read_bytes() == b"old"
    assert find_faults(tmp_path / "b", read_index(tmp_path / "b").files()) == []
    write_tiny(tmp_path / "b", NEW)
    write_file(tmp_path / "a", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes")
def test_a_file_is_written_behind_its_link_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far/game.lock", tmp_path / "game.lock"
    real.write_bytes(b"old")
    real.chmod(0o600)
    link.symlink_to("far/game.lock")
    write_file(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o600
    write_file(tmp_path / "fresh", b"")
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o666 & ~_umask()
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(BundleError, match="circle cannot be resolved"):
        write_file(tmp_path / "circle", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe")
def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"said")
    reader.join()
    assert heard == [b"said"]
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a single file that is mounted into a container."""

    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    path = tmp_path / "game.lock"
    path.write_bytes(b"a longer old text")
    monkeypatch.setattr(Path, "replace", refuse)
    write_file(path, b"new")
    assert contents(tmp_path) == {"game.lock": b"new"}


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_the_runtime_waits_for_files_that_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    data = (folder / "audio/title.ogg").read_bytes()
    (folder / "audio/title.ogg").unlink()
    (folder / SWAP_NAME).mkdir()
    slept: list[float] = []

    def finish(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            (folder / "audio/title.ogg").write_bytes(data)
            (folder / SWAP_NAME).rmdir()

    clock = SimpleNamespace(monotonic=lambda: float(len(slept)), sleep=finish)
    monkeypatch.setattr("chipassets.runtime.library.time", clock)
    assert Library.open(folder).track("title").name == "title"
    assert len(slept) == 3
    (folder / SWAP_NAME).mkdir()
    (folder / "audio/title.ogg").unlink()
    with pytest.raises(LibraryError):
        Library.open(folder)
    assert len(slept) > 10
