"""Setting a key of a track changes that key and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from chipassets.errors import ManifestError, UsageError
from chipassets.manifest.edit import set_key

MANIFEST = """\
# The music.
game: Tiny   # a game
tracks:
  town:              # where one rests
    mood: [calm, bright]  # both
    length: 4 bars
  credits:   # nothing yet
  boss: {scene: boss, tempo: {min: 150, max: 160}}
  battle:
    mood:
      - tense
      - dark
    # the end of it

  shop: {}
"""


def set_in(tmp_path: Path, *change: object) -> str:
    path = tmp_path / "game.yaml"
    if not path.exists():
        path.write_text(MANIFEST)
    track, key, value = change
    set_key(path, str(track), str(key), value)
    return path.read_text()


@pytest.mark.parametrize(
    ("track", "key", "value", "line"),
    [
        ("town", "tempo", 132, "    tempo: 132"),
        ("town", "mood", ["tense"], "    mood: [tense]  # both"),
        ("credits", "mood", ["dark"], "    mood: [dark]"),
        ("boss", "tempo", 155, "  boss: {scene: boss, tempo: 155}"),
        ("boss", "mood", "dark", "  boss: {mood: dark, scene: boss, tempo: {min: 150, max: 160}}"),
        ("battle", "mood", "frantic", "    mood: frantic"),
        ("shop", "tempo", 99.5, "  shop: {tempo: 99.5}"),
    ],
)
def test_a_key_is_set_and_all_else_stays(
    tmp_path: Path, track: str, key: str, value: object, line: str
) -> None:
    after = set_in(tmp_path, track, key, value)
    assert line in after.splitlines()
    wanted = yaml.safe_load(MANIFEST)
    wanted["tracks"][track] = {**(wanted["tracks"][track] or {}), key: value}
    assert yaml.safe_load(after) == wanted
    for comment in ("# The music.", "# a game", "# where one rests", "# nothing yet", "# the end"):
        assert comment in after
    assert not set_key(tmp_path / "game.yaml", track, key, value)


def test_what_a_manifest_would_refuse_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(MANIFEST)
    with pytest.raises(ManifestError, match="heroic"):
        set_key(tmp_path / "game.yaml", "town", "mood", "heroc")
    with pytest.raises(UsageError, match="no track 'twon'; it has town, credits"):
        set_key(tmp_path / "game.yaml", "twon", "tempo", 120)
    assert (tmp_path / "game.yaml").read_text() == MANIFEST


def test_an_alias_is_left_to_a_person(tmp_path: Path) -> None:
    text = "game: A\ntracks:\n  town: &t {mood: calm}\n  shop: *t\n"
    (tmp_path / "game.yaml").write_text(text)
    with pytest.raises((UsageError, ManifestError)):
        set_key(tmp_path / "game.yaml", "shop", "mood", "tense")
    assert (tmp_path / "game.yaml").read_text() == text
