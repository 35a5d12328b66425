"""Ren'Py as it runs, under a display in memory, with SDL writing what it plays to a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipassets.engines import export
from tests.engines.game import need, write_game

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

SCRIPT = """

label main_menu:
    return

label start:
    $ chipassets.enter("title")
    $ renpy.pause(6.0, hard=True)
    $ chipassets.enter("overworld", moods=["bright"])
    $ renpy.pause(4.0, hard=True)
    $ chipassets.intensity(0)
    $ renpy.pause(4.0, hard=True)
    $ chipassets.pause()
    $ renpy.pause(2.0, hard=True)
    $ chipassets.resume()
    $ renpy.pause(2.0, hard=True)
    $ chipassets.enter("overwrold")
    $ chipassets.sting("battle")
    $ chipassets.sting("victroy")
    $ renpy.quit()
"""
# Debian's Ren'Py 8.0.3 is of Python 3.9's time: it compiles trees whose nodes end before they
# start, which Python refuses since 3.11.
FOR_NEWER_PYTHONS = """
import ast
import builtins

_compile = builtins.compile


def compile(source, *args, **named):
    if isinstance(source, ast.AST):
        for node in ast.walk(source):
            if hasattr(node, "lineno") and (getattr(node, "end_lineno", None) or 0) < node.lineno:
                node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
    return _compile(source, *args, **named)


builtins.compile = compile
"""


def recorded(tmp_path: Path) -> tuple[NDArray[np.float64], str]:
    """What the game sounds like, both sides as one, at the rate that the export sets; its words.

    The file of the battle is missing.
    """
    renpy = shutil.which("renpy") or shutil.which("renpy", path="/usr/games")
    if renpy is None:
        pytest.skip("no renpy on the path (Debian: apt-get install renpy)")
    screen, project = need("xvfb-run", "xvfb"), tmp_path / "project"
    export("renpy", write_game(tmp_path / "bundle"), project / "game")
    (project / "game/script.rpy").write_text(SCRIPT)
    (project / "game/audio/chipassets/battle.ogg").unlink()
    (tmp_path / "sitecustomize.py").write_text(FOR_NEWER_PYTHONS)
    settings = {
        "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), "RENPY_RENDERER": "sw",
        "SDL_AUDIODRIVER": "disk", "SDL_DISKAUDIOFILE": str(tmp_path / "heard.raw"),
    }  # fmt: skip
    done = subprocess.run(
        [screen, "-a", renpy, project, "run"],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    heard = np.fromfile(tmp_path / "heard.raw", np.int16).reshape(-1, 2).mean(axis=1) / 32768
    return np.asarray(heard, np.float64), done.stdout


def place_of(piece: NDArray[np.float64], heard: NDArray[np.float64]) -> int:
    """The sample at which a piece is heard best."""
    size = 1 << (len(heard) + len(piece)).bit_length()
    there = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    return int(np.argmax(np.fft.irfft(there, size)[: len(heard)]))


def test_renpy_returns_behind_the_intro_and_plays_layers_in_step(tmp_path: Path) -> None:
    heard, said = recorded(tmp_path)
    assert (
        "no track serves the scene 'overwrold', the music stays; did you mean 'overworld'?" in said
    )
    assert "there is no sting 'victroy'; did you mean 'victory'?" in said
    assert "track 'battle' stays silent: the game has no audio/chipassets/battle.ogg" in said
    audio = tmp_path / "bundle/audio"
    title = soundfile.read(audio / "title.ogg")[0]
    # The pitch changes a fifth upwards behind the intro, and nowhere else: it is where it is found.
    whole = np.concatenate([title, title[44_100:]])
    began = place_of(whole[22_050:66_150], heard[: 6 * 44_100]) - 22_050
    # From the fade's end to a second behind the seam, which is at 4 s; at Ren'Py's own level.
    here, wanted = heard[began + 44_100 : began + 5 * 44_100], whole[44_100 : 5 * 44_100]
    level = np.dot(here, wanted) / np.dot(wanted, wanted)
    assert level > 0.3
    assert np.max(np.abs(here - level * wanted)) < 3 / 32_768

    layers = [soundfile.read(audio / f"overworld.{number}.ogg")[0] for number in (0, 1)]

    def amplitudes(second: float) -> list[float]:
        """How loud each tone of the two layers is in a tenth of a second, in the same unit."""
        start = round(second * 44_100)
        piece = heard[start : start + 4410]
        turns = np.arange(4410) / 44_100
        return [abs(np.dot(piece, np.exp(-2j * np.pi * hz * turns))) / 2205 for hz in (440, 660)]

    assert all(len(layer) == 3 * 44_100 for layer in layers)
    end = len(heard) / 44_100
    loud, quiet = amplitudes(end - 9.5), amplitudes(end - 5.5)
    assert loud[0] == pytest.approx(loud[1], rel=0.1)
    assert loud[0] > 0.1
    assert quiet[0] == pytest.approx(loud[0], rel=0.1)
    assert quiet[1] < 0.02 * loud[1]
    assert amplitudes(end - 3)[0] == 0, "paused"
    assert amplitudes(end - 0.5)[0] == pytest.approx(loud[0], rel=0.1)
