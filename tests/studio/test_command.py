"""`chipassets studio` as it is started: what it prints, where it listens, and what it lacks."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import environment, hear_ctrl_c
from tests.studio.conftest import GAME


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chipassets", "studio", "game.yaml", "--no-open", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_ctrl_c,
    )


@pytest.mark.slow
def test_it_prints_an_address_that_is_new_each_time_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    studio = started(tmp_path)
    assert studio.stdout is not None
    address = studio.stdout.readline().split()[-1]
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([\w-]{32})/", address)
    assert found is not None
    with urllib.request.urlopen(f"{address}game") as answer:
        assert b"Tiny Quest" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/{'x' * 32}/game")
    with pytest.raises(OSError):  # noqa: PT011 - refused, or no such address
        socket.create_connection(("127.0.0.2", int(found[1])), 1)
    studio.send_signal(signal.SIGINT)
    _, said = studio.communicate(timeout=60)
    assert studio.returncode == 0, said
    assert "the studio is closed" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_port_that_is_taken_and_a_manifest_that_is_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        _, said = (studio := started(tmp_path, "--port", port)).communicate(timeout=60)
        assert studio.returncode == 2
        assert f"port {port} cannot be used" in said
    (tmp_path / "game.yaml").unlink()
    _, said = (studio := started(tmp_path)).communicate(timeout=60)
    assert studio.returncode == 2
    assert "game.yaml is not there" in said


@pytest.mark.slow
def test_without_its_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    script = (
        "import sys; sys.modules['starlette'] = None; sys.argv = ['chipassets', 'studio', "
        "'game.yaml']; from chipassets.__main__ import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, text=True, capture_output=True, check=False
    )
    assert result.returncode == 4
    assert "pip install 'chipassets[studio]'" in result.stderr
