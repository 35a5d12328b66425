"""Rerolls: what is asked for is new, and everything else is the same to the note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose.composer import sketch
from chipassets.compose.material import Material
from chipassets.compose.reroll import REROLLED, TUNE, Reroll, sketch_again
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD, Note
from chipassets.music.score import FURTHER_PARTS, DrumStroke, Score, Section
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import METRES, a_plan, material_in

FORM = (Section("A", 0, 4), Section("B", 4, 4), Section("A'", 8, 4))
PARTS = {TUNE: (LEAD,), INNER: (INNER, *FURTHER_PARTS), BASS: (BASS,)}


def track_in(metre: str, seed: int) -> TrackPlan:
    beats, pulse = METRES[metre]
    return a_plan(seed=seed, bars=12, form=FORM, beats_per_bar=beats, pulse_steps=pulse)


def reroll(
    track: TrackPlan,
    material: Material,
    score: Score,
    take: int,
    wanted: Reroll,
    attempt: int,
    *,
    other: bool = False,
) -> Score:
    return sketch_again(track, material, score, take, wanted, attempt, other=other).score


def is_wanted(note: Note, wanted: Reroll, steps: int) -> bool:
    parts = {part for name in wanted.parts for part in PARTS.get(name, ())}
    return note.part in parts and note.start_step // steps in wanted.bars


def what_stays(score: Score, wanted: Reroll) -> list[Note]:
    steps = score.steps_per_bar
    every = (*score.notes, *score.further)
    return sorted(
        (note for note in every if not is_wanted(note, wanted, steps)),
        key=lambda note: (note.part, note.start_step, note.pitch),
    )


def strokes(score: Score, wanted: Reroll) -> list[DrumStroke]:
    """The drums outside the wanted bars."""
    return [s for s in score.drums or () if s.step // score.steps_per_bar not in wanted.bars]


ASKED: dict[str, Callable[[], Reroll]] = {
    "a section": lambda: Reroll(frozenset(REROLLED), frozenset(range(4, 8)), chords=True),
    "two bars": lambda: Reroll(frozenset(REROLLED), frozenset({6, 7})),
    "the last bar": lambda: Reroll(frozenset(REROLLED), frozenset({11})),
    "the tune": lambda: Reroll(frozenset({TUNE}), frozenset(range(12))),
    "the bass": lambda: Reroll(frozenset({BASS}), frozenset(range(12))),
    "the second voice of a bar": lambda: Reroll(frozenset({INNER}), frozenset({4, 5})),
}


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.default_cases(3)
def test_notes_outside_the_rerolled_bars_do_not_change(metre: str, asked: str) -> None:
    wanted = ASKED[asked]()
    for seed in (3,):
        track = track_in(metre, seed)
        material = material_in(track.metre)
        base = sketch(track, material, 1).score
        made = [
            reroll(track, material, base, 1, wanted, attempt, other=other)
            for attempt in range(2)
            for other in (False, True)
        ]
        for score in made:
            assert what_stays(score, wanted) == what_stays(base, wanted)
            assert strokes(score, wanted) == strokes(base, wanted)
            assert (score.sections, score.loop_start_bar) == (base.sections, base.loop_start_bar)
            for bar, (old, new) in enumerate(zip(base.chords, score.chords, strict=True)):
                assert old == new or (wanted.chords and bar in wanted.bars)
        assert any(score.notes != base.notes for score in made)


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.default_cases(1)
def test_lines_do_not_overlap_at_the_seams(metre: str) -> None:
    for seed in range(2):
        track = track_in(metre, seed)
        material = material_in(track.metre)
        base = sketch(track, material, 0).score
        wanted = Reroll(frozenset(REROLLED), frozenset({3, 4, 5}))
        made = reroll(track, material, base, 0, wanted, seed)
        for part in (LEAD, INNER, BASS):
            line = made.part(part)
            for note, following in pairwise(line):
                new = any(is_wanted(one, wanted, made.steps_per_bar) for one in (note, following))
                assert not new or note.end_step <= following.start_step


def test_attempts_differ_and_each_comes_again() -> None:
    track = track_in("4/4", 5)
    material = material_in(track.metre)
    base = sketch(track, material, 0).score
    wanted = Reroll(frozenset({TUNE}), frozenset(range(4, 8)))
    first = [reroll(track, material, base, 0, wanted, attempt) for attempt in range(4)]
    again = [reroll(track, material, base, 0, wanted, attempt) for attempt in range(4)]
    assert first == again
    assert len({score.notes for score in first}) > 1


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
@pytest.mark.default_cases(1)
def test_new_bars_go_on_as_their_neighbours_do(metre: str) -> None:
    """Drums keep their groove, the bass its pattern, and the parts the length of their notes."""
    for seed in range(3):
        track = track_in(metre, seed)
        groove = "six_eight" if metre == "6/8" else "rock"
        track = replace(track, character=replace(track.character, groove=groove))
        material = material_in(track.metre)
        base = sketch(track, material, 1).score
        # Bar 6 is inside a phrase, so that no fill is in it.
        made = reroll(track, material, base, 1, Reroll(frozenset(REROLLED), frozenset({5})), 0)
        steps = range(5 * base.steps_per_bar, 6 * base.steps_per_bar)

        def hats(score: Score, steps: range = steps) -> set[DrumStroke]:
            """The strokes of a bar that do not follow the bass."""
            return {s for s in score.drums or () if s.step in steps and s.kind.endswith("hat")}

        def rhythm(score: Score, steps: range = steps) -> list[tuple[int, int]]:
            """Starts and lengths of the bass in a bar."""
            return [
                (n.start_step, n.duration_steps) for n in score.part(BASS) if n.start_step in steps
            ]

        assert made.part(LEAD) != base.part(LEAD)
        assert hats(made) == hats(base)
        assert [start for start, _ in rhythm(made)] == [start for start, _ in rhythm(base)]
        lengths = [sum(length for _, length in rhythm(score)) for score in (made, base)]
        assert abs(lengths[0] - lengths[1]) <= 2


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
@pytest.mark.default_cases(1)
def test_a_new_bar_of_the_tune_is_never_the_one_that_was_not_wanted(metre: str) -> None:
    for seed in range(3):
        track = track_in(metre, seed)
        material = material_in(track.metre)
        base = sketch(track, material, 1).score
        for bar in (1, 5, 6):
            steps = range(bar * base.steps_per_bar, (bar + 1) * base.steps_per_bar)
            wanted = Reroll(frozenset({TUNE}), frozenset({bar}))
            # What leads into the next bar may turn one attempt back into the old bar: the command
            # makes several and keeps none that is known.
            made = [reroll(track, material, base, 1, wanted, attempt) for attempt in range(2)]

            def heard(score: Score, steps: range = steps) -> list[tuple[int, int]]:
                """The starts and pitches of the tune's notes in the bar."""
                notes = score.part(LEAD)
                return [(n.start_step, n.pitch) for n in notes if n.start_step in steps]

            assert any(heard(one) != heard(base) for one in made), (seed, bar)


