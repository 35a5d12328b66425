"""The piece plan: a slot for each bar, cadences where they belong, roles that there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.compose import ideas, piece, planning
from chipassets.compose.form import track_parts
from chipassets.compose.ideas import IDEAS
from chipassets.compose.piece import CADENCES, PiecePlan
from chipassets.compose.planning import draw_idea, plan_piece, weighted
from chipassets.music.forms import EDGES, FORMS, FormPart, lay_out
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.plan.presets import MOODS, SCENES, character
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import METRES, MakePlan

KINDS = {
    piece.MAIN, piece.ANSWER, piece.FRAGMENT, piece.INVERSION, piece.BROAD, piece.COPY, piece.REST,
    piece.CADENCE, piece.GESTURE, piece.REPLY, piece.GOES_ON,
}  # fmt: skip


def track_of(make_plan: MakePlan, scene: str, metre: str = "4/4", **changes: object) -> TrackPlan:
    beats, pulse = METRES[metre]
    preset = character(scene, SCENES[scene].moods, metre)
    track = make_plan(
        scene=scene,
        moods=SCENES[scene].moods,
        character=preset.character,
        beats_per_bar=beats,
        pulse_steps=pulse,
        loops=SCENES[scene].loops,
    )
    return replace(track, **changes)  # type: ignore[arg-type]


def assert_whole(plan: PiecePlan, track: TrackPlan) -> None:
    """Every bar has one slot, every phrase a cadence that fits its place, every part a role."""
    assert plan.idea in IDEAS
    position = 0
    for section in plan.sections:
        assert section.section.start_bar == position
        for phrase in section.phrases:
            assert phrase.start_bar == position
            assert phrase.bars >= 1
            assert phrase.cadence in CADENCES
            position += phrase.bars
        assert position == section.section.start_bar + section.section.bars
        assert set(section.roles) == {LEAD, INNER, BASS}
        assert section.role(INNER) in ideas.INNER_ROLES
        assert section.role(BASS) in ideas.BASS_ROLES
        assert 0 <= section.intensity <= 1
    assert position == track.bars
    cadences = [phrase.cadence for phrase in plan.phrases]
    assert cadences[-1] == (piece.TURN if track.loops else piece.FINAL)
    assert not {piece.TURN, piece.FINAL} & set(cadences[:-1])
    for phrase in plan.phrases:
        for index, slot in enumerate(phrase.slots):
            bar = phrase.start_bar + index
            assert slot.kind in KINDS
            if slot.kind == piece.COPY:
                assert 0 <= slot.source < bar
            if slot.kind == piece.CADENCE:
                assert index == phrase.bars - 1
                assert slot.cadence == phrase.cadence
            # A gesture has two bars, and its second one is nothing by itself.
            opens = index > 0 and phrase.slots[index - 1].kind in (piece.GESTURE, piece.REPLY)
            assert (slot.kind == piece.GOES_ON) == opens
        last = phrase.slots[-1]
        assert last.kind in (piece.CADENCE, piece.COPY)
    assert 0 <= plan.peak_bar < track.bars
    assert plan.peak > plan.centre
    assert all(0 <= bar < track.bars for bar in (*plan.stops, *plan.pickups))


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.default_cases(12)
def test_every_scene_length_and_metre_gives_a_whole_plan(
    make_plan: MakePlan, scene: str, metre: str
) -> None:
    for bars in range(1, 65):
        loops = (bars + len(scene)) % 2 == 0
        track = track_of(make_plan, scene, metre, bars=bars, loops=loops, seed=bars)
        assert_whole(plan_piece(track, bars % 5), track)


@pytest.mark.parametrize("mood", MOODS)
def test_every_mood_gives_a_whole_plan(make_plan: MakePlan, mood: str) -> None:
    for scene in SCENES:
        track = track_of(make_plan, scene, moods=(mood,), bars=16)
        assert_whole(plan_piece(track, 0), track)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.default_cases(10)
def test_every_form_gives_a_whole_plan(make_plan: MakePlan, name: str) -> None:
    parts = [FormPart("intro"), *map(FormPart, FORMS[name].sections.split()), FormPart("outro")]
    for bars in range(len(parts), 5 * len(parts)):
        track = track_of(make_plan, "boss", bars=bars, form=lay_out(parts, bars))
        assert_whole(plan_piece(track, 0), track)


def test_returning_bars_are_copies_of_their_source(make_plan: MakePlan) -> None:
    for take in range(12):
        track = track_of(make_plan, "town", bars=16, loops=take % 2 == 0, seed=take)
        plan = plan_piece(track, take)
        slots = [slot for phrase in plan.phrases for slot in phrase.slots]
        for part in track_parts(track):
            start = part.section.start_bar
            for bar in range(part.returning_bars):
                found = slots[start + bar]
                assert (found.kind, found.source) == (piece.COPY, part.source_bar + bar)
                # A prime may vary a bar late in its phrase, never the head.
                assert not found.varies or (bar > 0 and part.section.name.endswith("'"))
            if part.section.name.endswith("'"):
                # A prime ends anew, so that it can close otherwise.
                assert slots[start + part.section.bars - 1].kind == piece.CADENCE


def test_what_states_again_closes_and_an_intro_stays_open(make_plan: MakePlan) -> None:
    parts = [FormPart(name) for name in ("intro", "A", "A'", "B", "A'", "outro")]
    closing = set()
    for take in range(20):
        track = track_of(make_plan, "title", bars=20, form=lay_out(parts, 20))
        plan = plan_piece(track, take)
        by_name = [(s.section.name, s.phrases[-1].cadence) for s in plan.sections]
        assert by_name[0] == ("intro", piece.HALF)
        closing |= {cadence for name, cadence in by_name[:-1] if name == "A'"}
        # Within a section a phrase asks; its last one answers.
        for section in plan.sections:
            assert {phrase.cadence for phrase in section.phrases[:-1]} <= {piece.HALF}
    assert closing == {piece.CLOSED, piece.DECEPTIVE}


def test_an_idea_suits_its_scene_and_the_tracks_of_a_scene_differ(make_plan: MakePlan) -> None:
    for scene in SCENES:
        drawn = {draw_idea(track_of(make_plan, scene, seed=seed)).name for seed in range(60)}
        words = (scene, *SCENES[scene].moods)
        suiting = {n for n, idea in IDEAS.items() if any(w in idea.suits for w in words)}
        assert drawn <= suiting
        assert len(drawn) >= min(3, len(suiting))


def test_the_idea_is_the_tracks_and_the_rest_the_takes(make_plan: MakePlan) -> None:
    track = track_of(make_plan, "overworld", bars=16)
    plans = [plan_piece(track, take) for take in range(8)]
    assert len({plan.idea for plan in plans}) == 1
    assert len({plan.targets for plan in plans}) == 8
    assert plan_piece(track, 3) == plans[3]


def test_a_peak_lies_behind_the_middle_in_a_bar_of_its_own(make_plan: MakePlan) -> None:
    for seed in range(40):
        track = track_of(make_plan, "overworld", bars=16, seed=seed)
        plan = plan_piece(track, 0)
        slot = plan.phrase_at(plan.peak_bar).slots[
            plan.peak_bar - plan.phrase_at(plan.peak_bar).start_bar
        ]
        assert slot.kind not in (piece.COPY, piece.REST)
    form = lay_out([FormPart(name) for name in "ABCD"], 32)
    peaks = {
        plan_piece(track_of(make_plan, "boss", bars=32, form=form, seed=seed), 0).peak_bar
        for seed in range(40)
    }
    assert min(peaks) > 16
    assert max(peaks) < 29
    assert len(peaks) > 3


def test_without_a_suitable_idea_any_may_be_drawn(make_plan: MakePlan) -> None:
    # A scene of the game's own that is like no preset, with no mood.
    track = make_plan(scene="nowhere", moods=())
    assert draw_idea(track).name in IDEAS
    chances = {"a": 0.0, "b": 2.0, "c": 1.0}
    assert [weighted(chances, u) for u in (0.0, 0.6, 0.7, 0.999999)] == ["b", "b", "c", "c"]
    assert {weighted({"a": 0.0, "b": 0.0}, u) for u in (0.0, 0.99)} == {"a", "b"}


def test_ideas_use_known_words() -> None:
    for idea in IDEAS.values():
        assert set(idea.inner) | set(idea.inner_b) <= set(ideas.INNER_ROLES)
        assert set(idea.bass) | set(idea.bass_b) <= set(ideas.BASS_ROLES)
        for phrase in (*idea.phrases, *idea.phrases_b):
            words = phrase.split()
            assert len(words) == 4
            for index, word in enumerate(words):
                assert word in tuple("abfighC") or (
                    word[0] == "=" and 0 <= int(word[1:]) < index
                ), phrase
        assert set(idea.suits) <= {*SCENES, *MOODS}
    every = {word for idea in IDEAS.values() for word in idea.suits}
    assert set(SCENES) <= every


def test_in_a_loop_parts_wait_for_their_entry_only_in_an_intro(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or they would fall silent each time that the loop comes back to its first bar."""
    monkeypatch.setattr(planning, "draw_idea", lambda track: IDEAS["song"])
    plain = lay_out([FormPart("A", 8), FormPart("B", 8)], 16)
    with_intro = lay_out([FormPart("intro", 4), FormPart("A", 8), FormPart("B", 8)], 20)
    waits = {
        (name, loops): [
            bars
            for take in range(40)
            for bars in plan_piece(
                make_plan(scene="boss", bars=form[-1].start_bar + 8, form=form, loops=loops), take
            ).entries.values()
        ]
        for name, form in (("plain", plain), ("intro", with_intro))
        for loops in (True, False)
    }
    assert not waits["plain", True]
    assert waits["plain", False]
    assert waits["intro", True]
    assert max(waits["intro", True]) <= 4


