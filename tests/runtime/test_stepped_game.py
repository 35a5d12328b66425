"""What other tests hear must not depend on how busy the machine is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.stepped_game import record
from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot choose a core")
def test_the_same_game_is_heard_again_to_the_sample(tmp_path: Path) -> None:
    """Alone, and on one core that another process keeps busy."""
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 441), Piece("shop", 882)])
    code = "player.enter('town'); play(0.3); player.enter('shop', how='cut'); play(0.3)"
    (tmp_path / "alone").mkdir()
    record(code, bundle, tmp_path / "alone")
    (tmp_path / "busy").mkdir()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # children inherit it
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        record(code, bundle, tmp_path / "busy")
    finally:
        os.sched_setaffinity(0, cores)
        spinning.kill()
        spinning.wait()
    alone = (tmp_path / "alone/heard.raw").read_bytes()
    assert (tmp_path / "busy/heard.raw").read_bytes() == alone
