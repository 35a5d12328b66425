"""The loop as SDL_mixer plays it, recorded through SDL's disk driver."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.render import Pcm, encode_ogg, render_log
from tests.chip_music import plan, song

pytest.importorskip("pygame")

_PLAYER = """
import sys, time, pygame
pygame.mixer.init(44100, -16, 2, 512, allowedchanges=0)
pygame.mixer.music.load(sys.argv[1])
pygame.mixer.music.play(-1)
deadline = time.monotonic() + 240
wanted = int(sys.argv[3])
import os
while os.path.getsize(sys.argv[2]) < wanted and time.monotonic() < deadline:
    time.sleep(0.02)
pygame.mixer.quit()
"""


def record(data: bytes, folder: Path, samples: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Play the file through the disk driver until that many samples are written."""
    source, target = folder / "track.ogg", folder / "out.raw"
    source.write_bytes(data)
    environment = {
        **os.environ,
        "SDL_AUDIODRIVER": "disk",
        "SDL_DISKAUDIOFILE": str(target),
        "SDL_DISKAUDIODELAY": "1",
        "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    }
    command = [sys.executable, "-c", _PLAYER, str(source), str(target), str(4 * samples)]
    subprocess.run(command, env=environment, check=True, timeout=300)
    left: np.ndarray[tuple[int], np.dtype[np.int16]] = np.fromfile(target, dtype="<i2")[::2]
    return left


@pytest.mark.parametrize("loop_start_bar", [0, 1])
def test_sdl_mixer_loops_with_the_exact_period(tmp_path: Path, loop_start_bar: int) -> None:
    score = song(2, loop_start_bar=loop_start_bar)
    log = write_registers(arrange(score, plan(), "nes"))
    pcm: Pcm = render_log(log, frames_per_bar=96)
    assert pcm.loop_start_sample is not None
    period = len(pcm.samples) - pcm.loop_start_sample
    heard = record(encode_ogg(pcm, {}), tmp_path, len(pcm.samples) + 3 * period)
    start = int(np.flatnonzero(heard)[0])
    passes = heard[start + len(pcm.samples) :].astype(np.int64)
    difference = np.abs(passes[:period] - passes[period : 2 * period])
    assert difference.max() <= 1
    off_by_one = np.abs(passes[:period] - passes[period + 1 : 2 * period + 1])
    assert off_by_one.max() > 100
