"""Choosing a take: degenerate ones never win, the better one does, and the reason is readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.errors import ComposeError
from chipassets.music.keys import Key
from chipassets.music.notes import Motif
from chipassets.music.score import Note, Score, Statement
from chipassets.originality import Originality
from chipassets.plan.trackplan import Character, Melody, Range, TrackPlan
from chipassets.selection.features import FEATURES
from chipassets.selection.takes import choose, choose_rated, explain, rate

BARS = 8
KEY = Key(0, "major")
PLAN = TrackPlan(
    name="field",
    scene="overworld",
    moods=(),
    seed=1,
    bars=BARS,
    beats_per_bar=4,
    tempo_millibpm=120_000,
    key=KEY,
    loops=True,
    primer=None,
    condition_on_primer=True,
    inject_primer=False,
    temperature=1.0,
    takes=4,
    character=Character(
        Range(1.5, 3), Range(1.5, 2.5), Range(64, 76), "rock", "reed", "pluck", "triangle"
    ),
)


def a_score(notes: list[Note]) -> Score:
    return Score((), BARS, 120_000, KEY).with_notes(notes)


def tune(key_shift: int = 0, span: int = 2) -> Score:
    """Eight bars of a tune in eighths and quarters over a bass that moves by the bar."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77)
    contour = (4, 5, 6, 7, 8, 7, 6, 4)
    starts = (0, 2, 4, 6, 8, 10, 12, 14)
    notes = []
    for bar in range(BARS):
        motif = contour if bar % 2 == 0 else contour[::-1]
        notes += [
            Note(16 * bar + start, span, scale[degree + bar % 3] + key_shift)
            for start, degree in zip(starts, motif, strict=True)
            if (start + bar) % 3
        ]
        notes.append(Note(16 * bar, 16, (48, 53, 55, 48)[bar % 4] + key_shift))
    return a_score(notes)


SILENT = a_score([])
SPARSE = a_score([Note(16 * bar, 4, 67) for bar in range(BARS)])
STUCK_PITCH = a_score([Note(2 * i, 2, 67) for i in range(8 * BARS)])
STUCK_NOTE = a_score([*tune().notes, Note(0, 100, 84)])
HOLE = a_score([note for note in tune().notes if not 32 <= note.start_step < 80])
DEGENERATE = [SILENT, SPARSE, STUCK_PITCH, STUCK_NOTE, HOLE]


@pytest.mark.parametrize("bad", DEGENERATE)
def test_a_degenerate_take_never_wins(bad: Score) -> None:
    assert rate(bad, PLAN).refused
    choice = choose([bad, tune(), bad], PLAN)
    assert choice.index == 1
    assert choice.ratings[0].refused
    assert "2 refused" in choice.why


def test_the_take_in_the_key_beats_the_one_outside_it() -> None:
    ours, foreign = rate(tune(), PLAN), rate(tune(key_shift=1), PLAN)
    assert ours.refused is foreign.refused is None
    assert ours.total > foreign.total
    assert choose([tune(key_shift=1), tune()], PLAN).index == 1


def test_the_first_of_equals_wins() -> None:
    assert choose([tune(), tune()], PLAN).index == 0


def test_the_reason_is_one_readable_phrase() -> None:
    why = choose([tune(key_shift=1), tune()], PLAN).why
    assert re.fullmatch(
        r"scale \d\.\d\d, groove \d\.\d\d, seam \d+ semitones?; "
        r"best of 2 \(median \d\.\d\d, this \d\.\d\d\)",
        why,
    )
    assert "only take" in choose([tune()], PLAN).why


def test_a_take_that_only_a_person_would_choose_is_not_called_the_best() -> None:
    ratings = [rate(tune(key_shift=1), PLAN), rate(tune(), PLAN)]
    assert "; chosen by hand out of 2 (" in explain(ratings, 0)
    assert "; best of 2 (" in explain(ratings, 1)
    # One that keeps its tags goes before one with more points that does not.
    assert "; best of 2 (" in explain(ratings, 0, [True, False])


def test_a_refused_take_that_a_person_keeps_is_not_called_the_least_bad() -> None:
    ratings = [rate(tune(), PLAN), rate(SILENT, PLAN)]
    assert explain(ratings, 1).startswith("a choice among takes would refuse it: ")
    assert explain(ratings[1:], 0).startswith("no take was good; ")


def test_all_refused_still_chooses_and_says_so() -> None:
    choice = choose([SILENT, SPARSE], PLAN)
    assert choice.why.startswith("no take was good")


def test_no_takes_is_an_error() -> None:
    with pytest.raises(ComposeError):
        choose([], PLAN)


COPIED = Originality({6: 0.9, 8: 0.8, 10: 0.5, 12: 0.3, 16: 0.0}, 14)
QUOTING = Originality({6: 0.2, 8: 0.1, 10: 0.08, 12: 0.05, 16: 0.01}, 16)
OWN = Originality({6: 0.1, 8: 0.0, 10: 0.0, 12: 0.0, 16: 0.0}, 6)


