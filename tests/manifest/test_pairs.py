"""Every key of a track beside every other: it is composed and arranged, or refused for both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from chipassets.arrange import arrange
from chipassets.compose.composer import sketch
from chipassets.compose.variant import vary
from chipassets.errors import ManifestError
from chipassets.manifest import Manifest, parse_manifest
from chipassets.manifest.models import Track
from chipassets.manifest.wishes import OPTIONS_OF_A_SECTION
from chipassets.music.score import Score
from chipassets.music.score_text import score_to_lines
from chipassets.plan.links import VARIANT
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_text import plan_to_text
from chipassets.shape import shape
from chipassets.stored.facts import notes_fields
from tests.compose.conftest import material_of
from tests.manifest.conftest import write_midi

TUNE = "C5 - E5 - G5 - E5 -"
OTHERS = {
    "other": {"scene": "town", "length": "2 bars", "key": "C major", "tempo": 120},
    "goal": {"scene": "battle", "length": "2 bars"},
}
LINKS = ("like", "family", "from", "to", "variant")

SAID: dict[str, dict[str, Any]] = {
    "mood": {"mood": "calm"},
    "primer": {"primer": "C5 - E5 -"},
    "condition_on_primer": {"condition_on_primer": False, "primer": "C5 - E5 -"},
    "inject_primer": {"inject_primer": True, "primer": "C5 - E5 -"},
    "length": {"length": "3 bars"},
    "tempo": {"tempo": 132},
    "metre": {"metre": "3/4"},
    "key": {"key": "D dorian"},
    "form": {"form": "A:1 B:1"},
    "chords": {"chords": "Dm | G"},
    "motif": {"motif": "hero"},
    "melody": {"melody": "D5 - F5 - A5 - F5 -"},
    "drums": {"drums": {"kick": "x...", "hat": "x."}},
    "texture": {"texture": "arpeggio"},
    "bass": {"bass": "walking"},
    "density": {"density": "2-4"},
    "register": {"register": "67-77"},
    "dynamics": {"dynamics": "mp"},
    "swing": {"swing": "60%"},
    "shuffle": {"shuffle": "58%"},
    "sections": {"sections": {"B": {"drums": "none", "bass": "1 - 5 -"}}, "form": "A:1 B:1"},
    "guidance": {"guidance": {"leaps": 2}},
    "chromatic": {"chromatic": 0.1},
    "temperature": {"temperature": 0.9},
    "takes": {"takes": 2},
    "avoid": {"avoid": ["leaps", "fills"]},
    "sounds_like": {"sounds_like": "ref.mid"},
    "ending": {"ending": "fade", "loop": False},
    "pickup": {"pickup": "G4 - A4 -"},
    "final_key": {"final_key": 2, "form": "A:1 A':1"},
    "loop": {"loop": False},
    "instruments": {"instruments": {"lead": "bell"}},
    "arpeggio": {"arpeggio": False},
    "filter": {"filter": "none"},
    "level": {"level": -2},
    "leave": {"leave": ["pulse2"]},
    "layers": {"layers": ["bass+drums", "+lead"]},
    "lock": {"lock": "open"},
    "scene": {"scene": "dungeon"},
    "match": {"match": "other"},
    "like": {"like": "other"},
    "variant": {"variant": "night", "like": "other"},
    "family": {"family": "other"},
    "from": {"from": "other", "to": "goal"},
    "to": {"to": "goal", "from": "other"},
    "seed": {"seed": 9},
    "was": {"was": "old_name"},
}
"""A value for every key, with the keys without which it says nothing."""

OF_A_SECTION: dict[str, Any] = {
    "drums": "march",
    "texture": "thirds",
    "bass": "1 - 5 -",
    "density": "2-4",
    "register": "67-77",
    "dynamics": "p",
    "instruments": {"lead": "bell"},
    "chords": "F | Bb",
    "key": "F major",
    "motif": {"hero": "voice"},
    "melody": "D5 - F5 - A5 - F5 -",
}

KEYS = [info.alias or name for name, info in Track.model_fields.items()]


def game(folder: Path, said: dict[str, Any]) -> Manifest:
    base = {} if said.keys() & set(LINKS) else {"length": "2 bars"}
    track = {"scene": "overworld", **base, **said}
    values = {
        "game": "Pairs", "seed": 4, "motifs": {"hero": TUNE}, "tracks": {**OTHERS, "it": track},
    }  # fmt: skip
    return parse_manifest(json.dumps(values).encode(), folder / "game.yaml")


@cache
def other() -> tuple[str, ...]:
    """The notes of the track that others follow."""
    values = {"game": "Pairs", "seed": 4, "tracks": {"other": OTHERS["other"]}}
    (track,) = resolve(parse_manifest(json.dumps(values).encode(), Path("game.yaml"))).tracks
    return tuple(score_to_lines(composed(track)))


def composed(track: TrackPlan) -> Score:
    if track.link is not None:
        track = replace(track, link=replace(track.link, source=other()))
    if track.link is not None and track.link.kind == VARIANT:
        return vary(track)
    pulse = max(4, track.pulse_steps)
    return shape(sketch(track, material_of(track.beats_per_bar, pulse), 0).score, track)


def test_every_key_has_a_value() -> None:
    assert set(SAID) == set(KEYS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file that `sounds_like` names."""
    folder = tmp_path_factory.mktemp("pairs")
    write_midi(folder / "ref.mid", [(240 * n, 240 * n + 200, 60 + n * 5 % 12) for n in range(64)])
    return folder


