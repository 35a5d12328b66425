"""The code in docs/runtime.md runs as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runtime.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
BEFORE = """
from chipassets.runtime import *
library = Library.open('music.zip')
music = PygamePlayer(library)
"""
QUIT = "pygame.event.post(pygame.event.Event(pygame.QUIT))\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundles that the page names."""
    folder = tmp_path_factory.mktemp("documented")
    pieces = [Piece(name, 440, bars=1) for name in ("title", "overworld", "town", "boss")]
    pieces += [Piece("battle", 440, moods=("tense", "dark"), bars=1)]
    bundle = write_bundle(folder / "build/moon-garden", pieces, "wav")
    shutil.make_archive(str(folder / "music"), "zip", bundle)
    return folder


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_of_python_runs(folder: Path, number: int) -> None:
    code = BLOCKS[number].replace("while is_running:", f"{QUIT}while is_running:")
    run = subprocess.run(
        [sys.executable, "-c", code if code.startswith("import pygame") else BEFORE + code],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SDL_VIDEODRIVER": "dummy",
            "SDL_AUDIODRIVER": "dummy",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


def test_the_page_holds_the_blocks_that_are_meant() -> None:
    assert len(BLOCKS) == 5
