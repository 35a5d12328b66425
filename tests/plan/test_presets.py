"""Scenes and moods: every name means something, and merging keeps its promises."""

from __future__ import annotations

from itertools import permutations

import pytest

from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.drum_table import GROOVES
from chipassets.music.keys import MODES
from chipassets.plan.presets import MOODS, SCENES, TEMPO_LIMITS, Preset, character
from chipassets.plan.trackplan import Range
from chipassets.units import METRES

EVERY = [
    (scene, moods, metre)
    for scene in SCENES
    for count in (0, 1, 2)
    for moods in permutations(MOODS, count)
    for metre in METRES
]


def middle(span: Range) -> float:
    return (span.low + span.high) / 2


def test_no_name_that_manifests_rely_on_is_gone() -> None:
    assert SCENES.keys() >= {
        "title", "overworld", "town", "dungeon", "battle", "boss", "shop", "victory",
        "game_over", "credits",
    }  # fmt: skip
    assert MOODS.keys() >= {
        "calm", "bright", "heroic", "tense", "dark", "playful", "sad", "triumphant",
        "mysterious", "frantic",
    }  # fmt: skip


def test_every_combination_is_something_that_can_be_made() -> None:
    for scene, moods, metre in EVERY:
        preset = character(scene, moods, metre)
        sound = preset.character
        assert preset.modes
        assert set(preset.modes) <= MODES.keys()
        assert sound.groove in GROOVES
        assert {sound.lead, sound.inner, sound.bass} <= INSTRUMENTS.keys()
        assert TEMPO_LIMITS.low <= preset.tempo.low < preset.tempo.high <= TEMPO_LIMITS.high
        assert 0 < sound.density.low < sound.density.high
        assert 1 <= sound.polyphony.low < sound.polyphony.high
        assert 40 < sound.lead_pitch.low < sound.lead_pitch.high < 90


@pytest.mark.parametrize("scene", SCENES)
def test_a_scenes_own_moods_change_nothing(scene: str) -> None:
    assert character(scene, SCENES[scene].moods) == character(scene)


@pytest.mark.parametrize("scene", SCENES)
def test_the_density_holds_what_was_measured_at_the_scenes_tempo(scene: str) -> None:
    row, preset = SCENES[scene], character(scene)
    onsets = row.notes_per_second / (max(middle(row.tempo), 120) / 60)
    assert preset.character.density.low < 0.5 * onsets
    assert onsets < preset.character.density.high <= 1.31 * onsets


@pytest.mark.parametrize("scene", SCENES)
def test_aroused_moods_are_faster_and_denser_than_calm_ones(scene: str) -> None:
    def at(mood: str) -> Preset:
        return character(scene, (mood,))

    assert middle(at("calm").tempo) <= middle(at("bright").tempo)
    assert middle(at("sad").tempo) < middle(at("frantic").tempo)
    assert at("sad").character.density.high < at("frantic").character.density.high
    assert middle(at("dark").character.lead_pitch) < middle(at("triumphant").character.lead_pitch)


def test_pleasant_moods_are_major_and_unpleasant_ones_minor() -> None:
    for scene in SCENES:
        for mood in ("bright", "playful", "triumphant"):
            assert 4 in MODES[character(scene, (mood,)).modes[0]], (scene, mood)
        for mood in ("dark", "sad", "tense"):
            assert 3 in MODES[character(scene, (mood,)).modes[0]], (scene, mood)


def test_the_first_mood_counts_most() -> None:
    calm_first = character("battle", ("calm", "frantic"))
    frantic_first = character("battle", ("frantic", "calm"))
    assert calm_first.tempo.high < frantic_first.tempo.high
    assert calm_first.character.groove == "ballad"
    assert frantic_first.character.groove == "gallop"


def test_other_metres_have_other_grooves() -> None:
    assert character("town", (), "3/4").character.groove == "waltz"
    assert character("battle", (), "6/8").character.groove == "six_eight"
    assert character("game_over", (), "6/8").character.groove == "none"


def test_short_scenes_end() -> None:
    for scene in ("victory", "game_over"):
        assert (character(scene).bars, character(scene).loops) == (4, False)


def test_scenes_differ() -> None:
    assert len({character(scene) for scene in SCENES}) == len(SCENES)
