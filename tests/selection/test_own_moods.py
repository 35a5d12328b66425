"""Moods of a game's own: what they ask for holds, is measured, and is in every key it decides."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.lock import LockedTake
from chipassets.manifest import parse_manifest
from chipassets.music.metrics import measure
from chipassets.plan.presets import MOODS, SCENES, character
from chipassets.plan.trackplan import BuildPlan, OwnMood, Range, TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_json import plan_to_json
from chipassets.resolve.plan_text import plan_to_text
from chipassets.selection.moods import mood_evidence, notes_can_fit, wanted_ranges
from chipassets.stored.cache_keys import audio_key, notes_key
from tests.chip_music import song

DREAD = "like: dark, tempo: 60-80, modes: [phrygian, minor], density: 1-2.5, register: 48-60"


def plan(mood: str = DREAD, tracks: str = "{town: {mood: dread, length: 8 bars}}") -> BuildPlan:
    text = f"game: A\nmoods: {{dread: {{{mood}}}}}\ntracks: {tracks}\n"
    return resolve(parse_manifest(text.encode(), Path("game.yaml")))


def only(mood: str = DREAD, track: str = "mood: dread, length: 8 bars") -> TrackPlan:
    return plan(mood, f"{{town: {{{track}}}}}").tracks[0]


def keys(mood: str = DREAD, track: str = "mood: dread, length: 8 bars") -> tuple[str, str]:
    """The keys of the notes and of the files."""
    whole = plan(mood, f"{{town: {{{track}}}}}")
    take = LockedTake("0" * 64, 0, 1, "the only one", song(4))
    return notes_key(whole.tracks[0], "0" * 64), audio_key(whole, whole.tracks[0], take)


def test_ranges_of_a_custom_mood_reach_the_plan() -> None:
    track = only()
    assert track.moods == ("dread",)
    assert 60_000 <= track.tempo_millibpm <= 80_000
    assert track.key.mode in ("phrygian", "minor")
    assert track.character.density == Range(1, 2.5)
    assert track.character.lead_pitch == Range(48, 60)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("mood", MOODS)
def test_a_custom_mood_without_values_equals_the_preset(scene: str, mood: str) -> None:
    own = OwnMood("dread", like=mood)
    for before, after in (((), ()), (("calm",), ()), ((), ("sad",)), (("tense",), ("dark",))):
        mine = character(scene, (*before, "dread", *after), own_moods=(own,))
        assert mine == character(scene, (*before, mood, *after))


@given(
    st.sampled_from(list(SCENES)),
    st.sampled_from(list(MOODS)),
    st.permutations([*MOODS][:3]),
    st.integers(40, 70),
    st.integers(5, 20),
)
def test_the_first_moods_ranges_hold_whatever_the_others_ask(
    scene: str, like: str, others: list[str], low: int, width: int
) -> None:
    span = Range(low, low + width)
    own = OwnMood("dread", like, tempo=Range(60, 80), lead_pitch=span, density=Range(1, 2))
    preset = character(scene, ("dread", *others), own_moods=(own,))
    assert preset.tempo == Range(60, 80)
    assert preset.character.lead_pitch == span
    assert preset.character.density == Range(1, 2)
    without = replace(own, lead_pitch=None)
    assert preset.character.polyphony == (
        character(scene, ("dread", *others), own_moods=(without,)).character.polyphony
    )


def test_a_second_mood_moves_ranges_half_of_the_way() -> None:
    own = OwnMood("dread", "tense", tempo=Range(60, 80), polyphony=Range(1.2, 2))
    base = character("battle")
    preset = character("battle", ("tense", "dread"), own_moods=(own,))
    assert preset.tempo == Range((base.tempo.low + 60) / 2, (base.tempo.high + 80) / 2)
    polyphony = base.character.polyphony
    assert preset.character.polyphony.low == pytest.approx((polyphony.low + 1.2) / 2, abs=0.01)


def test_groove_and_instruments_of_ones_own_come_before_the_presets() -> None:
    track = only("like: heroic, groove: drive, instruments: {inner: bell}")
    assert track.character.groove == "drive"
    assert (track.character.lead, track.character.inner) == (MOODS["heroic"].lead, "bell")


def test_custom_scenes_and_defaults_may_have_a_custom_mood() -> None:
    text = (
        f"game: A\nmoods: {{dread: {{{DREAD}}}}}\ndefaults: {{mood: [calm, dread]}}\n"
        "scenes: {shrine: {like: town, mood: dread}}\ntracks: {shrine: , boss: {mood: sad}, shop: }"
    )
    shrine, boss, shop = resolve(parse_manifest(text.encode(), Path("game.yaml"))).tracks
    assert shrine.character.lead_pitch == Range(48, 60)
    assert [mood.name for mood in shop.own_moods] == ["dread"]
    assert shop.preset_moods == ("calm", "dark")
    assert boss.own_moods == (), "a track holds the moods that it has, and no others"


def test_the_evidence_is_held_against_the_moods_own_ranges() -> None:
    track = only()
    (found,) = mood_evidence(measure(song(4)), track)
    assert found.tag == "dread"
    assert found.wanted["tempo_bpm"] == Range(60, 80)
    assert found.wanted["lead_pitch"] == Range(48, 60)
    assert found.wanted["notes_per_second"] == Range(1, round(2.5 * 80 / 60, 2))
    own = character("town", ("dread",), own_moods=track.own_moods)
    assert wanted_ranges(own).items() <= found.wanted.items()
    assert found.measured["mode"] == 1


@pytest.mark.parametrize("scene", SCENES)
def test_notes_can_keep_what_a_mood_asks(scene: str) -> None:
    track = plan(tracks=f"{{{scene}: {{mood: dread}}}}").tracks[0]
    assert notes_can_fit(track)


def test_another_tempo_plans_the_track_anew_and_keeps_its_notes() -> None:
    faster = DREAD.replace("60-80", "100-110")
    assert 100_000 <= only(faster).tempo_millibpm <= 110_000
    assert keys(faster)[0] == keys()[0]
    assert keys(faster)[1] != keys()[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("density: 1-2.5", "density: 1-3"),
        ("register: 48-60", "register: 50-60"),
        ("like: dark", "like: sad"),
        ("modes: [phrygian, minor]", "modes: [lydian]"),
    ],
)
def test_changed_values_that_concern_notes_make_them_stale(old: str, new: str) -> None:
    changed = keys(DREAD.replace(old, new))
    assert changed[0] != keys()[0]
    assert changed[1] != keys()[1]


def test_a_mood_that_changes_makes_the_bundle_that_tells_it_stale() -> None:
    """The track says its tempo, so that the mood's is only told."""
    track = "mood: dread, length: 8 bars, tempo: 70"
    faster = DREAD.replace("60-80", "100-110")
    assert only(faster, track).tempo_millibpm == only(DREAD, track).tempo_millibpm
    assert keys(faster, track)[0] == keys(DREAD, track)[0]
    assert keys(faster, track)[1] != keys(DREAD, track)[1]


def test_a_mood_that_no_track_has_changes_nothing() -> None:
    track = "mood: dark, length: 8 bars"
    assert keys(DREAD, track) == keys("like: calm", track)
    unsaid = parse_manifest(f"game: A\ntracks: {{town: {{{track}}}}}".encode(), Path("g.yaml"))
    assert plan_to_json(resolve(unsaid)) == plan_to_json(plan(DREAD, f"{{town: {{{track}}}}}"))


def test_the_plan_tells_the_mood() -> None:
    told = json.loads(json.dumps(plan_to_json(plan())))["tracks"][0]
    assert told["own_moods"] == {
        "dread": {
            "like": "dark", "tempo": [60, 80], "modes": ["phrygian", "minor"],
            "density": [1, 2.5], "lead_pitch": [48, 60],
        }
    }  # fmt: skip
    assert "mood dread is like dark" in plan_to_text(plan())
