"""Mood is measured: a track keeps its tags' ranges, or says which one it leaves and how."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from chipassets.music.keys import Key
from chipassets.music.metrics import Metrics, measure
from chipassets.music.score import Note, Score
from chipassets.plan.presets import MOODS, SCENES, character
from chipassets.plan.trackplan import Range, TrackPlan, Wish
from chipassets.selection.moods import (
    complaints,
    mood_evidence,
    notes_can_fit,
    scene_evidence,
    unmet,
    wanted_ranges,
)

BARS = 4


def a_plan(scene: str, moods: tuple[str, ...] = ()) -> TrackPlan:
    preset = character(scene, moods)
    return TrackPlan(
        name=scene,
        scene=scene,
        moods=moods,
        seed=1,
        bars=BARS,
        beats_per_bar=4,
        tempo_millibpm=round(500 * (preset.tempo.low + preset.tempo.high)),
        key=Key(2, preset.modes[0]),
        loops=True,
        primer=None,
        condition_on_primer=True,
        inject_primer=False,
        temperature=1.0,
        takes=4,
        character=preset.character,
    )


def a_score(track: TrackPlan, gap_steps: int, lead: int = 69) -> Score:
    """A lead with a note every so many steps over a held bass: about two voices."""
    notes = [Note(at, gap_steps, lead + at // 2 % 3) for at in range(0, 16 * BARS, gap_steps)]
    notes += [Note(at, gap_steps, 57 + at % 3) for at in range(0, 16 * BARS, gap_steps)]
    notes += [Note(16 * bar, 8, 45) for bar in range(BARS)]
    return Score((), BARS, track.tempo_millibpm, track.key).with_notes(notes)


def test_a_battle_in_its_ranges_fits_its_scene_and_moods() -> None:
    track = a_plan("battle", ("tense",))
    metrics = measure(a_score(track, 2, 67))
    assert scene_evidence(metrics, track).fits
    assert [item.tag for item in mood_evidence(metrics, track)] == ["tense"]
    assert unmet(metrics, track) == ()


def test_a_battle_with_the_notes_of_a_lullaby_does_not_fit() -> None:
    track = a_plan("battle", ("tense",))
    metrics = measure(a_score(track, 16, 84))
    scene = scene_evidence(metrics, track)
    assert not scene.fits
    assert "notes per second" in scene.outside
    said = complaints(unmet(metrics, track))
    assert len(said) == 1, "the scene and its mood fail alike, so one line says it"
    assert said[0].startswith("does not sound battle or tense: ")
    assert notes_can_fit(track)


def test_a_battle_that_measures_like_a_town_says_so() -> None:
    """The speed, the mode and the notes of a town, in a track that is called a battle."""
    town = a_plan("town")
    track = replace(
        a_plan("battle", ("tense",)), tempo_millibpm=100_000, key=Key(0, "lydian"), moods=()
    )
    scene = scene_evidence(measure(a_score(town, 2, 71)), track)
    assert not scene.fits
    assert scene.resembles in {"town", "overworld", "shop", "credits"}
    assert f"measures like {scene.resembles}" in complaints([scene])[0]
    assert not notes_can_fit(track), "tempo and key are the plan's: no roll can mend them"


@pytest.mark.parametrize("given", [("tempo_bpm",), ("mode",), ("tempo_bpm", "mode")])
def test_what_is_given_counts_for_no_tag(given: tuple[str, ...]) -> None:
    """The tempo and the mode of a puzzle in a fanfare that matches it; its notes are its own."""
    plain = replace(
        a_plan("victory", ("triumphant",)), tempo_millibpm=70_000, key=Key(0, "phrygian")
    )
    track = replace(plain, given=given)
    metrics = measure(a_score(track, 2, 71))
    for found, before in zip(
        (scene_evidence(metrics, track), *mood_evidence(metrics, track)),
        (scene_evidence(metrics, plain), *mood_evidence(metrics, plain)),
        strict=True,
    ):
        assert found.given == given
        assert found.measured == before.measured
        assert set(found.wanted) == set(found.measured) - set(given)
        assert found.score > before.score
    assert unmet(metrics, plain)
    assert bool(unmet(metrics, track)) == (len(given) < 2)
    unlike = measure(a_score(track, 16, 84))
    assert "notes per second" in complaints(unmet(unlike, track))[0]
    said = " ".join(complaints(unmet(unlike, track)))
    assert ("tempo bpm" in said, "its mode" in said) == ("tempo_bpm" not in given,
                                                         "mode" not in given)  # fmt: skip


def test_with_its_tempo_given_a_track_is_held_to_as_many_notes_a_beat() -> None:
    track = replace(a_plan("victory"), given=("tempo_bpm",))
    metrics = measure(a_score(track, 2, 71))
    scores = {
        scene_evidence(metrics, replace(track, tempo_millibpm=tempo)).score
        for tempo in (60_000, 120_000, 240_000)
    }
    assert max(scores) - min(scores) < 0.01


@pytest.mark.parametrize("scene", SCENES)
def test_the_middle_of_a_scene_always_fits(scene: str) -> None:
    track = a_plan(scene, SCENES[scene].moods)
    assert notes_can_fit(track)


@pytest.mark.parametrize("mood", MOODS)
def test_each_mood_has_ranges_for_all_that_is_measured(mood: str) -> None:
    track = a_plan("overworld", (mood,))
    found = mood_evidence(measure(a_score(track, 2)), track)[0]
    assert found.tag == mood
    assert set(found.measured) == set(found.wanted)
    assert found.wanted.items() >= wanted_ranges(character("overworld", (mood,))).items()
    assert 0 <= found.score <= 1
    assert found.wanted["mode"].points(0.0) == 0 < found.wanted["mode"].points(1.0)


def test_a_scene_of_the_games_own_is_held_to_the_one_it_is_like() -> None:
    track = replace(a_plan("dungeon", ("mysterious",)), scene="cave", scene_like="dungeon")
    metrics = measure(a_score(track, 2, 67))
    assert scene_evidence(metrics, track).wanted == {
        **wanted_ranges(character("dungeon", ("mysterious",))),
        "mode": scene_evidence(metrics, track).wanted["mode"],
    }
    unknown = replace(track, scene_like="", moods=("eerie",))
    assert mood_evidence(metrics, unknown)[0].tag == "eerie"


def ideal(track: TrackPlan, **others: float) -> Metrics:
    """Metrics in the middle of every range of the track, but for the others."""
    sound = track.character
    middle = {
        "onsets_per_beat": (sound.density.low + sound.density.high) / 2,
        "polyphony": (sound.polyphony.low + sound.polyphony.high) / 2,
        "lead_pitch": (sound.lead_pitch.low + sound.lead_pitch.high) / 2,
    }
    plain: dict[str, float] = {field.name: 0 for field in fields(Metrics)}
    return Metrics(**(plain | middle | others))  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [-1, 1])
def test_half_a_width_outside_its_range_is_kept_and_more_is_not(side: int) -> None:
    track = a_plan("battle")
    wanted = track.character.lead_pitch
    end, width = (wanted.low, wanted.high)[side > 0], wanted.high - wanted.low
    for widths, fits in ((0.0, True), (0.5, True), (0.51, False)):
        lead = end + side * widths * width
        assert scene_evidence(ideal(track, lead_pitch=lead), track).fits is fits, widths


def test_a_tag_is_kept_from_half_of_what_it_asks_for() -> None:
    """With tempo and mode missed, one feature outside is borne, and two are not."""
    track = a_plan("battle", ("tense",))
    slow = replace(track, tempo_millibpm=20_000, key=Key(2, "lydian"))
    half_out = {
        name: found.high + 0.5 * (found.high - found.low)
        for name, found in wanted_ranges(character("battle", ("tense",))).items()
        if name in ("polyphony", "lead_pitch")
    }
    notes_a_beat = wanted_ranges(character("battle", ("tense",)))["notes_per_second"]
    density = (notes_a_beat.low + notes_a_beat.high) / 2 * 60 / 20
    one = ideal(track, onsets_per_beat=density, lead_pitch=half_out["lead_pitch"])
    two = ideal(track, onsets_per_beat=density, **half_out)
    (kept,), (missed,) = mood_evidence(one, slow), mood_evidence(two, slow)
    # Of weights 1, 1, 1.5, 1 and 1: speed and voices whole, the lead 0.75 * 0.5 of its own.
    assert kept.score == pytest.approx((1.5 + 1 + 0.375) / 5.5, abs=2e-3)
    assert missed.score == pytest.approx((1.5 + 2 * 0.375) / 5.5, abs=2e-3)
    assert (kept.fits, missed.fits) == (True, False)


def test_moods_measure_by_the_ranges_that_the_manifest_says() -> None:
    plain = a_plan("town", ("calm",))
    high = replace(plain.character, lead_pitch=Range(76, 84))
    said = replace(plain, character=high, wishes=(Wish("", register=Range(76, 84)),))
    measured = ideal(said)
    (mood,) = mood_evidence(measured, said)
    assert mood.wanted["lead_pitch"] == scene_evidence(measured, said).wanted["lead_pitch"]
    assert mood.wanted["lead_pitch"] == Range(76, 84)
    # A range that is only drawn belongs to the track, not to the mood.
    (drawn,) = mood_evidence(measured, replace(plain, character=high))
    assert drawn.wanted["lead_pitch"] == plain.character.lead_pitch
