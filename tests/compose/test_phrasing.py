"""What joins phrases: pickups where they are planned, and stops in which all voices breathe."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose.bass import compose_bass
from chipassets.compose.composer import sketch
from chipassets.compose.context import Context
from chipassets.compose.harmonies import harmony_of
from chipassets.compose.material import Material
from chipassets.compose.phrasing import (
    add_pickups,
    cut_stops,
    kept_in_key,
    released,
    shortened,
    suspended,
)
from chipassets.compose.planning import plan_piece
from chipassets.music.keys import Key
from chipassets.music.notes import LEAD, Note
from tests.compose.conftest import METRES, MakePlan, context_in, material_in
from tests.compose.test_bass import a_track

NONE: frozenset[int] = frozenset()


def with_pickups(
    context: Context, bars: tuple[int, ...], given: frozenset[int] = NONE, draw: float = 0.3,
    material: Material | None = None,
) -> list[Note]:  # fmt: skip
    plan = replace(context.plan, pickups=bars)
    found = material or context.material
    return add_pickups(plan, context.harmony, context.tune, context.notes, found, draw, given)


def pickup_in(context: Context, notes: list[Note]) -> list[Note]:
    """Return the notes that begin where the context's tune begins none."""
    starts = {note.start_step for note in context.notes}
    return [note for note in notes if note.start_step not in starts]


def lowered(context: Context, semitones: int) -> Context:
    """Return the context with the tune of its first four bars so much lower."""
    notes = (replace(n, pitch=n.pitch - semitones * (n.start_step < 64)) for n in context.notes)
    return replace(context, notes=tuple(notes))


def goal_before(pickup: list[Note], notes: list[Note]) -> Note:
    return [note for note in notes if note.start_step < pickup[0].start_step][-1]


def test_without_a_plan_for_one_there_is_no_pickup(make_plan: MakePlan) -> None:
    context = context_in(make_plan(bars=8))
    assert with_pickups(context, ()) == list(context.notes)
    assert with_pickups(context, (3,), given=frozenset({3})) == list(context.notes)


