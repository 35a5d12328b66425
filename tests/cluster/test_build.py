"""Builds on a real scheduler with worker processes, some of which are killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import distributed
import pytest

import chipassets
from chipassets.cluster.run import Cluster, _Sent
from chipassets.errors import ClusterError
from chipassets.lock import Choices
from tests.cli.conftest import hear_ctrl_c
from tests.cli.test_build import content

pytestmark = pytest.mark.cluster

_HOST = "127.0.0.1"
_SECONDS = 60.0
_TRACKS = 8

_WITHOUT_CHIPASSETS = "import sys; sys.modules['chipassets'] = None\n"


class Processes:
    """A scheduler and its workers, as their own programs start them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._logs = 0
        self.scheduler, log = self._start("dask_scheduler", "--host", _HOST, "--port", "0")
        self.address = _wait_for(log, rb"Scheduler at:\s+(tcp://[\d.]+:\d+)")

    @property
    def on(self) -> str:
        return self.address.replace("tcp://", "dask://")

    def add_worker(self, *path: Path, threads: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker; path: folders of modules that go before the installed ones."""
        process, log = self._start(
            "dask_worker", self.address, "--no-nanny", "--nthreads", str(threads),
            "--local-directory", str(self.folder), path=path,
        )  # fmt: skip
        _wait_for(log, rb"(Registered to):")
        self.workers.append(process)
        return process

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(
        self, program: str, *words: str, path: tuple[Path, ...] = ()
    ) -> tuple[subprocess.Popen[bytes], Path]:
        self._logs += 1
        log = self.folder / f"{self._logs}.log"
        source = Path(chipassets.__file__).parent.parent
        folders = os.pathsep.join(map(str, (*path, source)))
        # From a folder of its own: a module that lies about in the working folder would be found.
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *words],
                stdout=file, stderr=file, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": folders},
            )  # fmt: skip
        return process, log


def _wait_for(log: Path, pattern: bytes) -> str:
    for _ in range(int(_SECONDS * 10)):
        found = re.search(pattern, log.read_bytes())
        if found:
            return found[1].decode()
        time.sleep(0.1)
    pytest.fail(f"no {pattern!r} in the log:\n{log.read_text()}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Processes]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    processes = Processes(folder)
    yield processes
    processes.end()


@pytest.fixture
def game(tmp_path: Path) -> Path:
    folder = tmp_path / "game"
    folder.mkdir()
    tracks = "".join(f"  t{number}: {{scene: town}}\n" for number in range(_TRACKS))
    (folder / "game.yaml").write_text(
        f"game: Many\nmodel: ./own.safetensors\nformats: [ogg, midi]\n"
        f"defaults: {{takes: 4, length: 4 bars}}\ntracks:\n{tracks}"
    )
    # A model that no worker has: it lies beside the manifest only.
    models = Path(chipassets.__file__).parent / "models"
    shutil.copy(models / "polyphony.safetensors", folder / "own.safetensors")
    return folder


def start(game: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "chipassets", "build", "game.yaml", *options],
        cwd=game, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip


def finished(building: subprocess.Popen[str], tracks: int) -> None:
    """Wait until so many tracks of a build are finished."""
    assert building.stderr is not None
    for line in building.stderr:
        if line.startswith(f"[{tracks}/"):
            return
    pytest.fail(f"the build ended before it finished {tracks} tracks")


def test_workers_that_are_lost_and_added_change_no_byte(cluster: Processes, game: Path) -> None:
    first = cluster.add_worker()
    cluster.add_worker(threads=2)
    building = start(game, "--on", cluster.on, "-o", "on")
    finished(building, 2)
    first.send_signal(signal.SIGKILL)
    cluster.add_worker()
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 0, said
    (game / "game.lock").rename(game / "on.lock")
    assert start(game, "-o", "here", "--no-cache").wait(2 * _SECONDS) == 0
    assert content(game / "on") == content(game / "here")
    assert (game / "on.lock").read_bytes() == (game / "game.lock").read_bytes()
    checked = start(game, "--on", cluster.on, "-o", "on", "--check")
    assert checked.wait(_SECONDS) == 0


def test_a_scheduler_that_goes_away_costs_nothing_that_is_finished(
    cluster: Processes, game: Path
) -> None:
    cluster.add_worker()
    building = start(game, "--on", cluster.on)
    finished(building, 3)
    cluster.scheduler.kill()
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    kept = int(said.strip().splitlines()[-1].rsplit(";", 1)[1].split()[0])
    assert "went away" in said
    assert kept >= 3
    assert "Traceback" not in said
    resumed = start(game, "--quiet", "--json")
    told, _ = resumed.communicate(timeout=2 * _SECONDS)
    assert resumed.returncode == 0
    assert told.count('"from the cache"') == kept
    assert told.count('"composed"') == _TRACKS - kept


def test_a_build_survives_workers_lost_by_chance(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The scheduler gives up every track of a lost worker at once, the waiting ones too.
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    (tmp_path / "cluster").mkdir()
    cluster = Processes(tmp_path / "cluster")
    try:
        first = cluster.add_worker()
        building = start(game, "--on", cluster.on)
        finished(building, 2)
        first.kill()
        cluster.add_worker()
        told, said = building.communicate(timeout=2 * _SECONDS)
    finally:
        cluster.end()
    assert building.returncode == 0, said
    assert told.count("(composed)") == _TRACKS


@pytest.mark.parametrize("count", ["begun", "times"])
def test_a_track_that_its_workers_are_always_lost_by_is_named(count: str) -> None:
    client = mock.Mock(status="running")
    sent = _Sent(client, mock.Mock(__reduce__=lambda _: (int, ())), lambda _: None)
    track = mock.Mock(__reduce__=lambda _: (int, ()))
    track.name = "t-1"
    sent.send(track, Choices())
    future = sent.running["t-1"][0]
    future.key = client.submit.call_args.kwargs["key"]
    cause = distributed.KilledWorker(future.key, mock.Mock(address="tcp://a:1"), 3)
    future.result.side_effect = cause
    cluster = Cluster("tcp://host:1", client)
    assert cluster._result(future, sent) is None
    assert sent.times["t-1"] == 2
    getattr(sent, count)["t-1"] = 8
    with pytest.raises(ClusterError, match="'t-1' was at work on several workers"):
        cluster._result(future, sent)


def test_a_worker_of_another_version_is_refused(cluster: Processes, game: Path) -> None:
    cluster.add_worker()
    other = cluster.folder / "other"
    package = Path(chipassets.__file__).parent
    shutil.copytree(package, other / "chipassets", ignore=shutil.ignore_patterns("__pycache__"))
    text = (other / "chipassets/__init__.py").read_text()
    (other / "chipassets/__init__.py").write_text(text.replace(chipassets.__version__, "0.0.9"))
    late = cluster.add_worker(other)
    building = start(game, "--on", cluster.on)
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    assert f"it has chipassets 0.0.9 instead of {chipassets.__version__}" in said
    late.kill()
    late.wait()
    # One that comes later is found by the track that it is given.
    building = start(game, "--on", cluster.on)
    finished(building, 1)
    cluster.add_worker(other)
    cluster.workers[0].kill()
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    assert "chipassets 0.0.9 instead" in said
    assert "finished tracks are kept" in said


def test_a_worker_without_the_package_is_refused(cluster: Processes, game: Path) -> None:
    lacking = cluster.folder / "lacking"
    lacking.mkdir()
    (lacking / "sitecustomize.py").write_text(_WITHOUT_CHIPASSETS)
    cluster.add_worker(lacking)
    building = start(game, "--on", cluster.on)
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    assert "does not run this version of chipassets" in said
    # Of one that comes when the build goes on already, a track tells.
    good = cluster.add_worker()
    cluster.workers[0].kill()
    building = start(game, "--on", cluster.on)
    finished(building, 1)
    cluster.add_worker(lacking)
    good.kill()
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    assert "does not run this version of chipassets" in said


def test_ctrl_c_keeps_what_is_finished(cluster: Processes, game: Path) -> None:
    cluster.add_worker()
    building = start(game, "--on", cluster.on)
    finished(building, 1)
    building.send_signal(signal.SIGINT)
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 130, said
    assert "finished tracks are kept for the next build" in said


def test_a_missing_scheduler_and_missing_certificates_are_reported(
    cluster: Processes, game: Path
) -> None:
    building = start(game, "--on", "dask://127.0.0.1:1")
    _, said = building.communicate(timeout=_SECONDS)
    assert building.returncode == 4
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in said
    encrypted = start(game, "--on", cluster.on.replace("dask", "tls"))
    _, said = encrypted.communicate(timeout=_SECONDS)
    assert encrypted.returncode == 4
    assert "certificates" in said
    assert "Traceback" not in said
