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
from pathlib import Path

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


def wait_until_all_work(process: int) -> None:
    """Until the workers are started: the parent, which does not listen meanwhile, does again."""
    wait_until(lambda: living(process) >= 3, "no worker process came up")
    wait_until(lambda: not ignores_ctrl_c(process), "the build stays deaf to Ctrl-C")


def ignores_ctrl_c(process: int) -> bool:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        name, _, mask = line.partition(":")
        if name == "SigIgn":
            return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)
    raise AssertionError("no SigIgn in /proc")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("seconds", [0.3, 0.9, 1.5, 2.2])
def test_killed_build_leaves_the_old_bundle(built: Path, chipassets: Run, seconds: float) -> None:
    before = content(built / BUNDLE)
    change_seed(built)
    process = start(built)
    time.sleep(seconds)
    process.kill()
    process.wait()
    wait_until_empty(process.pid)
    after = content(built / BUNDLE)
    if process.returncode == -signal.SIGKILL and after != before:
        assert chipassets("verify", BUNDLE).returncode == 0, "neither the old nor the new bundle"
    assert chipassets("build", "game.yaml").returncode == 0
    assert chipassets("verify", BUNDLE).returncode == 0
    assert [path.name for path in (built / "build").iterdir()] == ["tiny-quest"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_ctrl_c_ends_cleanly(built: Path) -> None:
    before = content(built / "build")
    manifest = built / "game.yaml"
    manifest.write_text(manifest.read_text().replace("takes: 2", "takes: 40"))  # work for minutes
    process = start(built)
    wait_until_all_work(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the parent and its workers
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    wait_until_empty(process.pid)
    assert process.returncode == 130
    assert errors.decode().splitlines()[-1].startswith("interrupted; nothing was replaced")
    assert content(built / "build") == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_full_disk_leaves_the_old_bundle(built: Path) -> None:
    """A limit on file size stands in for a full disk: both make a write fail half way."""
    before = content(built / BUNDLE)
    change_seed(built)
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


MANY = (
    "game: Many\nseed: 5\ndefaults: {length: 1 bar, takes: 1, loop: false}\nformats: [ogg, midi]\n"
)
MANY += "tracks:\n" + "".join(f"  t{n}: {{scene: victory}}\n" for n in range(10))


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_build_is_gone_on_with(tmp_path: Path, chipassets_process: Run, how: int) -> None:
    """Stopped twice in the middle: no track is composed twice, and the bytes are the same."""
    (tmp_path / "game.yaml").write_text(MANY)
    finished = 0
    for stop_after in (2, 3):
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
    result = chipassets_process("build", "game.yaml", "--json", "--jobs", "2")
    assert result.returncode == 0, result.stderr
    done = [track["done"] for track in json.loads(result.stdout)["tracks"]]
    assert done.count("from the cache") >= finished
    assert done.count("composed") == 10 - done.count("from the cache")
    assert done.count("composed") <= 5
    before = content(tmp_path / "build")
    lock = (tmp_path / "game.lock").read_bytes()
    (tmp_path / "game.lock").unlink()
    again = chipassets_process(
        "build", "game.yaml", "--json", "--no-cache", "-o", "fresh/many", "--jobs", "2"
    )
    assert {track["done"] for track in json.loads(again.stdout)["tracks"]} == {"composed"}
    assert content(tmp_path / "fresh") == before
    assert (tmp_path / "game.lock").read_bytes() == lock


def test_a_damaged_cache_is_made_again(tmp_path: Path, chipassets: Run) -> None:
    (tmp_path / "game.yaml").write_text(MANY.split("  t2")[0])
    assert chipassets("build", "game.yaml").returncode == 0
    before = content(tmp_path / "build")
    cache = Path(os.environ["CHIPASSETS_CACHE"])
    for number, path in enumerate(sorted(path for path in cache.rglob("*") if path.is_file())):
        path.write_bytes(path.read_bytes()[: -1 - number % 3])
    (tmp_path / "game.lock").unlink()
    assert chipassets("build", "game.yaml", "-o", "fresh/many").returncode == 0
    assert content(tmp_path / "fresh") == before