@pytest.mark.parametrize("copied", [COPIED, QUOTING])
def test_a_copy_never_wins(copied: Originality) -> None:
    ratings = [rate(tune(), PLAN, copied), rate(tune(key_shift=1), PLAN, OWN)]
    assert "training corpus" in (ratings[0].refused or "")
    choice = choose_rated(ratings)
    assert choice.index == 1
    assert "own 1.00" in choice.why


def test_of_two_equal_takes_the_more_original_wins() -> None:
    near = Originality({6: 0.3, 8: 0.2, 10: 0.12, 12: 0.0, 16: 0.0}, 11)
    assert choose_rated([rate(tune(), PLAN, near), rate(tune(), PLAN, OWN)]).index == 1


def test_a_take_that_keeps_its_tags_beats_a_better_one_that_does_not() -> None:
    ratings = [rate(tune(), PLAN), rate(tune(key_shift=1), PLAN), rate(SILENT, PLAN)]
    assert choose_rated(ratings, [False, True, True]).index == 1
    assert choose_rated(ratings, [False, False, True]).index == 0


def test_a_total_is_the_weighted_mean_of_its_features() -> None:
    rating = rate(tune(), PLAN)
    weight = sum(feature.weight for feature in rating.features)
    mean = sum(feature.weight * feature.points for feature in rating.features) / weight
    assert rating.total == pytest.approx(mean)
    assert len({feature.name for feature in rating.features}) == len(rating.features)


@given(st.floats(-50, 50), st.floats(-20, 20), st.floats(0.1, 20))
def test_points_fall_from_the_middle_outwards(value: float, low: float, width: float) -> None:
    wanted = Range(low, low + width)
    middle = low + width / 2
    assert 0 <= wanted.points(value) <= 1
    assert wanted.points(middle) == 1
    assert wanted.points(low) == pytest.approx(0.75)
    further = value + (0.1 if value >= middle else -0.1)
    assert wanted.points(further) <= wanted.points(value)


def voiced(*, inner: bool = True) -> Score:
    """The tune with its voices apart, and a second voice that holds the chord."""
    named = [replace(note, part="bass" if note.pitch < 60 else "lead") for note in tune().notes]
    held = [Note(16 * bar, 16, (64, 65, 67, 64)[bar % 4], "inner") for bar in range(BARS)]
    return a_score([*named, *(held if inner else ())])


def test_voiced_takes_are_rated_by_what_a_musician_would_mark() -> None:
    names = {feature.name for feature in rate(voiced(), PLAN).features}
    assert {"clashes", "wide leaps", "non-chord tones", "seam", "peak"} <= names
    merged = {feature.name for feature in rate(tune(), PLAN).features}
    assert "clashes" not in merged
    assert {"groove", "scale"} <= merged
    assert re.match(r"scale \d\.\d\d, clashes \d\.\d\d, wide leaps \d\.\d\d, seam \d+ semitone",
                    choose([voiced()], PLAN).why)  # fmt: skip


def test_every_feature_has_a_unit_and_a_meaning() -> None:
    looping = replace(voiced(), loop_start_bar=0)
    rated = [
        rate(looping, PLAN, OWN, search_cost=1.0, critic=0.5),
        rate(replace(tune(), loop_start_bar=0), PLAN, OWN),
    ]
    names = {feature.name for rating in rated for feature in rating.features}
    assert FEATURES.keys() - names <= {"likeness", "avoided leaps"}
    assert names <= FEATURES.keys()


def test_a_clash_costs_a_take_its_place() -> None:
    clean = voiced()
    rubbing = clean.with_notes(
        [n if n.part != "inner" else replace(n, pitch=n.pitch + 1) for n in clean.notes]
    )
    assert choose([rubbing, clean], PLAN).index == 1


def changed(score: Score, bar: int, *, pitch: int | None = None) -> Score:
    """The score with the tune of a bar on one pitch, or silent."""
    kept = [n for n in score.notes if n.part != "lead" or n.start_step // 16 != bar]
    return score.with_notes([*kept, *([Note(16 * bar, 16, pitch, "lead")] if pitch else ())])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (changed(voiced(), 3), "nothing happens in bar 4"),
        (changed(voiced(), 3, pitch=72), "nothing happens in bar 4"),
        (voiced().with_notes([*voiced().notes, Note(15, 1, 110, "lead")]),
         "1 note of the tune lies outside its range"),
        (
            replace(
                voiced().with_notes([n for n in voiced().notes if n.start_step < 112]
                                    + [Note(112, 16, 72, "lead"), Note(112, 16, 48, "bass")]),
                loop_start_bar=None,
            ),
            "bare octave",
        ),
    ],
)  # fmt: skip
def test_what_a_musician_would_send_back_is_refused(bad: Score, said: str) -> None:
    assert said in (rate(bad, PLAN).refused or "")
    assert choose([bad, voiced()], PLAN).index == 1


