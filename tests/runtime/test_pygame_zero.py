"""Pygame Zero, whose mixer runs at 22050 Hz: a game of its own, with its own pygame."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.runtime.tiny_bundle import Piece, write_bundle

ROOT = Path(__file__).parents[2]
GAME = """
import os
import sys

sys.path.insert(0, {root!r})

import pygame

from chipassets.runtime import Library, PygamePlayer

music = PygamePlayer(Library.open({bundle!r}))
music.preload()
music.enter("title")
frames = 0

def update():
    global frames
    music.update()
    frames += 1
    if frames == 60:
        music.enter("overworld")
    if frames == 120:
        now = music.now_playing()
        print("ZERO", pygame.mixer.get_init()[0], music.is_loading, now.track.name, flush=True)
        os._exit(0)

def draw():
    pass
"""


@pytest.mark.slow
def test_a_game_in_pygame_zero_has_music(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("no uv on the path")
    bundle = write_bundle(tmp_path / "bundle", [Piece("title", 440), Piece("overworld", 550)])
    (tmp_path / "game.py").write_text(GAME.format(root=str(ROOT), bundle=str(bundle)))
    command = [uv, "run", "--no-project", "--with", "pgzero", "--with", "setuptools"]
    done = subprocess.run(
        [*command, "pgzrun", "game.py"],
        cwd=tmp_path,
        env={**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "ZERO 22050 False overworld" in done.stdout, done.stdout + done.stderr
