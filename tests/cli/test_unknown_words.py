"""Unknown words of a command line are answered with the nearest, wrong files with advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "build/x", "godott", "-o", "x"), 2, "did you mean 'godot'?"),
        (("build", "game.yaml", "--composer", "magneta"), 2, "did you mean 'magenta'?"),
        (("build", "game.yaml", "--check", "--format", "githb"), 2, "did you mean 'github'?"),
        (("schema", "mannifest"), 2, "did you mean 'manifest'?"),
        (("set", "game.yaml", "figth", "tempo=120"), 2, "did you mean 'fight'?"),
        (("set", "game.yaml", "fight", "tempoo=120"), 2, "did you mean 'tempo'?"),
        (("takes", "game.yaml", "figth"), 2, "did you mean 'fight'?"),
        (("takes", "game.yaml", "--accept", "figth"), 2, "did you mean 'fight'?"),
        (("compose", "--mdoel", "default"), 2, "did you mean --model?"),
        (("compose", "--model", "defult"), 4, "did you mean 'default'?"),
        (("build", "gam.yaml"), 2, "did you mean game.yaml?"),
        (("verify", "game.yaml"), 1, "`chipassets build game.yaml` makes one"),
        (("export", "game.yaml", "godot", "-o", "x"), 1, "`chipassets build game.yaml` makes"),
        (("show", "bundle.json", "town"), 1, "name its folder, ."),
        (("report", "game.txt"), 1, "name a folder with bundle.json, or a zip of one"),
        (("verify", "build/nothing"), 1, "there is no folder build/nothing"),
    ],
)
def test_an_unknown_word_gets_the_right_suggestion(
    chipassets: Run, game: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    (game / "bundle.json").write_text("{}")
    (game / "game.txt").write_text("music")
    before = sorted(path.name for path in game.iterdir())
    found = chipassets(*words, folder=game)
    assert (found.returncode, said in found.stderr) == (code, True), found.stderr
    assert sorted(path.name for path in game.iterdir()) == before