def test_the_cost_of_the_search_counts() -> None:
    cheap, dear = (rate(voiced(), PLAN, search_cost=cost) for cost in (0.3, 2.0))
    assert cheap.total > dear.total
    assert rate(voiced(), PLAN).total == rate(voiced(), PLAN, search_cost=None).total


@pytest.mark.parametrize(("gap", "is_refused"), [(16, False), (17, True)])
def test_more_than_a_bar_of_silence_is_too_much(gap: int, is_refused: bool) -> None:
    begin = 32
    kept = [
        replace(note, duration_steps=min(note.duration_steps, max(begin - note.start_step, 1)))
        if note.start_step < begin
        else note
        for note in tune().notes
        if note.start_step < begin or note.start_step >= begin + gap
    ]
    score = a_score([*kept, Note(begin - 1, 1, 60), Note(begin + gap, 2, 60)])
    assert (rate(score, PLAN).refused or "").startswith("silent") == is_refused


@pytest.mark.parametrize(("steps", "is_refused"), [(32, False), (33, True)])
def test_a_note_of_more_than_two_bars_is_stuck(steps: int, is_refused: bool) -> None:
    said = rate(a_score([*tune().notes, Note(0, steps, 84)]), PLAN).refused or ""
    assert said.startswith("a note stuck") == is_refused


def test_a_good_mark_of_the_critic_raises_a_takes_total() -> None:
    persons, machines = (rate(voiced(), PLAN, critic=odds) for odds in (4.0, -9.0))
    assert persons.total > machines.total
    (points,) = (f.points for f in persons.features if f.name == "critic")
    assert points > 0.95


def test_a_tune_that_somebody_wrote_may_stay_on_a_pitch() -> None:
    notes = [Note(4 * step, 4, 72, "lead") for step in range(4 * BARS)]
    held = [Note(16 * bar, 16, (48, 53, 55, 48)[bar % 4], "bass") for bar in range(BARS)]
    inner = [Note(4 * n, 4, 64 + n % 5, "inner") for n in range(4 * BARS)]
    score = a_score([*notes, *held, *inner])
    assert "one pitch is" in (rate(score, PLAN).refused or "")
    motif = Motif("melody-A", tuple(notes), 16 * BARS, KEY, "literal")
    said = replace(score, statements=(Statement("melody-A", 0, 16 * BARS, 2, 0),))
    written = rate(said, replace(PLAN, melodies=(Melody("A", motif),)))
    assert "one pitch is" not in (written.refused or "")


def test_features_and_weights_are_those_of_the_golden(golden: Callable[[str, str], None]) -> None:
    voices = rate(voiced(), PLAN, OWN, search_cost=1.0, critic=1.0)
    merged = rate(tune(), PLAN, OWN)
    once = rate(replace(voiced(), loop_start_bar=None), PLAN)
    lines = [
        f"{kind}: {feature.name} {feature.weight:g}"
        for kind, rating in (("voices", voices), ("merged", merged), ("plays once", once))
        for feature in rating.features
    ]
    golden("tables/takes_weights.txt", "\n".join(lines) + "\n")


def test_a_piece_of_one_bar_may_have_few_pitches_and_one_above_all() -> None:
    notes = [Note(4 * n, 4, pitch) for n, pitch in enumerate((72, 72, 72, 74))]
    score = Score((), 1, 120_000, KEY).with_notes(notes)
    assert rate(score, replace(PLAN, bars=1)).refused is None
    two = Score((), 2, 120_000, KEY).with_notes(
        [*notes, *(replace(note, start_step=note.start_step + 16) for note in notes)]
    )
    assert "stuck on 2 pitches" in (rate(two, replace(PLAN, bars=2)).refused or "")


def test_a_corpus_that_shares_no_long_grams_refuses_nothing() -> None:
    assert rate(tune(), PLAN, Originality({6: 0.9}, 3)).refused is None


def test_leaps_count_where_they_are_to_be_avoided() -> None:
    tune = [Note(4 * at, 4, 60 + 12 * (at % 2), "lead") for at in range(8)]
    score = Score(tuple(tune), 2, 120_000, Key(0, "major"))
    track = replace(PLAN, bars=2)
    names = {feature.name for feature in rate(score, track).features}
    assert "avoided leaps" not in names
    avoiding = replace(track, avoid=("leaps",))
    points = {f.name: (f.value, f.points) for f in rate(score, avoiding).features}
    assert points["avoided leaps"] == (1.0, 0.0)
    steps = score.with_notes([replace(note, pitch=60 + at) for at, note in enumerate(tune)])
    points = {f.name: (f.value, f.points) for f in rate(steps, avoiding).features}
    assert points["avoided leaps"] == (0.0, 1.0)
    for interval, share in ((5, 0.0), (6, 1.0)):  # a fourth is no leap
        moved = [replace(note, pitch=60 + interval * (at % 2)) for at, note in enumerate(tune)]
        features = rate(score.with_notes(moved), avoiding).features
        assert {f.name: f.value for f in features}["avoided leaps"] == share
