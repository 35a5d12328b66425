"""The demo game where no thread can be started, as under pygbag."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo_game.clock import Pace
from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")

GAME = """
import asyncio, sys, threading, time
from pathlib import Path

def refuse(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = refuse
seen = []
time.perf_counter = lambda: len(seen) / 60
time.monotonic_ns = lambda: len(seen) * 1_000_000_000 // 60
import pygame
from chipassets.runtime.soundclock import SoundClock
from demo_game import web, window

SoundClock.read = lambda self, now_ms: 0  # the mixer, on a clock of its own, is in time
real = window.show
def show(canvas, surface):
    real(canvas, surface)
    seen.append(stages[0].player)
    if len(seen) == 60:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN))
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=pygame.K_RETURN))

from demo_game import stage
stages, init = [], stage.Stage.__init__
def keep(self, *a, **k):
    init(self, *a, **k)
    stages.append(self)
stage.Stage.__init__ = keep
window.show = show
assert asyncio.run(web.main(Path(sys.argv[1]), most_frames=200)) == 200
player = seen[-1]
assert not player.is_loading
assert player.director.playing.name == "overworld", player.director.playing
assert pygame.mixer.get_init()
"""


@pytest.mark.slow
def test_the_game_starts_and_plays_without_threads(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("title", 440), Piece("overworld", 550)])
    drivers = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    done = subprocess.run(
        [sys.executable, "-c", GAME, str(bundle)],
        env={**os.environ, **drivers, "PYGAME_HIDE_SUPPORT_PROMPT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_steps_are_due_by_the_clock_and_never_waited_for() -> None:
    now = [0.0]
    pace = Pace(read=lambda: now[0], sleep=lambda _: pytest.fail("it waited"))
    due = []
    for seconds in (0.0, 1 / 120, 1 / 60 + 1e-9, 4 / 60 + 1e-9, 90.0, 90.0):
        now[0] = seconds
        due.append(pace.due())
    assert due == [0, 0, 1, 3, 6, 0]
