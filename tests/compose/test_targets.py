"""Targets: what each piece is to measure, drawn as widely as people's music spreads."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose import targets
from chipassets.compose.ideas import IDEAS
from chipassets.compose.piece import Targets
from chipassets.compose.targets import draw_targets, log_distance
from chipassets.plan.trackplan import Range
from tests.compose.conftest import METRES, MakePlan

SONG = IDEAS["song"]
_SHARES = (
    "literal", "syncopation", "sixteenths", "leaps", "chromatic", "changes", "drive", "short", "air"
)  # fmt: skip
DRAWS = 200


def drawn(make_plan: MakePlan, **changes: object) -> list[Targets]:
    track = make_plan(**changes)
    return [draw_targets(track, SONG, np.random.default_rng(seed)) for seed in range(DRAWS)]


def test_draws_lie_in_their_ranges(make_plan: MakePlan) -> None:
    for metre, (beats, pulse) in METRES.items():
        for target in drawn(make_plan, beats_per_bar=beats, pulse_steps=pulse):
            for name in _SHARES:
                assert 0 <= getattr(target, name) <= 1, (metre, name)
            assert targets._TUNE_SPAN[0] <= target.span <= targets._TUNE_SPAN[-1]
            # Of a bar's steps, so that a bar of 3/4 is neither dead nor crowded.
            assert 16 * target.onsets / (4 * beats) + 1e-9 >= targets._FEWEST_ONSETS
            assert 16 * target.onsets / (4 * beats) - 1e-9 <= targets._MOST_ONSETS


def spread(values: list[float]) -> float:
    return float(np.percentile(values, 90) - np.percentile(values, 10))


@pytest.mark.parametrize(
    ("name", "table"), [("span", "_TUNE_SPAN"), ("air", "_SILENCE"), ("sixteenths", "_SIXTEENTHS")]
)
def test_drawn_targets_spread_as_widely_as_their_table(
    make_plan: MakePlan, name: str, table: str
) -> None:
    """At least 0.8 of it, between the 10th and the 90th percentile."""
    quantiles = np.array(getattr(targets, table))
    scale = 1.0 if name == "span" else quantiles[-1]
    wanted = np.interp([0.1, 0.9], targets._PLACES, quantiles / scale)
    found = [getattr(target, name) for target in drawn(make_plan, tempo_millibpm=60_000)]
    factor = 1.0 if name != "sixteenths" else max(found)
    assert spread(found) >= 0.8 * (wanted[1] - wanted[0]) * factor


def test_every_target_differs_between_pieces(make_plan: MakePlan) -> None:
    rows = [asdict(target) for target in drawn(make_plan)]
    for name in rows[0]:
        assert len({row[name] for row in rows}) > (1 if name == "alike" else 10), name


def test_density_steers_the_tune(make_plan: MakePlan) -> None:
    thin, full = (replace(make_plan().character, density=Range(low, 2 * low)) for low in (1.5, 4.0))
    means = [
        np.mean([target.onsets for target in drawn(make_plan, character=character)])
        for character in (thin, full)
    ]
    assert means[0] < 0.7 * means[1]


def test_an_idea_shifts_the_targets(make_plan: MakePlan) -> None:
    track = make_plan()
    by_literal = sorted(IDEAS.values(), key=lambda idea: idea.literal)
    by_onsets = sorted(IDEAS.values(), key=lambda idea: idea.onsets)
    for seed in range(20):
        free, literal, slow, busy = (
            draw_targets(track, idea, np.random.default_rng(seed))
            for idea in (by_literal[0], by_literal[-1], by_onsets[0], by_onsets[-1])
        )
        assert free.literal < literal.literal
        assert slow.onsets <= busy.onsets


@given(st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise(a: float, b: float) -> None:
    low, high = sorted((a, b))
    values = (0.0, 1.0, 4.0, 9.0, 16.0)
    assert targets._quantile(values, low) <= targets._quantile(values, high)
    assert 0 <= targets._quantile(values, a) <= 16
    for place, value in zip(targets._PLACES, values, strict=True):
        assert targets._quantile(values, place) == pytest.approx(value)


@given(st.floats(0, 40), st.floats(0, 40))
def test_the_distance_of_counts_is_in_octaves(a: float, b: float) -> None:
    assert log_distance(a, b) == pytest.approx(log_distance(b, a))
    assert log_distance(a, a) == 0
    assert log_distance(7.5, 3.5) == pytest.approx(1)