@pytest.mark.parametrize("name", [name for name, idea in IDEAS.items() if idea.entries])
def test_where_it_is_the_idea_parts_enter_one_by_one_and_the_tune_is_heard(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(planning, "draw_idea", lambda track: IDEAS[name])
    drawn = []
    for seed in range(60):
        track = make_plan(scene="town", bars=16, seed=seed)
        plan = plan_piece(track, 0)
        drawn.append(tuple(sorted(plan.entries.items())))
        if LEAD in plan.entries:
            own = [part for part in plan.sections if part.letter == plan.sections[0].letter]
            assert sum(part.section.bars for part in own) - plan.entries[LEAD] >= 8
        assert max(plan.entries.values(), default=0) <= 4
    assert set(drawn) == {tuple(sorted(row.items())) for row in IDEAS[name].entries}


def test_a_section_that_contrasts_has_another_bass_or_another_second_voice(
    make_plan: MakePlan,
) -> None:
    found = 0
    for seed in range(60):
        plan = plan_piece(make_plan(seed=seed, bars=32), 0)
        if plan.cycle is not None and plan.cycle.is_one:
            continue
        for section in plan.sections:
            if section.place and section.section.name not in EDGES:
                found += 1
                assert not {BASS, INNER} <= set(section.likes), seed
    assert found > 40


def test_an_accompaniment_that_goes_through_the_whole_piece_does_not_turn(
    make_plan: MakePlan,
) -> None:
    cycles = [plan_piece(make_plan(seed=seed, bars=16), 0).cycle for seed in range(600)]
    kinds = {(cycle.is_one, cycle.turns) for cycle in cycles if cycle is not None}
    assert kinds == {(True, False), (False, False), (False, True)}
