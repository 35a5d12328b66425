"""A build that is killed, interrupted or out of space leaves the old bundle whole."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment
from tests.cli.test_build import BUNDLE, content

COMMAND = [sys.executable, "-m", "chipassets", "build", "game.yaml", "--jobs", "2"]


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


def wait_until_empty(process: int) -> None:
    deadline = time.monotonic() + 10
    while living(process):
        assert time.monotonic() < deadline, "worker processes were left behind"
        time.sleep(0.05)


def wait_for_workers(process: int) -> None:
    deadline = time.monotonic() + 30
    while living(process) < 3:
        assert time.monotonic() < deadline, "no worker process came up"
        time.sleep(0.02)


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
    before = content(built)
    change_seed(built)
    process = start(built)
    wait_for_workers(process.pid)
    time.sleep(0.3)  # until every worker is started: the parent does not listen meanwhile
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the parent and its workers
    _, errors = process.communicate(timeout=20)
    wait_until_empty(process.pid)
    assert process.returncode == 130
    assert errors.decode() == "interrupted; nothing was replaced\n"
    assert content(built / "build") == {
        name.removeprefix("build/"): data for name, data in before.items() if "build/" in name
    }


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
