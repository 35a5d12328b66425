"""What other tests hear must not depend on how busy the machine is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.stepped_game import record
from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")


def test_the_same_game_is_heard_again_to_the_sample(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 441), Piece("shop", 882)])
    code = "player.enter('town'); play(0.3); player.enter('shop', how='cut'); play(0.3)"
    heard = []
    for name, others in (("alone", 0), ("busy", 4)):
        spinning = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(others)
        ]
        (tmp_path / name).mkdir()
        try:
            record(code, bundle, tmp_path / name)
        finally:
            for process in spinning:
                process.kill()
                process.wait()
        heard.append((tmp_path / name / "heard.raw").read_bytes())
    assert heard[0] == heard[1]