def test_bass_and_drums_of_a_take_of_another_composer_stay_in_new_bars() -> None:
    track = track_in("4/4", 4)
    track = replace(track, character=replace(track.character, groove="rock"))
    material = material_in(track.metre)
    base = sketch(replace(track, seed=99), material, 7).score
    wanted = Reroll(frozenset(REROLLED), frozenset({5, 6}))
    made = reroll(track, material, base, 0, wanted, 0)
    assert made.part(LEAD) != base.part(LEAD)
    assert (made.part(BASS), made.drums) == (base.part(BASS), base.drums)
    asked = reroll(track, material, base, 0, replace(wanted, parts=frozenset({BASS})), 0)
    assert asked.part(BASS) != base.part(BASS)


def test_new_bars_of_a_last_section_are_in_the_last_key_and_end_as_asked() -> None:
    track = replace(track_in("4/4", 6), key=Key(0, "major"), final_key=Key(2, "major"))
    material = material_in(track.metre)
    base = sketch(track, material, 0).score
    made = reroll(track, material, base, 0, Reroll(frozenset(REROLLED), frozenset({8, 9, 10})), 0)
    assert made.part(LEAD) != base.part(LEAD)
    new = [n for n in made.notes if 8 <= n.start_step // 16 < 11]
    scale = Key(2, "major").pitch_classes
    assert sum(note.pitch % 12 in scale for note in new) >= 0.9 * len(new)
    once = replace(track, final_key=None, loops=False, ending="tonic")
    base = sketch(once, material, 0).score
    last = Reroll(frozenset(REROLLED), frozenset({10, 11}))
    made = reroll(once, material, base, 0, last, 0)
    assert made.notes != base.notes
    held = [n for n in made.notes if n.start_step >= 11 * 16]
    assert [(n.start_step, n.duration_steps) for n in held] == [(11 * 16, 16)] * 3
    assert {n.pitch % 12 for n in held} == {0, 4}
