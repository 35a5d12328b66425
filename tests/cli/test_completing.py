"""What Tab offers: tracks, models, keys and values; of what cannot be read nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment

SCRIPT = str(Path(sys.executable).with_name("chipassets"))
"""The command as a shell knows it: its name is in the variable that asks."""

GAME = """game: Tab
moods:
  dread: {like: dark}
tracks:
  town: {form: "A:4 B:4"}
  tower: {scene: dungeon}
  battle: {}
"""


def offered(folder: Path, line: str) -> list[str]:
    """Return what bash is offered at the end of a line."""
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [SCRIPT],
        cwd=folder,
        env=environment() | asked | {"_CHIPASSETS_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("chipassets takes game.yaml to", ["town", "tower"]),
        ("chipassets takes game.yaml town b", ["battle"]),
        ("chipassets takes game.yaml --accept b", ["battle"]),
        ("chipassets takes game.yaml town --reroll ", ["tune", "inner", "bass", "drums", "bars:",
                                                       "A", "B"]),
        ("chipassets set game.yaml tow", ["town", "tower"]),
        ("chipassets set game.yaml town tem", ["tempo=", "temperature="]),
        ("chipassets set game.yaml town mood=d", ["mood=dark", "mood=dread"]),
        ("chipassets build game.yaml --model p", ["polyphony"]),
        ("chipassets takes nowhere.yaml ", []),
        ("chipassets takes broken.yaml ", []),
        ("chipassets show nowhere ", []),
    ],
)  # fmt: skip
def test_tab_offers_what_fits(tmp_path: Path, line: str, words: list[str]) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    (tmp_path / "broken.yaml").write_text("tracks: [\n")
    assert offered(tmp_path, line) == words


def test_the_script_for_the_shell_is_printed() -> None:
    done = subprocess.run(
        [SCRIPT, "--show-completion", "zsh"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_CHIPASSETS_COMPLETE" in done.stdout
