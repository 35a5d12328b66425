"""Replacing a bundle: stopped anywhere it is one bundle, and who reads meanwhile sees one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from chipassets.bundle import prepare_place, read_whole, write_bundle, write_file
from chipassets.bundle.store import find_faults, read_index
from chipassets.bundle.swap import SWAP_NAME
from chipassets.errors import BundleError, CheckError
from chipassets.runtime import Library
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
    monkeypatch.setattr("chipassets.bundle.store._PATIENCE_SECONDS", 0.1)
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


READER = """
import sys, time
from pathlib import Path
from chipassets.bundle import read_whole
from chipassets.runtime import Library
folder, end = Path(sys.argv[1]), time.monotonic() + float(sys.argv[2])
count = 0
while time.monotonic() < end:
    index, faults = read_whole(folder)
    assert not faults, faults
    assert [track.name for track in index.tracks] in (["title", "town"], ["title", "cave"])
    Library.open(folder)
    count += 1
print(count)
"""


@pytest.mark.parametrize("stands_inside", [False, True])
def test_a_reader_sees_the_old_or_the_new_bundle_and_never_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands_inside: bool
) -> None:
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(folder), "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if stands_inside:
        monkeypatch.chdir(folder)
    while reader.poll() is None:
        for sounds in (NEW, OLD):
            write_tiny(folder, sounds)
            time.sleep(0.005)
    said, errors = reader.communicate()
    assert reader.returncode == 0, errors
    assert int(said) > 20


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
def test_what_killed_processes_left_is_swept(tmp_path: Path) -> None:
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
    with pytest.raises(BundleError, match="circle leads nowhere"):
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


def test_the_runtime_waits_for_files_that_move(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    data = (folder / "audio/title.ogg").read_bytes()
    (folder / "audio/title.ogg").unlink()
    (folder / SWAP_NAME).mkdir()

    def finish() -> None:
        (folder / "audio/title.ogg").write_bytes(data)
        (folder / SWAP_NAME).rmdir()

    timer = threading.Timer(0.3, finish)
    timer.start()
    assert Library.open(folder).track("title").name == "title"
    timer.join()
