"""Further parts: real lines for chips with more voices, beside the three that all have."""

from __future__ import annotations

from itertools import pairwise

import pytest

from chipassets.compose import ideas
from chipassets.compose.composer import sketch
from chipassets.compose.context import Context
from chipassets.compose.further import compose_further
from chipassets.compose.inner import compose_inner
from chipassets.compose.planning import plan_piece
from chipassets.music.notes import Note
from chipassets.music.score import FURTHER_PARTS
from tests.compose.conftest import METRES, MakePlan, context_in, material_in, plan_with
from tests.compose.test_bass import a_track, without_entries


def context_of(make_plan: MakePlan, metre: str = "4/4", seed: int = 0, inner: str = "") -> Context:
    track = a_track(make_plan, metre, seed)
    plan = plan_piece(track, 0)
    return without_entries(context_in(track, plan_with(plan, inner=inner) if inner else plan, seed))


def others(context: Context) -> list[Note]:
    """What a take has besides the further parts, without its bass."""
    return [*context.notes, *compose_inner(context)]


def further_of(context: Context) -> list[Note]:
    return compose_further(context, others(context))


def part(notes: list[Note], name: str) -> list[Note]:
    return [note for note in notes if note.part == name]


@pytest.mark.parametrize("metre", METRES)
def test_each_further_part_is_a_line_of_its_own(make_plan: MakePlan, metre: str) -> None:
    for seed in range(4):
        context = context_of(make_plan, metre, seed)
        notes = further_of(context)
        assert {note.part for note in notes} == set(FURTHER_PARTS)
        for name in FURTHER_PARTS:
            line = part(notes, name)
            assert all(a.end_step <= b.start_step for a, b in pairwise(line))
            assert all(0 <= note.pitch <= 127 for note in line)
            assert line[-1].end_step <= context.bars * context.bar_steps


def test_they_copy_neither_the_tune_nor_the_second_voice(make_plan: MakePlan) -> None:
    """No copies, not even by octaves: most notes are struck in another place or another tone."""
    copied = whole = 0
    for seed in range(8):
        context = context_of(make_plan, seed=seed)
        inner = compose_inner(context)
        known = {(n.start_step, n.pitch % 12) for n in (*context.notes, *inner)}
        notes = compose_further(context, [*context.notes, *inner])
        copied += sum((note.start_step, note.pitch % 12) in known for note in notes)
        whole += len(notes)
    assert copied < 0.5 * whole


def test_the_figure_moves_where_the_second_voice_does_not(make_plan: MakePlan) -> None:
    still, moving = (
        sum(
            len(part(further_of(context_of(make_plan, seed=seed, inner=role)), "figure"))
            for seed in range(6)
        )
        for role in (ideas.HELD, ideas.RUNNING)
    )
    assert still > moving


def test_the_harmony_holds_tones_of_its_chord(make_plan: MakePlan) -> None:
    context = context_of(make_plan)
    for note in part(further_of(context), "harmony"):
        chord = context.harmony.at[note.start_step]
        assert context.harmony.table.tones[chord, note.pitch % 12]


def test_they_strike_no_pitch_that_another_voice_strikes_or_holds(make_plan: MakePlan) -> None:
    """But for the few that have no other tone of their chord beside them."""
    together = whole = 0
    for seed in range(12):
        context = context_of(make_plan, seed=seed)
        beside = others(context)
        notes = compose_further(context, beside)
        known = [*beside, *part(notes, "harmony")]
        for name, voices in zip(FURTHER_PARTS, (beside, known), strict=True):
            sounds = {
                (step, n.pitch)
                for n in voices
                for step in range(
                    n.start_step, n.end_step if n.duration_steps > 3 else n.start_step + 1
                )
            }
            together += sum((n.start_step, n.pitch) in sounds for n in part(notes, name))
        whole += len(notes)
    assert together < 0.03 * whole


def test_the_harmony_goes_to_near_tones(make_plan: MakePlan) -> None:
    """But where the tune comes down to it."""
    wide = whole = 0
    for seed in range(24):
        line = part(further_of(context_of(make_plan, seed=seed)), "harmony")
        wide += sum(abs(a.pitch - b.pitch) > 7 for a, b in pairwise(line))
        whole += len(line)
    assert wide < 0.05 * whole


def test_a_take_has_them_and_counts_them_in_no_measure(make_plan: MakePlan) -> None:
    take = sketch(make_plan(bars=8), material_in("4/4"), 0).score
    assert {note.part for note in take.further} == set(FURTHER_PARTS)
    assert not {note.part for note in take.notes} & set(FURTHER_PARTS)
