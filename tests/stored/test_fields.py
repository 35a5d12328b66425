"""Fields of a plan: which keys they are part of follows from what the plan says of them."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

from chipassets.manifest import parse_manifest
from chipassets.plan.plain_values import plain_values
from chipassets.plan.trackplan import SOUND_FIELDS, BuildPlan, TrackPlan, Wish, unsaid
from chipassets.resolve import plan_to_json, resolve
from chipassets.stored.cache_keys import audio_key, notes_key, track_sound_of_bars
from chipassets.stored.facts import notes_fields
from tests.lock.material import PLAIN

OTHERS: dict[str, Any] = {
    "filter_name": "muffled",
    "swing_percent": 60.0,
    "shuffle_percent": 58.0,
    "level_db": -2.0,
}
"""Another value of each field that decides the sound alone."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> BuildPlan:
    folder = tmp_path_factory.mktemp("plan")
    return resolve(parse_manifest(b"game: Tiny\ntracks: {boss: {}}", folder / "game.yaml"))


def test_every_field_of_the_sound_is_tried() -> None:
    assert set(SOUND_FIELDS) <= OTHERS.keys(), "add another value of the new field to OTHERS"


@pytest.mark.parametrize("name", SOUND_FIELDS)
def test_a_field_of_the_sound_decides_files_and_no_notes(plan: BuildPlan, name: str) -> None:
    before = plan.tracks[0]
    after = replace(before, **{name: OTHERS[name]})
    assert notes_key(before, "") == notes_key(after, "")
    assert audio_key(plan, before, PLAIN) != audio_key(plan, after, PLAIN)
    (told,) = plan_to_json(replace(plan, tracks=(after,)))["tracks"]
    assert told[name] == OTHERS[name]


def test_a_field_at_its_default_says_nothing(plan: BuildPlan) -> None:
    track = plan.tracks[0]
    late = [item.name for item in fields(TrackPlan) if "unsaid" in item.metadata]
    assert set(unsaid(track)) == set(late)
    assert not set(late) & notes_fields(track).keys()
    assert not set(late) & plan_to_json(plan)["tracks"][0].keys()
    assert track_sound_of_bars(track) == {}


def test_plain_values_are_those_of_asdict() -> None:
    text = (
        b'game: Tiny\nmotifs: {call: "C5 E5 G5"}\ntracks:\n'
        b'  boss: {motif: call, chords: {A: "I | V"}, form: A A, guidance: {leaps: 1.5}}\n'
        b"  town: {like: boss, variant: night}\n"
    )
    plan = resolve(parse_manifest(text, Path("game.yaml")))
    for track in plan.tracks:
        found, wanted = plain_values(track), asdict(track)
        assert found == wanted
        assert repr(found) == repr(wanted)
    assert repr(plain_values(plan)) == repr(asdict(plan))


def test_plain_values_are_new_in_each_call(plan: BuildPlan) -> None:
    plain_values(plan.tracks[0])["character"].clear()
    assert plain_values(plan.tracks[0])["character"] == asdict(plan.tracks[0].character)


def test_what_is_wanted_of_the_loudness_alone_leaves_the_notes(plan: BuildPlan) -> None:
    plain = plan.tracks[0]
    softer = replace(plain, wishes=(Wish("B", dynamics_db=-9.0), Wish("", lead="bell")))
    assert notes_fields(softer) == notes_fields(plain)
    dense = replace(softer, wishes=(*softer.wishes, Wish("A", texture="held")))
    assert [wish["section"] for wish in notes_fields(dense)["wishes"]] == ["A"]
