"""What a manifest asks to avoid is not composed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from chipassets.compose import ideas
from chipassets.compose.avoiding import (
    AVOIDABLE,
    FILLS,
    LEAPS,
    MODULATION,
    SIXTEENTHS,
    STOPS,
    SYNCOPATION,
    avoided_textures,
    without_stops,
)
from chipassets.compose.composer import Sketch, sketch
from chipassets.compose.planning import plan_piece
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.notes import BASS, INNER, LEAD, Note
from chipassets.music.score import Score
from chipassets.plan.trackplan import Drums, TrackPlan, Wish
from tests.compose.conftest import METRES, MakePlan, material_in

FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)
TAKES = range(6)
BEAT, WIDEST = 4, 5


def track(make_plan: MakePlan, *avoid: str, **changes: object) -> TrackPlan:
    return make_plan(bars=12, form=FORM, avoid=avoid, scene="battle", **changes)


def composed(make_plan: MakePlan, *avoid: str, **changes: object) -> list[Sketch]:
    return _composed(track(make_plan, *avoid, **changes))


@cache
def _composed(plan: TrackPlan) -> list[Sketch]:
    return [sketch(plan, material_in("4/4"), take) for take in TAKES]


def leaps(score: Score) -> float:
    tune = score.part(LEAD)
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(tune)]
    return sum(move > WIDEST for move in moves) / len(moves)


def syncopated(score: Score) -> int:
    return sum(
        note.start_step % BEAT != 0 and note.start_step % BEAT + note.duration_steps > BEAT
        for part in (LEAD, INNER, BASS)
        for note in score.part(part)
    )


def test_leaps_are_rare_where_they_are_avoided(make_plan: MakePlan) -> None:
    usual = [leaps(made.score) for made in composed(make_plan)]
    avoided = [leaps(made.score) for made in composed(make_plan, LEAPS)]
    assert sum(usual) / len(usual) > 0.04
    assert sum(avoided) / len(avoided) < 0.45 * sum(usual) / len(usual)


def test_no_note_is_syncopated_where_that_is_avoided(make_plan: MakePlan) -> None:
    assert sum(syncopated(made.score) for made in composed(make_plan)) > 20
    assert not any(syncopated(made.score) for made in composed(make_plan, SYNCOPATION))


def test_no_note_stands_between_8ths_where_that_is_avoided(make_plan: MakePlan) -> None:
    made = composed(make_plan, SIXTEENTHS)
    assert not [note for one in made for note in one.score.notes if note.start_step % 2]


@pytest.mark.parametrize("word", sorted(ideas.INNER_ROLES.keys() & AVOIDABLE.keys()))
def test_the_second_voice_has_no_texture_that_is_avoided(make_plan: MakePlan, word: str) -> None:
    out = avoided_textures([word])
    assert word in out
    for take in TAKES:
        plan = plan_piece(track(make_plan, word), take)
        assert not {section.role(INNER) for section in plan.sections} & out.keys()
    made = sketch(track(make_plan, word), material_in("4/4"), 0)
    assert not {section.role(INNER) for section in made.plan.sections} & out.keys()
    assert len(made.score.notes) > 40


@pytest.mark.parametrize("word", sorted(ideas.BASS_ROLES.keys() & AVOIDABLE.keys()))
def test_the_bass_does_nothing_that_is_avoided(make_plan: MakePlan, word: str) -> None:
    for take in TAKES:
        plan = plan_piece(track(make_plan, word), take)
        assert word not in {section.role(BASS) for section in plan.sections}


def test_sections_stay_in_the_key_and_no_bar_stops(make_plan: MakePlan) -> None:
    usual = composed(make_plan)
    assert any(section.key != made.plan.sections[0].key for made in usual
               for section in made.plan.sections)  # fmt: skip
    assert any(made.plan.stops for made in usual)
    for made in composed(make_plan, MODULATION, STOPS):
        assert len({section.key for section in made.plan.sections}) == 1
        assert not made.plan.stops


def longest_rest(score: Score) -> int:
    """The most steps in which no voice that every chip has sounds."""
    sounding = {s for note in score.notes for s in range(note.start_step, note.end_step)}
    first = min(sounding)
    rests = "".join(" x"[step in sounding] for step in range(first, score.total_steps))
    return max(map(len, rests.split("x")))


def test_no_beat_is_silent_where_stops_are_avoided(make_plan: MakePlan) -> None:
    avoided = [longest_rest(made.score) for made in composed(make_plan, STOPS, SYNCOPATION)]
    assert max(longest_rest(made.score) for made in composed(make_plan, SYNCOPATION)) >= 4
    assert max(avoided) < 4


def test_a_silence_of_all_voices_is_filled_by_the_free_note_that_ended_last() -> None:
    tune, bass = Note(0, 4, 72, LEAD), Note(0, 6, 40, BASS)
    after = Note(12, 2, 74, LEAD)
    held = without_stops([tune, bass, after], (), 4, 20)
    assert sorted(held, key=str) == sorted(
        [tune, replace(bass, duration_steps=12), replace(after, duration_steps=8)], key=str
    )
    kept = without_stops([tune, bass, after], {bass, after}, 4, 20)
    assert sorted(kept, key=str) == sorted([replace(tune, duration_steps=12), bass, after], key=str)


def test_a_groove_without_fills_is_the_same_in_every_bar_of_a_section(make_plan: MakePlan) -> None:
    def last_bars(avoid: tuple[str, ...]) -> list[bool]:
        wishes = (Wish(drums=Drums("rock")),)
        found = []
        for made in composed(make_plan, *avoid, wishes=wishes):
            bars = [
                {(hit.step % 16, hit.kind) for hit in made.score.drums or ()
                 if hit.step // 16 == bar and hit.kind in ("snare", "tom")}
                for bar in range(12)
            ]  # fmt: skip
            found.append(bars[11] in bars[:8])
        return found

    assert not all(last_bars(()))
    assert all(last_bars((FILLS, SYNCOPATION)))


@pytest.mark.parametrize("metre", METRES)
def test_chords_between_the_beats_fall_on_8ths_in_every_metre(
    make_plan: MakePlan, metre: str
) -> None:
    beats, pulse = METRES[metre]
    plan = make_plan(
        bars=12, form=FORM, beats_per_bar=beats, pulse_steps=pulse, avoid=(SIXTEENTHS,),
        wishes=(Wish(texture="offbeat"),),
    )  # fmt: skip
    for take in range(3):
        struck = sketch(plan, material_in(metre), take).score.part(INNER)
        assert struck
        assert not any(note.start_step % 2 for note in struck)
        assert not any(note.start_step % pulse == 0 for note in struck)


def test_all_that_is_avoided_at_once_still_composes(make_plan: MakePlan) -> None:
    for made in composed(make_plan, *AVOIDABLE, chromatic_share=0.0):
        assert {section.role(INNER) for section in made.plan.sections} == {ideas.SILENT}
        assert len(made.score.part(LEAD)) >= 12
        assert made.score.part(BASS)