@pytest.mark.parametrize("metre", METRES)
def test_a_pickup_leads_into_the_next_bar_and_leaves_the_rest(
    make_plan: MakePlan, metre: str
) -> None:
    added = 0
    for seed in range(8):
        context = context_in(a_track(make_plan, metre, seed), seed=seed)
        steps = context.bar_steps
        notes = with_pickups(context, (3,), draw=seed / 8)
        assert all(a.end_step <= b.start_step for a, b in pairwise(notes))
        assert {note.part for note in notes} == {LEAD}
        outside = [note for note in notes if note.start_step // steps != 3]
        assert outside == [note for note in context.notes if note.start_step // steps != 3]
        new = sorted(
            {note.start_step for note in notes} - {note.start_step for note in context.notes}
        )
        if not new:
            continue
        added += 1
        assert all(3 * steps <= step < 4 * steps for step in new)
        # The phrase's goal keeps a beat before it, and the pickup goes on to the bar line by step.
        goal = max(n.start_step for n in notes if n.start_step < new[0])
        assert new[0] - goal >= 4
        last = notes[[n.start_step for n in notes].index(new[-1])]
        assert last.end_step == 4 * steps
        first = next(n for n in notes if n.start_step >= 4 * steps)
        assert 0 < abs(first.pitch - last.pitch) <= 4
    assert added


def test_from_a_far_goal_a_pickup_comes_from_its_side(make_plan: MakePlan) -> None:
    far = 0
    for seed in range(40):
        context = lowered(context_in(a_track(make_plan, "4/4", seed), seed=seed), 9)
        notes = with_pickups(context, (3,), draw=seed / 40)
        pickup = pickup_in(context, notes)
        if not pickup:
            continue
        goal = goal_before(pickup, notes)
        target = next(note for note in notes if note.start_step >= 64)
        if abs(goal.pitch - target.pitch) > 7:
            far += 1
            assert (pickup[0].pitch > target.pitch) == (goal.pitch > target.pitch), seed
    assert far


def test_a_pickup_begins_within_an_octave_of_the_goal_before_it(make_plan: MakePlan) -> None:
    left_out = 0
    for seed in range(40):
        context = context_in(a_track(make_plan, "4/4", seed), seed=seed)
        far = lowered(context, 24)
        for own in (context, far):
            notes = with_pickups(own, (3,), draw=seed / 40)
            pickup = pickup_in(own, notes)
            left_out += own is far and not pickup
            if pickup:
                assert abs(pickup[0].pitch - goal_before(pickup, notes).pitch) <= 12, seed
    assert left_out


def test_a_pickup_has_no_augmented_second(make_plan: MakePlan) -> None:
    moves = []
    for seed in range(24):
        track = make_plan(bars=8, seed=seed, key=Key(9, "minor"))
        context = context_in(track, seed=seed)
        notes = with_pickups(context, (3,), draw=seed / 24)
        pickup = pickup_in(context, notes)
        target = next(note for note in notes if note.start_step >= 64)
        moves += [abs(a.pitch - b.pitch) for a, b in pairwise([*pickup, target])]
    assert len(moves) > 8
    assert max(moves) <= 2


def test_a_pickup_over_the_seam_leads_to_the_first_bar(make_plan: MakePlan) -> None:
    found = 0
    for seed in range(8):
        context = context_in(make_plan(bars=8, seed=seed), seed=seed)
        notes = with_pickups(context, (7,))
        assert notes[-1].end_step <= 128
        found += len(notes) > len(context.notes)
    assert found


def test_without_material_a_pickup_is_the_last_eighth(make_plan: MakePlan) -> None:
    for seed in range(8):
        context = context_in(make_plan(bars=8, seed=seed), seed=seed)
        notes = with_pickups(context, (3,), material=Material((), (), 0))
        new = {n.start_step for n in notes} - {n.start_step for n in context.notes}
        assert new <= {62}


@pytest.mark.parametrize("metre", METRES)
def test_in_a_stop_nothing_tonal_sounds(make_plan: MakePlan, metre: str) -> None:
    context = context_in(a_track(make_plan, metre, 2))
    steps, pulse = context.bar_steps, context.pulse_steps
    stopped = replace(context, plan=replace(context.plan, stops=(2, 5)))
    for line in (list(context.notes), compose_bass(context)):
        kept = cut_stops(stopped, line)
        for bar in (2, 5):
            span = range((bar + 1) * steps - min(pulse, 4), (bar + 1) * steps)
            assert not [n for n in kept if n.start_step < span.stop and n.end_step > span.start]
        for note in kept:
            assert note.end_step > note.start_step
            assert any((n.start_step, n.pitch, n.part) == (note.start_step, note.pitch, note.part)
                       for n in line)  # fmt: skip
        assert cut_stops(stopped, kept) == kept
    assert cut_stops(replace(context, plan=replace(context.plan, stops=())), kept) == kept


def test_a_held_note_goes_on_behind_a_stop_no_more(make_plan: MakePlan) -> None:
    context = context_in(make_plan(bars=8))
    stopped = replace(context, plan=replace(context.plan, stops=(0,)))
    line = [Note(0, 14, 60, LEAD), Note(14, 4, 62, LEAD), Note(20, 4, 64, LEAD)]
    assert cut_stops(stopped, line) == [Note(0, 12, 60, LEAD), Note(20, 4, 64, LEAD)]


def test_stops_are_silent_in_takes_and_come_in_some(make_plan: MakePlan) -> None:
    stopped = 0
    for seed in range(24):
        track = make_plan(bars=8, seed=seed)
        plan = plan_piece(track, 0)
        take = sketch(track, material_in("4/4"), 0).score
        for bar in plan.stops:
            span = range(16 * bar + 12, 16 * bar + 16)
            sounding = [n for n in (*take.notes, *take.further) if n.start_step in span]
            assert not sounding
            stopped += 1
    assert 0 < stopped < 24


@pytest.mark.parametrize(
    ("short", "played"),
    [(0.0, [1, 2, 4, 5, 16]), (0.49, [1, 2, 4, 5, 16]), (0.5, [1, 1, 2, 3, 14]),
     (0.79, [1, 1, 2, 3, 14]), (0.8, [1, 1, 2, 2, 2]), (1.0, [1, 1, 2, 2, 2])],
)  # fmt: skip
def test_notes_are_played_as_written_detached_or_struck(short: float, played: list[int]) -> None:
    notes = [Note(16 * n, steps, 60, LEAD) for n, steps in enumerate((1, 2, 4, 5, 16))]
    assert [note.duration_steps for note in shortened(notes, short)] == played


@pytest.mark.parametrize("short", [0.5, 1.0])
def test_a_part_that_sings_holds_what_is_longer_than_a_quarter(short: float) -> None:
    notes = [Note(16 * n, steps, 60, LEAD) for n, steps in enumerate((1, 2, 4, 5, 16))]
    assert [note.duration_steps for note in shortened(notes, short, 2)] == [1, 2, 2, 5, 16]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5])
