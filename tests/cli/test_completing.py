"""What Tab offers: tracks, models, keys and values; of what cannot be read nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment

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


def asked(line: str) -> dict[str, str]:
    """Return the variables by which bash asks what may stand at the end of a line."""
    place = str(len(line.split(" ")) - 1)
    return {"COMP_WORDS": line, "COMP_CWORD": place, "_CHIPASSETS_COMPLETE": "complete_bash"}


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
def test_tab_offers_what_fits(
    tmp_path: Path,
    chipassets: Run,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    words: list[str],
) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    (tmp_path / "broken.yaml").write_text("tracks: [\n")
    for name, value in asked(line).items():
        monkeypatch.setenv(name, value)
    # Else the command would be asked by the name of what runs the tests.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)
    done = chipassets()
    assert not done.stderr
    assert done.stdout.split() == words


@pytest.mark.slow
def test_the_installed_command_answers_a_shell(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(GAME)
    done = subprocess.run(
        [SCRIPT],
        cwd=tmp_path,
        env=environment() | asked("chipassets takes game.yaml to"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["town", "tower"]
    assert not done.stderr


@pytest.mark.slow
def test_the_script_for_the_shell_is_printed() -> None:
    done = subprocess.run(
        [SCRIPT, "--show-completion", "zsh"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_CHIPASSETS_COMPLETE" in done.stdout
