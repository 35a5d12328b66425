"""Every pass: its postcondition, that twice is once, and that nothing leaves the bars."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.music.keys import MODES, Key
from chipassets.music.score import DrumStroke, Note, Score, Statement
from chipassets.plan.trackplan import Character, Primer, Range, TrackPlan
from chipassets.shape import PASSES, Pass, shape
from chipassets.shape.close_loop import close_loop
from chipassets.shape.cut_to_bars import cut_to_bars
from chipassets.shape.end_piece import end_piece
from chipassets.shape.fold_into_key import fold_into_key, scales_by_step
from chipassets.shape.merge_unisons import merge_unisons


def plan_for(score: Score, primer: Primer | None = None) -> TrackPlan:
    return TrackPlan(
        name="t",
        scene="battle",
        moods=(),
        seed=1,
        bars=score.bars,
        beats_per_bar=score.beats_per_bar,
        tempo_millibpm=120_000,
        key=score.key,
        loops=score.loop_start_bar is not None,
        primer=primer,
        condition_on_primer=True,
        inject_primer=False,
        temperature=1.0,
        takes=1,
        character=Character(
            Range(1, 4), Range(1, 3), Range(60, 80), "rock", "reed", "pluck", "triangle"
        ),
    )


@st.composite
def scores(draw: st.DrawFn, *, in_bars: bool = False) -> Score:
    bars = draw(st.integers(1, 4))
    beats = draw(st.sampled_from([3, 4]))
    steps = bars * beats * 4
    starts = st.integers(0, steps - 1 if in_bars else steps + 8)
    notes = draw(
        st.lists(st.builds(Note, starts, st.integers(1, 24), st.integers(30, 100)), max_size=40)
    )
    key = Key(draw(st.integers(0, 11)), draw(st.sampled_from(sorted(MODES))))
    loop = draw(st.sampled_from([None, 0, bars - 1]))
    names = st.sampled_from(["C", "F#m7", "V7", "VI bII", "Bbdim G"])
    chords = draw(st.one_of(st.just(()), st.tuples(*[names] * bars)))
    empty = Score((), bars, 120_000, key, beats, (), loop, chords)
    score = empty.with_notes(notes)
    return cut_to_bars(score, plan_for(score)) if in_bars else score


@pytest.mark.parametrize("shape_pass", PASSES, ids=lambda p: p.__name__)
@given(score=scores(in_bars=True))
def test_a_pass_twice_equals_once_and_stays_within_the_bars(shape_pass: Pass, score: Score) -> None:
    track = plan_for(score)
    once = shape_pass(score, track)
    assert shape_pass(once, track) == once
    assert all(0 <= n.start_step < n.end_step <= score.total_steps for n in once.notes)
    assert all(0 <= n.pitch <= 127 for n in once.notes)


@given(scores())
def test_shaping_twice_equals_once(score: Score) -> None:
    track = plan_for(score)
    once = shape(score, track)
    assert shape(once, track) == once


@given(scores())
def test_shaped_scores_keep_every_promise_at_once(score: Score) -> None:
    shaped = shape(score, plan_for(score))
    for pitch in {note.pitch for note in shaped.notes}:
        line = [note for note in shaped.notes if note.pitch == pitch]
        assert all(a.end_step <= b.start_step for a, b in pairwise(line))
    scales = scales_by_step(shaped)
    foreign = [n for n in shaped.notes if n.pitch % 12 not in scales[n.start_step]]
    assert len(foreign) <= plan_for(score).chromatic_share * len(shaped.notes)
    if score.loop_start_bar is not None:
        seam = score.loop_start_bar * score.steps_per_bar
        assert not [n for n in shaped.notes if n.start_step < seam < n.end_step]
    elif shaped.notes:
        last = [n for n in shaped.notes if n.end_step == shaped.total_steps]
        assert max(last, key=lambda n: n.pitch).pitch % 12 == score.key.tonic
        assert min(last, key=lambda n: n.pitch).pitch % 12 == score.key.tonic


def a_score(*notes: Note, loop: int | None = 0, bars: int = 2) -> Score:
    return Score((), bars, 120_000, Key(0, "major"), loop_start_bar=loop).with_notes(notes)


def shaped_by(shape_pass: Pass, score: Score) -> list[Note]:
    return list(shape_pass(score, plan_for(score)).notes)


def test_cutting_to_bars_takes_the_bars_of_the_track() -> None:
    score = a_score(Note(0, 4, 60), Note(12, 9, 64), Note(16, 2, 67))
    cut = cut_to_bars(score, replace(plan_for(score), bars=1))
    assert cut.bars == 1
    assert list(cut.notes) == [Note(0, 4, 60), Note(12, 4, 64)]


def test_merging_cuts_the_earlier_unison_and_keeps_the_longer_twin() -> None:
    score = a_score(Note(0, 8, 60), Note(4, 2, 60), Note(8, 1, 72), Note(8, 3, 72))
    assert shaped_by(merge_unisons, score) == [Note(0, 4, 60), Note(4, 2, 60), Note(8, 3, 72)]


def test_closing_cuts_at_the_loop_start_and_the_end() -> None:
    score = a_score(Note(14, 6, 60), Note(28, 4, 64), loop=1)
    assert shaped_by(close_loop, score) == [Note(14, 2, 60), Note(28, 4, 64)]
    once = a_score(Note(14, 6, 60), loop=None)
    assert shaped_by(close_loop, once) == [Note(14, 6, 60)]


def test_an_ending_rests_on_the_tonic_chord_until_the_last_bar_ends() -> None:
    score = a_score(Note(0, 24, 50), Note(16, 6, 65), Note(21, 1, 74), Note(22, 1, 71), loop=None)
    assert shaped_by(end_piece, score) == [
        Note(0, 20, 50), Note(16, 4, 65),
        Note(20, 12, 72), Note(20, 12, 64), Note(20, 12, 48),
    ]  # fmt: skip


def test_a_chromatic_note_stays_if_it_passes_and_there_are_few() -> None:
    steps = [Note(2 * i, 2, 60 + 2 * (i % 2)) for i in range(14)]
    passing = Note(4, 1, 61)
    assert passing in shaped_by(fold_into_key, a_score(*steps, passing))
    assert Note(4, 1, 65) in shaped_by(fold_into_key, a_score(*steps, Note(4, 1, 66)))
    crowd = [Note(2 * i, 1, 66 + 12 * (i % 2)) for i in range(6)]
    folded = shaped_by(fold_into_key, a_score(*steps, *crowd))
    assert sum(note.pitch % 12 == 6 for note in folded) <= 0.08 * len(folded)


@pytest.mark.parametrize(
    ("steps_later", "pitch", "stays"),
    [
        (1, 67, True),
        (4, 65, True),
        (5, 65, False),
        (0, 65, False),  # sounds with it
        (4, 64, True),
        (4, 69, False),  # a minor third away
        (4, 68, False),  # chromatic itself
    ],
)
def test_a_chromatic_note_resolves_within_a_beat_and_by_a_tone(
    steps_later: int, pitch: int, stays: bool
) -> None:
    steps = [Note(2 * i, 2, 48 + 2 * (i % 2)) for i in range(14)]
    foreign, goal = Note(4, 1, 66), Note(4 + steps_later, 1, pitch)
    assert (foreign in shaped_by(fold_into_key, a_score(*steps, foreign, goal))) == stays


def test_the_primer_is_not_folded() -> None:
    primer = Primer((Note(0, 4, 61),), 4)
    score = a_score(Note(0, 4, 61), Note(8, 4, 61))
    folded = fold_into_key(score, plan_for(score, primer))
    assert list(folded.notes) == [Note(0, 4, 61), Note(8, 4, 60)]


def test_tones_of_the_planned_chord_are_not_folded() -> None:
    score = replace(a_score(Note(0, 4, 61), Note(16, 4, 61)), chords=("A7", "C"))
    assert shaped_by(fold_into_key, score) == [Note(0, 4, 61), Note(16, 4, 60)]
    halves = replace(a_score(Note(0, 4, 61), Note(8, 4, 61)), chords=("C V7/ii", "C"))
    assert shaped_by(fold_into_key, halves) == [Note(0, 4, 60), Note(8, 4, 61)]


def test_a_motif_is_not_folded_and_its_company_is() -> None:
    said = (Statement("hero", 0, 8, 2, 0),)
    score = replace(a_score(Note(0, 8, 66), Note(0, 8, 54)), statements=said)
    assert shaped_by(fold_into_key, score) == [Note(0, 8, 66), Note(0, 8, 53)]


def test_more_colour_stays_when_the_track_asks_for_it() -> None:
    score = a_score(*[Note(2 * i, 1, 61 + i % 2) for i in range(14)])
    track = replace(plan_for(score), chromatic_share=1.0)
    assert fold_into_key(score, track) == score


VOICED = Score(
    (Note(0, 20, 72, "lead"), Note(0, 8, 60, "inner"), Note(4, 4, 60, "bass")),
    2,
    120_000,
    Key(0, "major"),
    further=(Note(12, 30, 64, "harmony"), Note(40, 2, 67, "figure")),
    drums=(DrumStroke(0, "kick", 100), DrumStroke(36, "snare", 100)),
)


@pytest.mark.parametrize("shape_pass", PASSES, ids=lambda p: p.__name__)
def test_passes_keep_parts_and_further_parts_and_drums_in_the_bars(shape_pass: Pass) -> None:
    track = plan_for(VOICED)
    once = shape_pass(VOICED, track)
    assert shape_pass(once, track) == once
    assert {note.part for note in once.notes} == {"lead", "inner", "bass"}
    whole = shape(VOICED, track)
    assert whole.further == (Note(12, 20, 64, "harmony"),)
    assert whole.drums == (DrumStroke(0, "kick", 100),)


def test_one_pitch_of_two_parts_is_no_unison_to_merge() -> None:
    assert set(shaped_by(merge_unisons, VOICED)) == set(VOICED.notes)


def test_music_composed_by_voices_ends_as_its_plan_has_it() -> None:
    once = replace(VOICED, loop_start_bar=None)
    assert end_piece(once, plan_for(once)) == once


def test_further_parts_end_at_the_seam_as_all_do() -> None:
    score = replace(a_score(Note(0, 4, 60)), further=(Note(24, 16, 67, "harmony"),))
    closed = close_loop(score, plan_for(score))
    assert closed.further == (Note(24, 8, 67, "harmony"),)


def test_a_stroke_on_the_line_behind_the_last_bar_goes() -> None:
    strokes = tuple(DrumStroke(step, "kick", 100) for step in (0, 15, 16))
    score = replace(a_score(Note(0, 4, 60)), drums=strokes)
    cut = cut_to_bars(score, replace(plan_for(score), bars=1))
    assert [stroke.step for stroke in cut.drums or ()] == [0, 15]


@pytest.mark.parametrize(("bars", "lands"), [(2, 28), (3, 32), (4, 48)])
def test_a_piece_of_three_bars_gives_the_last_one_to_its_chord(bars: int, lands: int) -> None:
    last = 16 * bars - 4
    ended = shaped_by(end_piece, a_score(Note(0, 4, 50), Note(last, 2, 65), loop=None, bars=bars))
    assert {note.start_step for note in ended} == {0, lands}


def test_of_passing_notes_the_shortest_stay() -> None:
    plain = [Note(4 * i, 2, 60 + 4 * (i % 2)) for i in range(8)]
    long, short = Note(2, 2, 63), Note(6, 1, 61)
    score = a_score(*plain, long, short)
    track = replace(plan_for(score), chromatic_share=0.1)  # one of ten notes
    kept = fold_into_key(score, track).notes
    assert short in kept
    assert long not in kept


def test_only_the_highest_note_where_a_motif_stands_is_the_motifs() -> None:
    score = replace(
        a_score(Note(0, 4, 61), Note(0, 4, 73), Note(16, 4, 60)),
        statements=(Statement("hero", 0, 4, 2, 0),),
    )
    track = replace(plan_for(score), chromatic_share=0.0)
    assert {note.pitch for note in fold_into_key(score, track).notes if not note.start_step} == {
        73, 60,
    }  # fmt: skip


@pytest.mark.parametrize("other", [Note(8, 4, 60), Note(0, 4, 60)])
def test_a_note_moves_to_a_tone_that_only_touches_it(other: Note) -> None:
    """What begins where the note ends, or ends where it begins, leaves its pitch free."""
    score = a_score(Note(4, 4, 61), other)
    track = replace(plan_for(score), chromatic_share=0.0)
    assert Note(4, 4, 60) in fold_into_key(score, track).notes
