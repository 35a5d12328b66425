"""A take is as dense as the manifest asks: it is measured, and composed until it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import mean

import pytest

from chipassets.compose import ideas, piece
from chipassets.compose.composer import sketch
from chipassets.compose.density import misses
from chipassets.compose.piece import SectionPlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.wanted import led_by_tune
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.metrics import onsets_per_beat
from chipassets.music.notes import BASS, INNER, LEAD, Note
from chipassets.plan.trackplan import Range, TrackPlan, Wish
from chipassets.selection.takes import asked_densities, missed_densities, rate
from tests.compose.conftest import METRES, MakePlan, material_in, material_of, plan_with

FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)


def asked(make_plan: MakePlan, metre: str, *wishes: Wish) -> TrackPlan:
    beats, pulse = METRES[metre]
    return make_plan(bars=12, form=FORM, beats_per_bar=beats, pulse_steps=pulse, wishes=wishes)


DENSITIES = ((1, 2), (2, 3), (3, 4), (4, 5))
ASKED = [
    pytest.param(
        wanted, metre, marks=() if (place + row) % 2 else pytest.mark.slow, id=f"{metre}-{wanted}"
    )
    for row, wanted in enumerate(DENSITIES)
    for place, metre in enumerate(METRES)
]
"""Every density in every metre; half of them, in each row and column, are left to the slow run."""


@pytest.mark.parametrize(("wanted", "metre"), ASKED)
@pytest.mark.default_cases(3)
def test_every_section_is_as_dense_as_it_is_to_be(
    make_plan: MakePlan, wanted: tuple[float, float], metre: str
) -> None:
    track = asked(make_plan, metre, Wish(density=Range(*wanted)))
    kept = 0
    for take in range(4):
        score = sketch(track, material_in(metre), take).score
        for section in score.sections:
            bars = range(section.start_bar, section.start_bar + section.bars)
            found = onsets_per_beat(score, bars)
            assert wanted[0] - 0.5 <= found <= wanted[1] + 0.5
            kept += wanted[0] <= found <= wanted[1]
    assert kept >= 8  # of twelve sections


def test_a_section_alone_is_dense_and_the_others_are_as_they_were(make_plan: MakePlan) -> None:
    track = asked(make_plan, "4/4", Wish("B", density=Range(5, 6)))
    before, after = [], []
    for take in range(8):
        plain = sketch(asked(make_plan, "4/4"), material_in("4/4"), take).score
        score = sketch(track, material_in("4/4"), take).score
        assert not misses(track, score)
        assert 5 <= onsets_per_beat(score, range(4, 8)) <= 6
        before.append(onsets_per_beat(plain, range(4)))
        after.append(onsets_per_beat(score, range(4)))
    # A piece with a density has cells for gestures: its takes differ, their mean does not.
    assert mean(after) == pytest.approx(mean(before), abs=0.75)


def test_what_the_manifest_says_of_a_part_stays(make_plan: MakePlan) -> None:
    wish = Wish(texture="held", bass="long", density=Range(4, 5))
    track, every, tunes = asked(make_plan, "4/4", wish), range(12), []
    for take in range(4):
        score = sketch(track, material_in("4/4"), take).score
        assert onsets_per_beat(score, every, BASS) < 0.8
        assert onsets_per_beat(score, every, INNER) < 0.8
        tunes.append(onsets_per_beat(score, every, LEAD))
    # Both say that they move little, so the tune alone comes as near as it can.
    assert max(tunes) > 1.4


def test_a_missed_density_is_reported_and_lowers_the_rating(make_plan: MakePlan) -> None:
    track = asked(make_plan, "4/4", Wish("B", density=Range(7, 8)), Wish(texture="silent"))
    score = sketch(track, material_in("4/4"), 0).score
    (line,) = missed_densities(score, track)
    assert line.startswith("section B has ")
    assert line.endswith(" notes a beat, and density: asks for 7 to 8")
    points = {feature.name: feature.points for feature in rate(score, track).features}
    assert points["density"] == 0


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("wanted", [(0.5, 1), (0.5, 1.2), (0.7, 1.2)])
@pytest.mark.default_cases(3)
def test_sections_keep_a_sparse_density_that_the_manifest_sets(
    make_plan: MakePlan, metre: str, wanted: tuple[float, float]
) -> None:
    track = asked(make_plan, metre, Wish(density=Range(*wanted)))
    kept = 0
    for take in range(4):
        score = sketch(track, material_in(metre), take).score
        found = [found for _, found, _ in asked_densities(score, track)]
        kept += sum(wanted[0] <= one <= wanted[1] for one in found)
        assert max(found) <= wanted[1] + 0.3
    assert kept >= 10  # of twelve sections


def test_a_sparse_take_moves_in_every_bar_and_holds_nothing_too_long(make_plan: MakePlan) -> None:
    track = asked(make_plan, "4/4", Wish(density=Range(0.5, 1.2)))
    refused = [
        rate(sketch(track, material_in("4/4"), take).score, track).refused for take in range(8)
    ]
    assert sum(reason is not None for reason in refused) <= 2


def test_a_bar_may_stand_still_only_where_too_few_notes_are_wanted(make_plan: MakePlan) -> None:
    sparse, moving = (asked(make_plan, "3/4", Wish(density=Range(0.5, most))) for most in (1, 1.2))
    assert sparse.may_hold("A")
    assert not moving.may_hold("A")
    score = sketch(sparse, material_in("3/4"), 0).score
    held = [Note(12 * bar, 12, 72 + (2 * bar) % 5, LEAD) for bar in range(score.bars)]
    bass = [Note(12 * bar, 12, 45 + (3 * bar) % 7, BASS) for bar in range(score.bars)]
    still = replace(score, notes=tuple(sorted([*held, *bass], key=lambda n: n.start_step)))
    assert rate(still, sparse).refused is None
    assert "nothing happens" in str(rate(still, moving).refused)
    rarer = replace(still, notes=tuple(n for n in still.notes if n.start_step % 24 == 0))
    assert rate(rarer, moving).refused == "only 12 notes in 12 bars"
    assert "notes in" not in str(rate(rarer, sparse).refused)


def led(make_plan: MakePlan, inner: str, *wishes: Wish) -> tuple[SectionPlan, SectionPlan]:
    """A section in which every second slot rests, before and after `led_by_tune`."""
    track = asked(make_plan, "4/4", *wishes)
    section = plan_with(plan_piece(track, 0), inner=inner).sections[0]
    phrases = tuple(
        replace(
            phrase,
            slots=tuple(
                replace(slot, kind=piece.REST if place % 2 else piece.ANSWER)
                for place, slot in enumerate(phrase.slots)
            ),
        )
        for phrase in section.phrases
    )
    before = replace(section, phrases=phrases, is_density_asked=bool(wishes))
    return before, led_by_tune(track, before)


def test_a_tune_that_moves_alone_rests_in_no_bar(make_plan: MakePlan) -> None:
    before, after = led(make_plan, ideas.SILENT, Wish(density=Range(0.5, 0.8)))
    pairs = [
        (old, new)
        for phrase, moving in zip(before.phrases, after.phrases, strict=True)
        for old, new in zip(phrase.slots, moving.slots, strict=True)
    ]
    assert len(pairs) >= 4
    for old, new in pairs:
        kind = piece.MAIN if old.kind == piece.REST else piece.ANSWER
        assert new == replace(old, kind=kind)


@pytest.mark.parametrize(
    ("inner", "wishes"),
    [
        (ideas.HELD, (Wish(density=Range(2, 3)),)),  # another voice moves
        (ideas.SILENT, ()),  # no density is asked for
        (ideas.SILENT, (Wish(density=Range(0.5, 0.75)),)),  # three notes a bar may stand still
    ],
)
def test_a_tune_may_rest_where_another_voice_moves_or_no_density_is_asked_for(
    make_plan: MakePlan, inner: str, wishes: tuple[Wish, ...]
) -> None:
    before, after = led(make_plan, inner, *wishes)
    assert after == before


@pytest.mark.parametrize("idea", range(3))
@pytest.mark.default_cases(1)
def test_bars_of_two_beats_are_as_sparse_as_they_are_to_be(make_plan: MakePlan, idea: int) -> None:
    """A bass note and a note of the tune in each bar would be one note a beat already."""
    track = make_plan(
        bars=12, form=FORM, beats_per_bar=2, seed=100 + idea, wishes=(Wish(density=Range(0.5, 1)),)
    )
    for take in range(3):
        score = sketch(track, material_of(2, 4), take).score
        assert not misses(track, score)
        # The bass has something new at least every four bars.
        starts = [note.start_step for note in score.part(BASS)]
        assert max(b - a for a, b in pairwise([0, *starts, score.total_steps])) <= 4 * 8
