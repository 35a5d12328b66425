"""What the shipped model composes for each scene, and which take is chosen, as text.

A change of any number in composing, shaping or choosing shows here, and must raise its version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from chipassets.compose.weights import Model, shipped_model
from chipassets.lock import Choices
from chipassets.manifest import parse_manifest
from chipassets.music.score_text import score_to_lines
from chipassets.originality import GramIndex, open_index
from chipassets.plan.presets import SCENES
from chipassets.plan.trackplan import TrackPlan
from chipassets.production.casting import Candidate, choose_candidate, lock_take, roll
from chipassets.resolve.build_plan import resolve
from tests.conftest import Golden, check_renewal, versions_line

# Lengths at which each scene has more than one section, and yet composes in about a second.
_TRACKS = "\n".join(
    f"  {scene}: {{length: {8 if row.loops else 4} bars}}" for scene, row in SCENES.items()
)
MANIFEST = f"game: Golden\nseed: 5\ndefaults: {{takes: 3}}\ntracks:\n{_TRACKS}\n"
METRES = "game: Metres\nseed: 5\ndefaults: {takes: 2, length: 4 bars}\ntracks:\n" + "\n".join(
    (
        "  waltz: {scene: town, metre: 3/4}",
        "  jig: {scene: shop, metre: 6/8}",
        "  call: {scene: title, key: D major, motif: hero}",
        "  vow: {scene: dungeon, primer: A4 - C5 - E5 - - -}",
        "motifs: {hero: D5 - - F#5 A5 - - -}",
    )
)


@cache
def _shipped() -> tuple[Model, GramIndex | None]:
    return shipped_model(), open_index("default")


def told(track: TrackPlan) -> str:
    """The choice among a track's takes, and the notes of the one that is chosen."""
    model, grams = _shipped()
    choices = Choices()
    candidates = roll(track, model, grams, choices, 0, track.takes, lambda _: None)
    chosen = choose_candidate(track, candidates)
    locked = lock_take(track, model, grams, choices, candidates, chosen)
    lines = [_row(item) for item in candidates]
    lines += [f"take {locked.number + 1} of {locked.of}: {locked.why}", ""]
    return "\n".join([*lines, *score_to_lines(locked.score)]) + "\n"


def _row(item: Candidate) -> str:
    against = "; ".join([item.rating.refused or "", *item.complaints]).strip("; ")
    parts = ", ".join(f"{f.name} {f.value:.3f} ({f.points:.2f})" for f in item.rating.features)
    said = f" - {against}" if against else ""
    return f"{item.number + 1}: {item.rating.total:.3f}{said}; {parts}"


def tracks_of(manifest: str) -> dict[str, TrackPlan]:
    plan = resolve(parse_manifest(manifest.encode(), Path("game.yaml")))
    return {track.name: track for track in plan.tracks}


@pytest.mark.parametrize("scene", SCENES)
def test_each_scene_sounds_as_it_did(scene: str, versioned_golden: Golden) -> None:
    versioned_golden(f"scores_{scene}.txt", told(tracks_of(MANIFEST)[scene]))


@pytest.mark.parametrize("name", ["waltz", "jig", "call", "vow"])
def test_other_metres_motifs_and_primers_sound_as_they_did(
    name: str, versioned_golden: Golden
) -> None:
    versioned_golden(f"scores_{name}.txt", told(tracks_of(METRES)[name]))


def test_a_changed_text_under_unchanged_versions_is_refused() -> None:
    versions = versions_line()
    check_renewal("a.txt", f"{versions}\n0 lead | 0:C5+4\n", versions, "0 lead | 0:C5+4\n")
    check_renewal("a.txt", "# COMPOSE 1, SHAPE 1, TAKES 1\nold\n", versions, "new\n")
    with pytest.raises(pytest.fail.Exception, match="raise COMPOSE_VERSION"):
        check_renewal("a.txt", f"{versions}\n0 lead | 0:C5+4\n", versions, "0 lead | 0:D5+4\n")


def test_the_versions_are_those_of_the_cache_keys() -> None:
    from chipassets.compose.version import COMPOSE_VERSION
    from chipassets.versions import SHAPE_VERSION, TAKES_VERSION

    numbers = [
        int(word.strip(",")) for word in versions_line().split() if word.strip(",").isdigit()
    ]
    assert numbers == [COMPOSE_VERSION, SHAPE_VERSION, TAKES_VERSION]
