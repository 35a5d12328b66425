"""A build that is killed, interrupted or out of space leaves the old bundle whole."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.conftest import Run, environment, hear_ctrl_c
from tests.cli.test_build import BUNDLE, content

COMMAND = [sys.executable, "-m", "chipassets", "build", "game.yaml", "--jobs", "2"]
PATIENCE_SECONDS = 120


def change_seed(folder: Path) -> None:
    manifest = folder / "game.yaml"
    manifest.write_text(manifest.read_text().replace("seed: 3", "seed: 4"))


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )


def living(process: int) -> int:
    """How many processes of the session that `process` leads are alive (zombies are not)."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        count += int(fields[3]) == process and fields[0] != "Z"
    return count


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def wait_until_empty(process: int) -> None:
    wait_until(lambda: not living(process), "worker processes were left behind")


CHANGES = {
    "open": 1, "os.mkdir": 1, "os.rename": 2, "os.link": 2, "os.remove": 1, "os.rmdir": 1,
    "os.chmod": 1, "os.truncate": 1,
}  # fmt: skip
"""Audit events that change a file or folder, and how many of their first arguments are paths."""


def dies_before(change: int, below: Path, work: Callable[[], object]) -> bool:
    """Do the work in a fork that is killed before its nth change of a file; whether it was."""
    child = os.fork()
    if not child:
        seen = 0

        def look(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            # The exchange of two folders is a call of the C library, which is looked up by name.
            is_ours = event == "ctypes.dlsym" and "renameat2" in arguments
            if event in CHANGES and (event != "open" or "r" not in str(arguments[1])):
                paths = map(str, arguments[: CHANGES[event]])
                is_ours = any(path.startswith(str(below)) for path in paths)
            seen += is_ours
            if is_ours and seen > change:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(look)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_build_killed_before_any_change_leaves_a_whole_bundle(
    built: Path, chipassets: Run, tmp_path_factory: pytest.TempPathFactory, stride: int
) -> None:
    """Killed before each change of a file in turn, or before every seventh."""
    change_seed(built)
    started, wanted = content(built), tmp_path_factory.mktemp("wanted")
    copytree(built, wanted, dirs_exist_ok=True)
    assert chipassets("build", "game.yaml", folder=wanted).returncode == 0
    old, new = content(built / BUNDLE), content(wanted / BUNDLE)
    assert old != new
    found, change = [], 0
    while True:
        folder = tmp_path_factory.mktemp("killed")
        copytree(built, folder, dirs_exist_ok=True)
        assert content(folder) == started
        build = partial(chipassets, "build", "game.yaml", folder=folder)
        is_killed = dies_before(change, folder, build)
        found.append(content(folder / BUNDLE) == new)
        assert found[-1] or content(folder / BUNDLE) == old
        if not is_killed:
            break
        if len(found) % 6 == 1 or found[-1] != found[-2]:
            assert chipassets("build", "game.yaml", folder=folder).returncode == 0
            assert content(folder / BUNDLE) == new
            (folder / BUNDLE / "midi/town.mid").unlink()  # so that the next build writes
            assert chipassets("build", "game.yaml", folder=folder).returncode == 0
            assert content(folder) == content(wanted), "what the killed build left is not swept"
        change += stride
    assert found == sorted(found), "once it is the new bundle it stays so"
    assert stride * found.count(False) > 20
    assert found.count(True) > 1


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize(
    ("processes", "to_all"),
    [(2, True), (3, False), (4, True)],
    ids=["the first starts", "the second starts, the parent alone", "all work"],
)
@pytest.mark.slow
def test_ctrl_c_ends_cleanly(built: Path, processes: int, to_all: bool) -> None:
    """At any moment of the start of the workers: the parent, their tracker of resources, and two.

    A terminal sends the signal to the parent and to its workers.
    """
    before = content(built / "build")
    manifest = built / "game.yaml"
    manifest.write_text(manifest.read_text().replace("takes: 2", "takes: 40"))  # work for minutes
    process = start(built)
    wait_until(lambda: living(process.pid) >= processes, "no worker process came up")
    if to_all:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    wait_until_empty(process.pid)
    assert process.returncode == 130
    assert errors.decode().splitlines()[-1].startswith("interrupted; nothing was replaced")
    assert content(built / "build") == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
@pytest.mark.slow
def test_full_disk_leaves_the_old_bundle(built: Path) -> None:
    """A limit on file size stands in for a full disk: both make a write fail half way."""
    before = content(built / BUNDLE)
    manifest = built / "game.yaml"
    manifest.write_text(manifest.read_text().replace("battle}", "battle, tempo: 150}"))
    result = subprocess.run(
        COMMAND,
        cwd=built,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert result.returncode == 5, result.stderr
    assert "cannot write" in result.stderr
    assert "Traceback" not in result.stderr
    assert content(built / BUNDLE) == before
    assert [path.name for path in (built / "build").iterdir()] == ["tiny-quest"]


TRACKS = 4
MANY = "game: Many\nmodel: polyphony\nseed: 5\nformats: [ogg, midi]\n"
MANY += "defaults: {length: 4 bars, takes: 1, loop: false}\n"
MANY += "tracks:\n" + "".join(f"  t{n}: {{scene: title}}\n" for n in range(TRACKS))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.composes_anew
@pytest.mark.parametrize(("how", "stops"), [(signal.SIGINT, (1,)), (signal.SIGKILL, (1, 1))])
def test_a_stopped_build_continues_where_it_was(
    tmp_path: Path, chipassets: Run, how: int, stops: tuple[int, ...]
) -> None:
    """Stopped in the middle, and again: no track is composed twice, and the bytes are the same."""
    (tmp_path / "game.yaml").write_text(MANY)
    finished = 0
    for stop_after in stops:
        process = start(tmp_path)
        assert process.stderr is not None
        for _ in range(finished + stop_after):
            line = process.stderr.readline().decode()
            assert line.startswith("["), line
        os.killpg(process.pid, how) if how == signal.SIGINT else process.kill()
        rest = process.stderr.read().decode().splitlines()
        process.wait()
        wait_until_empty(process.pid)
        finished += stop_after
        finished += sum(line.startswith("[") for line in rest) if how == signal.SIGKILL else 0
        assert not (tmp_path / "build/many").exists()
        if how == signal.SIGINT:
            assert process.returncode == 130
            assert rest[-1].startswith("interrupted; nothing was replaced; ")
            finished = int(rest[-1].split()[4])
        assert how == signal.SIGINT or process.returncode == -signal.SIGKILL
    result = chipassets("build", "game.yaml", "--json")
    assert result.returncode == 0, result.stderr
    done = [track["done"] for track in json.loads(result.stdout)["tracks"]]
    assert done.count("from the cache") >= finished
    assert done.count("composed") == TRACKS - done.count("from the cache")
    if len(stops) == 1:
        return
    before = content(tmp_path / "build")
    lock = (tmp_path / "game.lock").read_bytes()
    (tmp_path / "game.lock").unlink()
    again = chipassets("build", "game.yaml", "--json", "--no-cache", "-o", "fresh/many")
    assert {track["done"] for track in json.loads(again.stdout)["tracks"]} == {"composed"}
    assert content(tmp_path / "fresh") == before
    assert (tmp_path / "game.lock").read_bytes() == lock


def test_a_damaged_cache_is_made_again(tmp_path: Path, chipassets: Run) -> None:
    (tmp_path / "game.yaml").write_text(MANY.split("  t1")[0])
    assert chipassets("build", "game.yaml").returncode == 0
    before = content(tmp_path / "build")
    cache = Path(os.environ["CHIPASSETS_CACHE"])
    for number, path in enumerate(sorted(path for path in cache.rglob("*") if path.is_file())):
        path.write_bytes(path.read_bytes()[: -1 - number % 3])
    (tmp_path / "game.lock").unlink()
    assert chipassets("build", "game.yaml", "-o", "fresh/many").returncode == 0
    assert content(tmp_path / "fresh") == before


def test_ctrl_c_is_told_by_every_command(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typer makes an exit code of it without a word."""

    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chipassets.manifest.load_manifest", interrupted)
    result = chipassets("plan", str(game / "game.yaml"))
    assert (result.returncode, result.stderr) == (130, "interrupted; nothing was replaced\n")
