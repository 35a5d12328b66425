"""The numbers that decide among takes, each at its boundary: what is just good and just too much.

The values are stated here once more, by what they mean for a take, and not as the module has them.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chipassets.music.keys import Key
from chipassets.music.metrics import measure
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Score, Section, ordered
from chipassets.originality import Originality
from chipassets.plan.trackplan import Range, TrackPlan, Wish
from chipassets.selection import takes
from chipassets.selection.craft import measure_craft
from chipassets.selection.takes import Feature, Rating, missed_densities, rate
from tests.selection.test_takes import BARS, OWN, PLAN, tune, voiced

LITTLE = 1e-6

# Metrics of merged music: the value with full points at its best, and the usual value.
BEST_AND_USUAL: dict[str, tuple[str, float, float]] = {
    "rests": ("empty_beat_rate", 0.0, 0.1),
    "idle bars": ("lead_idle_rate", 0.0, 0.2),
    "seam": ("seam_interval", 0, 4),
}
ANYWHERE: dict[str, tuple[str, float, float]] = {
    "on beat": ("on_beat_rate", 0.26, 0.69),
    "steps": ("lead_step", 1.2, 6.5),
    "leaps": ("leap_rate", 0.0, 0.3),
    "unisons": ("repeated_note_rate", 0.0, 0.5),
    "groove": ("groove_consistency", 0.72, 1.0),
    "repeats": ("repetition", 0.0, 0.56),
    "range": ("lead_range", 9, 40),
}
CRAFT: dict[str, tuple[str, float, float]] = {
    "clashes": ("clash", 0.0, 0.04),
    "wide leaps": ("wide_leaps", 0.0, 0.06),
    "same bass": ("bass_same", 0.1, 0.6),
    "same bar": ("sameness", 2, 5),
    "peak": ("peak_bars", 0.06, 0.3),
    "seam": ("seam", 0, 4),
    "holes": ("holes", 0.0, 0.25 * BARS),
}
"""Of the craft of music with voices, in which the seam is that of the tune."""
SHARES_OF_THE_REST: dict[str, tuple[str, float, float]] = {
    "non-chord tones": ("fit", 0.1, 0.35),
    "off the beat": ("on_pulse", 0.4, 0.7),
}
"""What is not on a chord or a pulse: the field says the share that is."""


def rated(monkeypatch: pytest.MonkeyPatch, score: Score, changes: dict[str, Any]) -> Rating:
    """The rating of a score that measures as it does but for some fields."""
    metrics, craft = measure(score, 4), measure_craft(score, 4)
    for module_name, found in (("measure", metrics), ("measure_craft", craft)):
        own = {name: value for name, value in changes.items() if hasattr(found, name)}
        changed = replace(found, **own)
        monkeypatch.setattr(takes, module_name, lambda *_, changed=changed: changed)
    return rate(score, PLAN)


def feature(rating: Rating, name: str) -> Feature:
    (found,) = (one for one in rating.features if one.name == name)
    return found


def assert_falls(points: list[float]) -> None:
    """Full points, three quarters, and none at all: best, usual, two such steps beyond."""
    assert points == pytest.approx([1.0, 0.75, 0.0], abs=1e-9)


@pytest.mark.parametrize("name", BEST_AND_USUAL)
def test_merged_music_is_at_its_best_and_usual(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    field, best, usual = BEST_AND_USUAL[name]
    values = (best, usual, usual + 2 * (usual - best))
    found = [feature(rated(monkeypatch, tune(), {field: value}), name) for value in values]
    assert_falls([one.points for one in found])
    nearly = feature(rated(monkeypatch, tune(), {field: values[2] - LITTLE}), name)
    assert 0 < nearly.points < 1e-4


@pytest.mark.parametrize("name", ANYWHERE)
def test_anywhere_in_a_range_is_equally_good(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    field, low, high = ANYWHERE[name]

    def points(value: float) -> float:
        return feature(rated(monkeypatch, tune(), {field: value}), name).points

    assert [points(low), points((low + high) / 2), points(high)] == [1, 1, 1]
    for outside in (low - LITTLE, high + LITTLE):
        assert points(outside) == pytest.approx(0.75, abs=1e-4)


def test_the_key_is_best_in_the_middle_of_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        feature(rated(monkeypatch, tune(), {"key_fit": value}), "scale").points
        for value in (0.9, 0.95, 1.0, 0.8)
    ]
    assert found == pytest.approx([0.75, 1.0, 0.75, 0.0], abs=1e-9)


@pytest.mark.parametrize("name", CRAFT)
def test_voices_are_at_their_best_and_usual(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    field, best, usual = CRAFT[name]
    values = (best, usual, usual + 2 * (usual - best))
    found = [feature(rated(monkeypatch, voiced(), {field: value}), name) for value in values]
    assert_falls([one.points for one in found])


@pytest.mark.parametrize("name", SHARES_OF_THE_REST)
def test_other_features_are_at_their_best_and_usual(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    field, best, usual = SHARES_OF_THE_REST[name]
    found = [
        feature(rated(monkeypatch, voiced(), {field: 1 - value}), name).points
        for value in (best, usual)
    ]
    assert found == pytest.approx([1.0, 0.75], abs=1e-9)


def test_the_search_and_the_critic_are_at_their_best_and_usual() -> None:
    paid = [feature(rate(voiced(), PLAN, search_cost=cost), "search") for cost in (0.3, 1.8, 4.8)]
    assert_falls([one.points for one in paid])
    odds = [feature(rate(voiced(), PLAN, critic=value), "critic") for value in (2.0, -8.0, -28.0)]
    assert_falls([one.points for one in odds])
    assert feature(rate(voiced(), PLAN, search_cost=1.23456), "search").value == 1.235
    assert feature(rate(voiced(), PLAN, critic=1.23456), "critic").value == 1.235


def test_a_take_shares_as_much_with_the_corpus_as_people_with_each_other() -> None:
    def own(share: float, run: int = 1) -> Rating:
        return rate(tune(), PLAN, Originality({**OWN.shares, 10: share}, run))

    assert_falls([feature(own(share), "own").points for share in (0.0, 0.05, 0.15)])
    assert own(0.2).refused is None
    assert "20% of its 10-grams" in (own(0.2 + LITTLE).refused or "")
    assert own(0.0, 15).refused is None
    assert "17 notes in a row" in (own(0.0, 16).refused or "")


def test_music_of_four_bars_has_no_groove_and_of_five_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for bars, is_long in ((4, False), (5, True)):
        for score, name in ((tune(), "groove"), (voiced(), "peak")):
            short = replace(
                score,
                bars=bars,
                notes=tuple(note for note in score.notes if note.end_step <= 16 * bars),
            )
            names = {one.name for one in rated(monkeypatch, short, {}).features}
            assert (name in names) == is_long


@pytest.mark.parametrize(
    ("last_good", "first_bad", "said"),
    [
        ({"notes": 2 * BARS}, {"notes": 2 * BARS - 1}, "only 15 notes in 8 bars"),
        ({"empty_beat_rate": 0.4}, {"empty_beat_rate": 0.4 + LITTLE}, "silent"),
        ({"longest_rest_steps": 16}, {"longest_rest_steps": 17}, "silent for 17 steps"),
        ({"longest_note_steps": 32}, {"longest_note_steps": 33}, "stuck for 33 steps"),
        ({"pitches": 4}, {"pitches": 3}, "stuck on 3 pitches"),
        ({"top_note_share": 0.6}, {"top_note_share": 0.6 + LITTLE}, "one pitch is 60%"),
    ],
)
def test_silence_and_stuck_notes_make_a_take_unusable(
    monkeypatch: pytest.MonkeyPatch,
    last_good: dict[str, float],
    first_bad: dict[str, float],
    said: str,
) -> None:
    assert rated(monkeypatch, tune(), last_good).refused is None
    assert said in (rated(monkeypatch, tune(), first_bad).refused or "")


def test_a_single_bar_needs_three_notes() -> None:
    def a_bar(count: int) -> Rating:
        line = [Note(4 * n, 4, 60 + n) for n in range(count)]
        line[-1] = replace(line[-1], duration_steps=16 - line[-1].start_step)
        return rate(Score(tuple(line), 1, 120_000, Key(0, "major")), replace(PLAN, bars=1))

    assert "only" not in (a_bar(3).refused or "")
    assert "only 2 notes" in (a_bar(2).refused or "")


def asked(low: float, high: float) -> TrackPlan:
    return replace(PLAN, wishes=(Wish("", density=Range(low, high)),))


def test_a_density_that_is_asked_for_may_be_a_tenth_away(monkeypatch: pytest.MonkeyPatch) -> None:
    score = replace(tune(), sections=(Section("A", 0, BARS),))
    monkeypatch.setattr(takes, "onsets_per_beat", lambda *_: 2.0)
    for low, high, is_missed in ((2.099, 3, False), (2.101, 3, True), (1, 1.901, False),
                                 (1, 1.899, True)):  # fmt: skip
        assert bool(missed_densities(score, asked(low, high))) == is_missed, (low, high)
    density = feature(rate(score, asked(1, 3)), "density")
    assert (density.points, density.weight) == (1.0, 28.0)


def test_a_take_is_like_its_reference_up_to_a_usual_distance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    like: Any = SimpleNamespace(measures=None, has=lambda _name: True)
    found = []
    for away in (0.2, 1.2):
        monkeypatch.setattr(takes, "distances", lambda *_, away=away: {"density": away})
        found.append(feature(rate(tune(), replace(PLAN, sounds_like=like)), "likeness"))
    assert [one.points for one in found] == pytest.approx([1.0, 0.75], abs=1e-9)
    assert {one.weight for one in found} == {28.0}


def bar_of(*notes: Note, bars: int = 2) -> Score:
    return Score(ordered(notes), bars, 120_000, Key(0, "major"), loop_start_bar=0)


MOVING = [Note(4 * n, 4, 60 + 2 * n, LEAD) for n in range(4)]


def test_a_voice_leads_with_three_notes_in_a_bar() -> None:
    def dead(count: int) -> tuple[int, ...]:
        inner = [Note(16 + 4 * n, 4, 60 + n, INNER) for n in range(count)]
        return measure_craft(bar_of(*MOVING, *inner), 4).dead_bars

    assert (dead(2), dead(3)) == ((1,), ())


@pytest.mark.parametrize(("pitch", "outside"), [(51, 1), (52, 0), (93, 0), (94, 1)])
def test_the_tune_lies_from_e3_to_a6(pitch: int, outside: int) -> None:
    score = bar_of(*MOVING, Note(16, 4, pitch, LEAD))
    assert measure_craft(score, 4).outside == outside


@pytest.mark.parametrize(("bass", "clash"), [(71, 1), (61, 1), (60, 0), (62, 0), (48, 0), (49, 1)])
def test_a_semitone_in_any_octave_and_on_either_side_clashes(bass: int, clash: int) -> None:
    score = bar_of(Note(0, 16, 72, LEAD), Note(0, 16, bass, BASS), bars=1)
    assert measure_craft(score, 4).clash == clash
