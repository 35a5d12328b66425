"""The second voice: every role is one line within the bars that keeps out of the tune's way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose import ideas, piece
from chipassets.compose.context import NO_PITCH, Context
from chipassets.compose.inner import _apart, _cleared, compose_inner, role_in
from chipassets.compose.planning import plan_piece
from chipassets.compose.voicing import clashes, smooth_voicing, voicing
from chipassets.music.keys import Key
from chipassets.music.notes import INNER, Note
from tests.compose.conftest import METRES, MakePlan, context_in, harmony_in, plan_with
from tests.compose.test_bass import a_track, without_entries

SOUNDING = [role for role in ideas.INNER_ROLES if role != ideas.SILENT]


def context_of(make_plan: MakePlan, role: str, metre: str = "4/4", seed: int = 0) -> Context:
    track = a_track(make_plan, metre, seed)
    return without_entries(context_in(track, plan_with(plan_piece(track, 0), inner=role), seed))


def played(context: Context, role: str) -> list[Note]:
    return compose_inner(context, roles=dict.fromkeys(range(context.bars), role))


def over_d_minor(make_plan: MakePlan, sounding: dict[int, int]) -> Context:
    """A bar of D minor under a tune that sounds at these steps alone."""
    context = context_of(make_plan, ideas.RUNNING)
    steps = context.bars * context.bar_steps
    return replace(
        context,
        harmony=harmony_in([["Dm"]] * context.bars, Key(2, "minor")),
        sounding=tuple(sounding.get(step, NO_PITCH) for step in range(steps)),
        sources={},
    )


def test_what_gives_way_to_the_tune_does_not_repeat_its_neighbours(make_plan: MakePlan) -> None:
    """D F A whose F rubs on an E: not D D A nor D A A, but the nearest other tone, A below."""
    context = over_d_minor(make_plan, {2: 76})
    figure = [(0, 2, 62), (2, 2, 65), (4, 2, 69)]
    assert _cleared(context, 0, figure, ideas.RUNNING) == [(0, 2, 62), (2, 2, 57), (4, 2, 69)]


def test_what_gives_way_to_another_voice_does_not_repeat_its_neighbours(
    make_plan: MakePlan,
) -> None:
    context = over_d_minor(make_plan, {})
    context.memory["taken"] = {1: {65}, 4: {65}}
    figure = [(0, 1, 62), (1, 1, 65), (2, 1, 69), (3, 1, 65), (4, 1, 65)]
    apart = _apart(context, 0, figure)
    assert [pitch for _, _, pitch in apart] == [62, 57, 69, 65, 62]


def test_a_duet_sings_in_every_bar_and_holds_tones_of_the_chord(make_plan: MakePlan) -> None:
    """Or what it holds goes on by step, but for a rare note."""
    wrong = whole = 0
    for seed in range(40):
        context = context_of(make_plan, ideas.DUET, seed=seed)
        line = played(context, ideas.DUET)
        assert {note.start_step // context.bar_steps for note in line} == set(range(context.bars))
        table = context.harmony.table
        for note, after in pairwise(line):
            on_beat = note.start_step % context.pulse_steps == 0 and note.duration_steps >= 2
            fits = table.tones[context.harmony.at[note.start_step], note.pitch % 12]
            resolves = 0 < abs(after.pitch - note.pitch) <= 2
            strong = on_beat or note.duration_steps >= 4
            wrong += strong and not fits and not resolves
            whole += 1
    assert wrong < 0.01 * whole


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("role", SOUNDING)
def test_every_role_is_one_line_within_the_bars(make_plan: MakePlan, role: str, metre: str) -> None:
    for seed in range(4):
        context = context_of(make_plan, role, metre, seed)
        line = played(context, role)
        # An echo that agrees with nothing says nothing.
        assert line or role == ideas.ECHO, seed
        if not line:
            continue
        assert {note.part for note in line} == {INNER}
        assert all(a.end_step <= b.start_step for a, b in pairwise(line))
        assert line[-1].end_step <= context.bars * context.bar_steps
        assert all(38 <= note.pitch <= 96 for note in line)


def begins(context: Context) -> set[int]:
    """Return the steps at which the tune begins a note."""
    return {note.start_step for note in context.notes}


@pytest.mark.parametrize("role", [role for role in SOUNDING if role != ideas.UNISON])
def test_where_it_is_heard_it_does_not_double_the_tune(make_plan: MakePlan, role: str) -> None:
    for seed in range(4):
        context = context_of(make_plan, role, seed=seed)
        for note in played(context, role):
            if note.start_step % context.pulse_steps == 0 and note.start_step in begins(context):
                assert note.pitch != context.tune_at(note.start_step), (role, note)


def test_in_unison_it_is_the_tune_an_octave_below(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.UNISON)
    for note in played(context, ideas.UNISON):
        assert context.tune_at(note.start_step) == note.pitch + 12
        assert note.start_step in begins(context)


def test_thirds_go_below_the_tune_and_with_it(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.THIRDS)
    line = played(context, ideas.THIRDS)
    sung = [note for note in line if context.tune_at(note.start_step) != NO_PITCH]
    below = [context.tune_at(note.start_step) - note.pitch for note in sung]
    answers = [note for note in line if note.start_step not in begins(context)]
    # Where the tune holds for half a bar and more, they answer it.
    for note in answers:
        before = max(step for step in begins(context) if step < note.start_step)
        after = min((s for s in begins(context) if s > note.start_step), default=context.bars * 16)
        assert after - before >= 8
    assert len(answers) < 0.3 * len(line)
    assert sum(step in (3, 4, 8, 9) for step in below) > 0.6 * len(below)
    assert min(below) > 0


@pytest.mark.parametrize(("role", "unit"), [(ideas.ARPEGGIO, 2), (ideas.RUNNING, 1)])
def test_a_broken_chord_has_tones_of_its_chord_alone(
    make_plan: MakePlan, role: str, unit: int
) -> None:
    context = context_of(make_plan, role)
    table = context.harmony.table
    for note in played(context, role):
        assert note.start_step % unit == 0
        assert table.tones[context.harmony.at[note.start_step], note.pitch % 12]


@pytest.mark.parametrize("role", [ideas.HELD, ideas.OFFBEAT, ideas.STABS])
def test_chords_are_played_in_their_tones(make_plan: MakePlan, role: str) -> None:
    for seed in range(3):
        context = context_of(make_plan, role, seed=seed)
        table = context.harmony.table
        line = played(context, role)
        fits = [table.tones[context.harmony.at[n.start_step], n.pitch % 12] for n in line]
        assert sum(fits) == len(fits)


def test_off_the_beat_nothing_falls_on_it(make_plan: MakePlan) -> None:
    for metre, (_, pulse) in METRES.items():
        context = context_of(make_plan, ideas.OFFBEAT, metre)
        assert all(note.start_step % pulse for note in played(context, ideas.OFFBEAT))


def test_an_ostinato_has_one_rhythm(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.OSTINATO)
    by_section: dict[str, set[tuple[int, ...]]] = {}
    line = played(context, ideas.OSTINATO)
    for bar in range(context.bars):
        rhythm = tuple(n.start_step % 16 for n in line if n.start_step // 16 == bar)
        by_section.setdefault(context.plan.section_at(bar).letter, set()).add(rhythm)
    # A note that would rub on the tune may be missing, so a bar's rhythm may be thinner.
    for rhythms in by_section.values():
        most = max(len(rhythm) for rhythm in rhythms)
        fullest = next(set(rhythm) for rhythm in rhythms if len(rhythm) == most)
        assert all(set(rhythm) <= fullest for rhythm in rhythms)


def test_an_ostinato_stays_above_the_bass(make_plan: MakePlan) -> None:
    for seed in range(24):
        context = context_of(make_plan, ideas.OSTINATO, seed=seed)
        assert min(note.pitch for note in played(context, ideas.OSTINATO)) >= 50


def test_silence_is_a_role(make_plan: MakePlan) -> None:
    assert played(context_of(make_plan, ideas.SILENT), ideas.SILENT) == []


def test_the_second_voice_leads_where_the_tune_rests_and_holds_at_the_end(
    make_plan: MakePlan,
) -> None:
    led = 0
    for seed in range(30):
        track = make_plan(bars=8, seed=seed, loops=False, scene="dungeon")
        context = context_in(track, seed=seed)
        assert role_in(context, 7) == ideas.HELD
        for phrase in context.plan.phrases:
            for index, slot in enumerate(phrase.slots):
                bar = phrase.start_bar + index
                role = context.plan.section_at(bar).role(INNER)
                if slot.kind == piece.REST and bar < 7:
                    assert role_in(context, bar) == ideas.COUNTER or role_in(context, bar) == role
                    led += 1
    assert led


def test_a_voicing_is_a_chord_below_its_ceiling(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.HELD)
    for chord in range(len(context.harmony.table.names)):
        for ceiling in range(58, 80):
            found = voicing(context, chord, ceiling)
            assert found == sorted(set(found))
            assert max(found) <= ceiling
            assert all(context.harmony.table.tones[chord, pitch % 12] for pitch in found)
            assert 1 <= len(found) <= 4
            assert smooth_voicing(context, chord, ceiling, found) == found


def test_a_clash_is_a_unison_or_a_semitone(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.HELD)
    step = next(n.start_step for n in context.notes)
    tune = context.tune_at(step)
    clashing = {
        pitch - tune for pitch in range(tune - 14, tune + 3) if clashes(context, pitch, step)
    }
    assert clashing == {-13, -11, -1, 0, 1}
    silent = [at for at, pitch in enumerate(context.sounding) if pitch == NO_PITCH]
    assert not any(clashes(context, 60, at) for at in silent)
