"""A small bundle as a game has it: a title with an intro, layers, a piece that ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from chipassets.chipfiles import encode_uge
from tests.chipfiles.material import tune, tune_log
from tests.report.sample_bundle import Piece, write_sample

PIECES = (
    Piece("title", hz=440, bars=4, intro_bars=1),
    Piece("overworld", hz=523.25, bars=3, layers_hz=(440, 660), moods=("bright",)),
    Piece("night", scene="overworld", hz=330, bars=2, moods=("dark",)),
    Piece("battle", hz=587, bars=2, layers_hz=(294, 880)),
    Piece("victory", hz=880, bars=1, intro_bars=None),
)
SECONDS_A_BAR = 1.0


def write_game(folder: Path) -> Path:
    """Write the bundle and return its folder."""
    write_sample(folder, list(PIECES))
    return folder


def write_songs(folder: Path) -> Path:
    """Write the bundle with a Game Boy song for each track and return its folder."""
    write_game(folder)
    song = encode_uge(tune(2, chip="gameboy"), tune_log(2, chip="gameboy"), title="song").data
    index = json.loads((folder / "bundle.json").read_text())
    for track in index["tracks"]:
        path = folder / f"uge/{track['name']}.uge"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(song)
        entry = {"path": f"uge/{path.name}", "sha256": sha256(song).hexdigest(), "bytes": len(song)}
        track["files"]["uge"] = entry
    (folder / "bundle.json").write_text(json.dumps(index))
    return folder


def need(program: str, package: str) -> str:
    """The path of a program; the test is skipped where it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} on the path (Debian: apt-get install {package})")
    return found


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """The output of a program that must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr
