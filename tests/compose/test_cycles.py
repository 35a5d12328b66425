"""Cycles: an accompaniment that comes again to the note, under a tune that goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chipassets.compose import ideas, piece
from chipassets.compose.bass import compose_bass
from chipassets.compose.context import Context
from chipassets.compose.cycles import INDEPENDENT, chords_from, cycle_before, sources_of
from chipassets.compose.inner import compose_inner
from chipassets.compose.piece import Cycle, PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.notes import BASS, INNER, Note
from chipassets.music.score import Section
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import MakePlan, context_in, plan_with

NEVER_TURNS = Cycle(turns=False)


def form_of(letters: str, bars: int) -> tuple[Section, ...]:
    return lay_out([FormPart(letter) for letter in letters.split()], bars)


def a_plan(track: TrackPlan, cycle: Cycle = NEVER_TURNS, tuttis: tuple[int, ...] = ()) -> PiecePlan:
    """A plan with a cycle, in whose sections no part does something of its own."""
    made = plan_with(plan_piece(track, 0), bass=ideas.PATTERN, inner=ideas.RUNNING)
    return replace(made, entries={}, tuttis=tuttis, stops=(), cycle=cycle)


def bars_of(context: Context, notes: Sequence[Note]) -> list[list[tuple[int, int, int]]]:
    steps = context.bar_steps
    return [
        [
            (note.start_step - bar * steps, note.duration_steps, note.pitch)
            for note in notes
            if note.start_step // steps == bar
        ]
        for bar in range(context.bars)
    ]


@pytest.mark.parametrize("part", [BASS, INNER])
@pytest.mark.parametrize("seed", range(4))
def test_a_bar_comes_again_to_the_note(make_plan: MakePlan, part: str, seed: int) -> None:
    track = make_plan(bars=16, form=form_of("A B", 16), seed=seed)
    context = context_in(track, a_plan(track), seed)
    inner = compose_inner(context)
    bars = bars_of(context, inner if part == INNER else compose_bass(context, inner))
    sources = context.sources[part]
    again = [bar for bar in range(context.bars) if sources[bar] != bar]
    # Of eight bars the last ones repeat, but for a bass that leads to another chord.
    assert len(again) >= 4
    for bar in again:
        assert sources[bar] == sources[sources[bar]]
        assert (bar - sources[bar]) % 4 == 0
        assert bars[bar] == bars[sources[bar]]


def test_a_cycle_begins_with_its_section(make_plan: MakePlan) -> None:
    track = make_plan(bars=16, form=form_of("A B", 16))
    plan = a_plan(track)
    assert [cycle_before(plan, bar) for bar in range(16)] == [
        *[None] * 4, 0, 1, 2, 3, *[None] * 4, 8, 9, 10, 11,
    ]  # fmt: skip
    one = replace(plan, cycle=Cycle(is_one=True))
    same_key = one.sections[0].key == one.sections[1].key
    assert cycle_before(one, 9) == (1 if same_key else None)
    assert cycle_before(replace(plan, cycle=None), 5) is None


def test_a_section_keeps_its_own_last_chord_if_the_piece_turns(make_plan: MakePlan) -> None:
    track = make_plan(bars=8, form=form_of("A", 8), loops=True)
    turning, endless = a_plan(track, Cycle(turns=True)), a_plan(track, Cycle(turns=False))
    assert chords_from(turning, 7) is None
    assert chords_from(endless, 7) == 3
    assert chords_from(turning, 6) == 2


def test_a_piece_without_a_loop_ends_with_a_final_cadence(make_plan: MakePlan) -> None:
    track = make_plan(bars=8, form=form_of("A", 8), loops=False)
    plan = a_plan(track)
    assert plan.phrases[-1].cadence == piece.FINAL
    assert [chords_from(plan, bar) for bar in (5, 6, 7)] == [1, None, None]


def test_second_voices_that_follow_the_tune_do_not_repeat_in_cycles(make_plan: MakePlan) -> None:
    track = make_plan(bars=16, form=form_of("A B", 16))
    for role in set(ideas.INNER_ROLES) - INDEPENDENT[INNER]:
        plan = plan_with(a_plan(track), inner=role)
        context = context_in(track, plan)
        assert sources_of(plan, context.harmony, 16)[INNER] == tuple(range(16)), role


def test_a_tutti_is_no_part_of_a_cycle(make_plan: MakePlan) -> None:
    track = make_plan(bars=16, form=form_of("A B", 16))
    plan = a_plan(track, tuttis=(7,))
    context = context_in(track, plan)
    assert sources_of(plan, context.harmony, 16)[INNER][7] == 7


def test_a_bar_is_composed_for_all_the_tunes_over_it(make_plan: MakePlan) -> None:
    track = make_plan(bars=16, form=form_of("A B", 16))
    context = context_in(track, a_plan(track))
    step = context.bar_steps
    assert context.sources[INNER][5] == 1
    heard = {context.tune_at(step), context.tune_at(5 * step)} - {-1}
    assert set(context.tunes_over(INNER, step)) == heard
    # A bar that repeats another one is not composed, and answers for itself alone.
    assert set(context.tunes_over(INNER, 5 * step)) == {context.tune_at(5 * step)} - {-1}
