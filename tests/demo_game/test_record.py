"""The recording of a scripted game is what the log says, to the sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.demo_game.test_play import TO_THE_OVERWORLD, play
from tests.runtime.stepped_game import level
from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")

STEP = 735


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pieces = [
        Piece("title_song", 440, scene="title"),
        Piece("overworld_song", 660, 12, 8, scene="overworld"),
        Piece("battle_song", 990, scene="battle"),
    ]
    return write_bundle(tmp_path_factory.mktemp("record") / "bundle", pieces, "wav")


@pytest.mark.slow
def test_the_recording_holds_each_track_where_the_log_has_it(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.wav"
    script = TO_THE_OVERWORLD + "wait 90\nmeet\nwait 60\n"
    run = play(bundle, script, tmp_path, "--record", str(path))
    assert run.returncode == 0, run.stderr
    steps = [int(step) for step in re.findall(r"^step (\d+)", run.stdout, re.MULTILINE)]
    wave, rate_hz = soundfile.read(path)
    assert (rate_hz, wave.shape[1], len(wave) % STEP) == (44_100, 2, 0)
    heard = wave[:, 0]
    title, _ = soundfile.read(bundle / "audio/title_song.wav")
    until = steps[1] * STEP
    wanted = 0.8 * np.resize(title, until)
    assert np.max(np.abs(heard[:until] - wanted)) < 3 / 32768
    for hz, at, fade_ms in ((660, steps[1], 600), (990, steps[2], 90)):
        start = at * STEP
        assert np.max(np.abs(np.diff(heard[start - 50 : start + 50]))) < 0.2  # no click
        assert level(heard[start - 4096 : start], hz) < 0.01
        end = start + fade_ms * 44_100 // 1000 + 1000
        assert level(heard[end : end + 8192], hz) == pytest.approx(0.4, abs=0.02)


@pytest.mark.slow
def test_recording_a_script_twice_gives_equal_sound(bundle: Path, tmp_path: Path) -> None:
    script = TO_THE_OVERWORLD + "wait 30\n"
    for name in ("a.wav", "b.wav"):
        play(bundle, script, tmp_path, "--record", str(tmp_path / name))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