def said_by(*keys: str) -> dict[str, Any]:
    """Return the values of the keys, with the keys that they need."""
    needed = {name: value for key in keys for name, value in SAID[key].items()}
    return needed | {key: SAID[key][key] for key in keys}


@cache
def accepted(folder: Path) -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that a manifest may have; a refusal must name both keys."""
    found = set()
    for one, two in combinations(KEYS, 2):
        said = said_by(one, two)
        try:
            game(folder, said)
        except ManifestError as error:
            text = "\n".join(map(str, error.problems))
            for key in (one, two):
                names = {key, *SAID[key]} & said.keys()
                assert any(f"{name}" in text for name in names), f"{one} and {two}: {text}"
        else:
            found.add((one, two))
    return frozenset(found)


def agree(keys: Sequence[str]) -> bool:
    """Return whether no key needs another value of a key than the others."""
    said = said_by(*keys)
    return all(said[name] == value for key in keys for name, value in SAID[key].items())


_MOST_TOGETHER = 7


def groups(pairs: frozenset[tuple[str, str]]) -> list[list[str]]:
    """Return groups of keys, all accepted beside each other, that hold every pair together."""
    missing = {pair for pair in pairs if agree(pair)}
    found = []
    while missing:
        group = list(min(missing))
        others = [key for key in KEYS if key not in group]
        while others and len(group) < _MOST_TOGETHER:
            gains = {key: len(missing & held([*group, key]) - held(group)) for key in others}
            best = max(others, key=gains.__getitem__)
            others.remove(best)
            wider = [*group, best]
            if gains[best] and held(wider) <= pairs and agree(wider):
                group = wider
        found.append(group)
        missing -= held(group)
    return found


def held(keys: Iterable[str]) -> set[tuple[str, str]]:
    """Return the pairs among the keys, in the order of `KEYS`."""
    return set(combinations(sorted(keys, key=KEYS.index), 2))


def test_every_key_beside_every_other_is_accepted_or_refused_for_both(folder: Path) -> None:
    assert 900 < len(accepted(folder)) < len(held(KEYS))


@pytest.mark.slow
def test_every_key_is_played_beside_every_other_in_groups_of_keys(folder: Path) -> None:
    for group in groups(accepted(folder)):
        check_played(game(folder, said_by(*group)), " and ".join(group))


@pytest.mark.slow
@pytest.mark.parametrize("first", KEYS)
def test_every_key_is_played_beside_every_other_alone(folder: Path, first: str) -> None:
    for one, two in accepted(folder):
        if one == first:
            check_played(game(folder, said_by(one, two)), f"{one} and {two}")


def check_played(manifest: Manifest, what: str) -> None:
    plan = resolve(manifest)
    assert plan_to_text(plan)
    track = plan.tracks[-1]
    said = json.dumps(notes_fields(track), default=str)
    if said not in SCORES:
        SCORES[said] = composed(track)
    score = replace(SCORES[said], tempo_millibpm=track.tempo_millibpm)
    assert score.notes, what
    assert score.bars == track.bars, what
    song = arrange(score, track, plan.chip)
    assert any(voice.notes for voice in song.voices), what


SCORES: dict[str, Score] = {}
"""What was composed, by what a plan says about notes: many keys say nothing about them."""


@pytest.mark.parametrize("first", OF_A_SECTION)
@pytest.mark.default_cases(4)
def test_every_key_of_a_section_beside_every_other_is_played_or_refused_for_both(
    tmp_path: Path, first: str
) -> None:
    for one, two in combinations(OF_A_SECTION, 2):
        if one != first:
            continue
        own = {one: OF_A_SECTION[one], two: OF_A_SECTION[two]}
        try:
            manifest = game(
                tmp_path, {"form": "A:2 B:2", "sections": {"B": own}, "length": "4 bars"}
            )
        except ManifestError as error:
            text = "\n".join(map(str, error.problems))
            assert one in text, text
            assert two in text, text
            continue
        check_played(manifest, f"{one} and {two}")


def test_what_a_section_can_have_has_a_value() -> None:
    assert set(OF_A_SECTION) == set(OPTIONS_OF_A_SECTION)