def test_no_more_than_a_share_of_all_notes_lies_outside(make_plan: MakePlan, share: float) -> None:
    context = context_in(make_plan(bars=8))
    table, at = context.harmony.table, context.harmony.at

    def is_outside(note: Note) -> bool:
        return note.pitch % 12 not in table.scale(int(at[note.start_step]))

    outside = [
        next(p for p in range(60, 72) if p % 12 not in table.scale(int(at[8 * n])))
        for n in range(16)
    ]
    notes = [Note(8 * n, 1 + n % 8, pitch, LEAD) for n, pitch in enumerate(outside)]
    kept = kept_in_key(context, notes, share, {})
    assert sum(map(is_outside, kept)) == int(16 * share)
    stay = {note.duration_steps for note in kept if is_outside(note)}
    assert all(steps <= 1 + 8 * share for steps in stay)
    settled = kept_in_key(context, notes, 0.0, {LEAD: [0]})
    assert [is_outside(note) for note in settled[:3]] == [True, True, False]


def held_over(
    context: Context, notes: list[Note], draw: float = 0.0, given: frozenset[int] = NONE,
    avoid: frozenset[str] = frozenset(),
) -> list[tuple[int, int, int]]:  # fmt: skip
    targets = replace(context.plan.targets, rough=1.0)
    plan = replace(context.plan, targets=targets, avoid=avoid)
    draws = [draw] * len(context.tune)
    found = suspended(plan, context.tune, notes, 16, draws, given)
    return [(note.start_step, note.duration_steps, note.pitch) for note in found]


def test_a_suspension_is_held_over_the_bar_line_and_falls_by_step(make_plan: MakePlan) -> None:
    context = context_in(make_plan(bars=8))
    tune = replace(context, tune=tuple(replace(bar, source=-1) for bar in context.tune))
    falls = [Note(12, 4, 72, LEAD), Note(16, 8, 71, LEAD)]
    assert held_over(tune, falls) == [(12, 8, 72), (20, 4, 71)]
    short = [Note(12, 4, 72, LEAD), Note(16, 4, 70, LEAD)]
    assert held_over(tune, short) == [(12, 6, 72), (18, 2, 70)]
    again = [Note(12, 4, 72, LEAD), Note(16, 4, 72, LEAD)]
    assert held_over(tune, again) == [(12, 8, 72)]


@pytest.mark.parametrize(
    "notes",
    [
        [Note(12, 4, 72, LEAD), Note(16, 8, 69, LEAD)],
        [Note(12, 4, 72, LEAD), Note(16, 8, 73, LEAD)],
        [Note(12, 4, 72, LEAD), Note(16, 3, 71, LEAD)],
        [Note(8, 6, 72, LEAD), Note(16, 8, 71, LEAD)],
        [Note(15, 1, 72, LEAD), Note(16, 8, 71, LEAD)],
    ],
    ids=["a leap", "a rise", "too short to resolve", "a rest before it", "too short to hold"],
)
def test_what_is_no_suspension_stays(make_plan: MakePlan, notes: list[Note]) -> None:
    context = context_in(make_plan(bars=8))
    before = [(note.start_step, note.duration_steps, note.pitch) for note in notes]
    assert held_over(context, notes) == before


def test_given_bars_and_pieces_without_syncopation_have_no_suspension(make_plan: MakePlan) -> None:
    context = context_in(make_plan(bars=8))
    falls = [Note(12, 4, 72, LEAD), Note(16, 8, 71, LEAD)]
    before = [(12, 4, 72), (16, 8, 71)]
    assert held_over(context, falls, given=frozenset({1})) == before
    assert held_over(context, falls, given=frozenset({0})) == before
    assert held_over(context, falls, avoid=frozenset({"syncopation"})) == before
    assert held_over(context, falls, draw=0.61) == before


def test_a_note_is_not_held_into_a_chord_it_does_not_belong_to() -> None:
    home = Key(0, "major")
    harmony = harmony_of([["C"], ["G"]], [home, home], home, 16)
    held = Note(12, 8, 72, LEAD)

    def lengths(*notes: Note) -> list[int]:
        return [note.duration_steps for note in released(harmony, notes)]

    assert released(harmony, []) == []
    assert lengths(held, Note(20, 4, 76, LEAD)) == [4, 4]
    # A suspension falls by step; G belongs to both chords; and a 16th over the line is nothing.
    assert lengths(held, Note(20, 4, 71, LEAD)) == [8, 4]
    assert lengths(Note(12, 8, 67, LEAD), Note(20, 4, 76, LEAD)) == [8, 4]
    assert lengths(Note(12, 5, 72, LEAD)) == [5]
    assert lengths(Note(12, 6, 72, LEAD)) == [4]
