"""The index of one small bundle, as text: what a game is told of its music."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chipassets.build import Built, build
from chipassets.manifest import load_manifest
from chipassets.resolve.build_plan import resolve
from tests.conftest import Golden, share_takes

GAME = """\
game: Index
model: polyphony
seed: 5
formats: [midi, nsf]
motifs: {hero: D5 - - F#5 A5 - - -}
defaults: {takes: 2, length: 4 bars}
tracks:
  title: {key: D major, motif: hero, mood: heroic}
  cave: {scene: dungeon, metre: 6/8}
  won: {scene: victory, match: title, length: 2 bars}
"""
MUSIC = (
    "name", "key", "tempo_bpm", "bars", "sections", "chords", "motifs", "take", "seed", "metrics",
    "evidence", "scene_evidence", "warnings",
)  # fmt: skip
"""What composing, shaping and choosing decide of a track's entry."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("index")
    manifest = folder / "game.yaml"
    manifest.write_text(GAME)
    plan = resolve(load_manifest(manifest))
    with pytest.MonkeyPatch.context() as patch:
        share_takes(tmp_path_factory, patch)
        patch.setenv("CHIPASSETS_CACHE", str(folder / "cache"))
        *_, built = build(plan, manifest, folder / "bundle", 1)
    assert isinstance(built, Built)
    found: dict[str, Any] = json.loads((folder / "bundle/bundle.json").read_text())
    return found


def as_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def test_the_index_describes_the_same_music_as_before(
    index: dict[str, Any], versioned_golden: Golden
) -> None:
    music = {
        track["name"]: {name: track[name] for name in MUSIC if name in track}
        for track in index["tracks"]
    }
    for track in music.values():
        # What is read of the notes, no version of composing stands for either.
        track["sections"] = [
            {name: part[name] for name in ("name", "start_bar", "bars")}
            for part in track["sections"]
        ]
    versioned_golden("index_music.txt", as_text(music))


def test_the_index_is_the_golden_one(index: dict[str, Any], golden: Golden) -> None:
    """Renewed for a new field, too, which no version of composing stands for."""
    golden("index.json", as_text(index | {"generator": "chipassets"}))
