"""Composing whole takes: what they depend on, how they fit the plan, and their form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.compose.composer import compose_takes
from chipassets.compose.controls import ControlGroup, position_label
from chipassets.compose.guidance import setting
from chipassets.compose.guidance.terms import register
from chipassets.compose.state import LOW_BELOW_PITCH
from chipassets.errors import ComposeError
from chipassets.keys import Key
from chipassets.score import Note, Score
from chipassets.score_text import score_to_lines
from chipassets.trackplan import Primer
from tests.compose.conftest import MakeModel, MakePlan

CONTROLS = (
    ControlGroup("position", tuple(position_label("4/4", step) for step in range(16))),
    ControlGroup("density", ("few", "many"), (2.5,)),
    ControlGroup("polyphony", ("thin", "full"), (2.0,)),
    ControlGroup("mode", ("major", "minor")),
    ControlGroup("style", ("game", "other")),
    ControlGroup("weather", ("rain", "sun")),
)


def test_takes_fit_the_plan(make_model: MakeModel, make_plan: MakePlan) -> None:
    track = make_plan(bars=8)
    takes = compose_takes(track, make_model(controls=CONTROLS))
    assert len(takes) == track.takes
    for take in takes:
        assert (take.bars, take.key, take.tempo_millibpm) == (8, track.key, 120_000)
        assert take.loop_start_bar == 0
        assert all(0 <= n.start_step < n.end_step <= take.total_steps for n in take.notes)
        assert [section.name for section in take.sections] == ["A", "A'"]
    assert len({take.notes for take in takes}) == len(takes)
    assert compose_takes(make_plan(loops=False), make_model(), count=1)[0].loop_start_bar is None


def test_a_take_depends_on_its_number_alone(make_model: MakeModel, make_plan: MakePlan) -> None:
    track, model = make_plan(), make_model(controls=CONTROLS)
    twenty = compose_takes(track, model, count=20)
    assert compose_takes(track, model, first_take=15, count=3) == twenty[15:18]
    assert compose_takes(track, model, first_take=7, count=1) == twenty[7:8]
    assert compose_takes(replace(track, seed=12), model, count=1) != twenty[:1]
    assert compose_takes(track, model, count=0) == ()


def test_the_key_only_moves_a_canonical_models_notes(
    make_model: MakeModel, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the ranges moved as far as the key, all notes are."""
    low, high = make_plan(key=Key(9, "minor")), make_plan(key=Key(11, "minor"))
    character = low.character
    moved = replace(character, lead_pitch=replace(character.lead_pitch, low=64.0, high=78.0))
    model = make_model()
    lower = compose_takes(low, model, count=1)[0]
    monkeypatch.setattr(register, "LOWEST_PITCH", register.LOWEST_PITCH + 2)
    monkeypatch.setattr(setting, "LOW_BELOW_PITCH", LOW_BELOW_PITCH + 2)
    upper = compose_takes(replace(high, character=moved), model, count=1)[0]
    lifted = [(n.start_step, n.duration_steps, n.pitch + 2) for n in lower.notes]
    assert lifted == [(n.start_step, n.duration_steps, n.pitch) for n in upper.notes]


def bar_of(take: Score, bar: int) -> set[tuple[int, int]]:
    return {(n.start_step % 16, n.pitch) for n in take.notes if n.start_step // 16 == bar}


def test_sections_return_with_another_end(make_model: MakeModel, make_plan: MakePlan) -> None:
    takes = compose_takes(make_plan(bars=16), make_model())
    for take in takes:
        assert bar_of(take, 1) == bar_of(take, 5) == bar_of(take, 13)
        assert bar_of(take, 2) == bar_of(take, 6) == bar_of(take, 14)
        assert len({frozenset(bar_of(take, bar)) for bar in (3, 7, 15)}) == 3
        assert bar_of(take, 1) != bar_of(take, 9)


@pytest.mark.parametrize("condition", [True, False])
@pytest.mark.parametrize("inject", [True, False])
def test_the_primer_stands_in_the_tracks_own_key(
    make_model: MakeModel, make_plan: MakePlan, condition: bool, inject: bool
) -> None:
    primer = Primer((Note(0, 4, 74), Note(4, 2, 77), Note(8, 8, 69)), 16)
    track = make_plan(primer=primer, condition_on_primer=condition, inject_primer=inject)
    for take in compose_takes(track, make_model()):
        opening = [note for note in take.notes if note.start_step < 16]
        # A held note may go on into the continuation when the model heard it.
        assert [(n.start_step, n.pitch) for n in opening] == [
            (n.start_step, n.pitch) for n in primer.notes
        ]
        if inject:
            second = [(n.start_step - 16, n.pitch) for n in take.notes]
            assert {(n.start_step, n.pitch) for n in primer.notes} <= set(second)


def test_the_primer_returns_in_company(make_model: MakeModel, make_plan: MakePlan) -> None:
    primer = Primer(tuple(Note(4 * i, 4, 74 + i) for i in range(4)), 16)
    takes = compose_takes(make_plan(bars=8, primer=primer), make_model())
    for take in takes:
        assert bar_of(take, 0) == {(4 * i, 74 + i) for i in range(4)}
        assert bar_of(take, 0) < bar_of(take, 4)
        assert bar_of(take, 1) == bar_of(take, 5)


def test_a_primer_as_long_as_the_track_is_refused(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    with pytest.raises(ComposeError, match="nothing is left"):
        compose_takes(make_plan(primer=Primer((Note(0, 1, 60),), 64)), make_model())


def test_progress_rises_to_one_over_all_blocks(make_model: MakeModel, make_plan: MakePlan) -> None:
    seen: list[float] = []
    compose_takes(make_plan(bars=1), make_model(), count=20, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)


def test_composing_twice_gives_the_same_text(make_model: MakeModel, make_plan: MakePlan) -> None:
    texts = ["\n".join(score_to_lines(compose_takes(make_plan(), make_model())[2])) for _ in "ab"]
    assert texts[0] == texts[1]
    assert texts[0].count(":") > 10
