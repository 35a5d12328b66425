"""Pygame Zero and arcade as they run, each in an environment of its own, recorded by SDL.

The games are those of docs/engines.md, with an end. Pygame Zero brings the original pygame and a
mixer of 22050 Hz; arcade has no pygame, so pygame-ce is installed beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import chipassets.runtime
from tests.engines.game import need, run, write_game

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

DOCS = Path(__file__).parents[2] / "docs/engines/python.md"
# SDL's recorder falls behind on a busy machine: five seconds of sound are looked at.
SECONDS = 12


def documented(title: str) -> str:
    """The first program below a heading of the page."""
    below = DOCS.read_text(encoding="utf-8").split(f"## {title}\n")[1]
    return textwrap.dedent(below.split("```python\n")[1].split("```")[0])


def environment(folder: Path, *packages: str) -> Path:
    """The programs of a new environment with these packages."""
    uv = need("uv", "pip install uv")
    run(uv, "venv", "-q", "env", cwd=folder)
    python = folder / "env/bin/python"
    run(uv, "pip", "install", "-q", "-p", python, *packages, cwd=folder)
    return python.parent


def recorded(folder: Path, program: str, *command: str | Path, rate_hz: int) -> NDArray[np.float64]:
    """What the game sounds like from its first sound on: the left side, from -1 to 1."""
    write_game(folder / "build/moon-garden")
    shutil.copytree(Path(chipassets.runtime.__file__).parent, folder / "chipassets/runtime")
    (folder / "game.py").write_text(program)
    settings = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "disk"}
    settings |= {"SDL_DISKAUDIOFILE": str(folder / "heard.raw"), "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [str(word) for word in (*command, "game.py")],
        cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    wave = np.fromfile(folder / "heard.raw", np.int16)[::2] / 32768
    assert len(wave) > 6 * rate_hz
    return np.asarray(wave[np.flatnonzero(np.abs(wave) > 1e-3)[0] :], np.float64)


def assert_title(heard: NDArray[np.float64], folder: Path, rate_hz: int, tolerance: float) -> None:
    """The title from its start through its intro and over the seam of its loop, at one level."""
    wave = soundfile.read(folder / "build/moon-garden/audio/title.ogg")[0]
    whole = np.concatenate([wave, wave[44_100:]])
    if rate_hz != 44_100:
        times = np.arange(int(len(whole) * rate_hz / 44_100)) * 44_100 / rate_hz
        whole = np.interp(times, np.arange(len(whole)), whole)
    length = 5 * rate_hz
    # The first samples are near zero, so the start is where the two agree best. SDL counts volumes
    # in 128 steps: 0.8 is 102 of them.
    starts = [heard[:length] - 102 / 128 * whole[shift : shift + length] for shift in range(64)]
    assert min(float(np.max(np.abs(one))) for one in starts) < tolerance


def test_a_game_in_pygame_zero_plays_music(tmp_path: Path) -> None:
    programs = environment(tmp_path, "pgzero==1.2.1", "setuptools<81")
    program = documented("Pygame Zero") + f"\n\nclock.schedule(quit, {SECONDS})\n"
    heard = recorded(tmp_path, program, programs / "pgzrun", rate_hz=22_050)
    assert_title(heard, tmp_path, 22_050, 2e-2)


def test_a_game_in_arcade_plays_music(tmp_path: Path) -> None:
    programs = environment(tmp_path, "arcade==3.3.3", "pygame-ce>=2.5.5,<3")
    screen = need("xvfb-run", "xvfb")
    program = documented("arcade and pyglet").replace(
        "arcade.run()", f"arcade.schedule_once(lambda _: arcade.exit(), {SECONDS})\narcade.run()"
    )
    heard = recorded(tmp_path, program, screen, "-a", programs / "python", rate_hz=44_100)
    assert_title(heard, tmp_path, 44_100, 1e-3)
