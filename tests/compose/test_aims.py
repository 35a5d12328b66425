"""Aims: what a measured reference file asks of the targets of a piece."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from chipassets.compose import aims
from chipassets.compose.aims import with_aims
from chipassets.compose.ideas import IDEAS
from chipassets.compose.piece import Targets
from chipassets.compose.targets import draw_targets
from chipassets.music.likeness import KINDS, Likeness
from chipassets.plan.trackplan import SoundsLike
from tests.compose.conftest import MakePlan

# Every measure in the middle of its table or range, so that one change moves one aim.
MIDDLE = Likeness(
    density=(1.2 * 7.0) ** 0.5, voices=3.0, register=72.0, tune=1.5, syncopation=0.136,
    sixteenths=0.130, leaps=0.085, span=17.0, values=2.0, changes=0.613, outside=0.100,
    mode="minor",
)  # fmt: skip
FOLLOWING = {
    "tune": "onsets", "syncopation": "syncopation", "sixteenths": "sixteenths", "leaps": "leaps",
    "span": "span", "values": "values", "changes": "changes", "outside": "chromatic",
}  # fmt: skip


@pytest.fixture
def base(make_plan: MakePlan) -> Targets:
    return draw_targets(make_plan(), IDEAS["song"], np.random.default_rng(1))


def aimed(base: Targets, *kinds: str, **measures: Any) -> Targets:
    """The targets with aims of these kinds, or of all, for a file that measures this."""
    like = SoundsLike("theme.mid", kinds or tuple(KINDS), replace(MIDDLE, **measures))
    return with_aims(base, like, beats_per_bar=4.0)


def test_a_piece_without_a_reference_keeps_its_targets(base: Targets) -> None:
    assert with_aims(base, None, 4.0) is base


def test_a_reference_in_the_middle_of_every_table_asks_for_the_middle(base: Targets) -> None:
    found = aimed(base)
    for aim in ("pace", "drive", "syncopation", "sixteenths", "leaps", "changes", "chromatic"):
        assert getattr(found, aim) == pytest.approx(0.5), aim
    assert (found.span, found.values) == (17.0, 2.0)


def test_the_tune_gets_the_notes_of_a_bar_of_its_metre(base: Targets) -> None:
    assert aimed(base, tune=1.5).onsets == pytest.approx(6.0)
    like = SoundsLike("theme.mid", tuple(KINDS), MIDDLE)
    assert with_aims(base, like, beats_per_bar=3.0).onsets == pytest.approx(4.5)


@pytest.mark.parametrize(
    ("measure", "aim", "quarter", "three_quarters"),
    [
        ("syncopation", "syncopation", 0.101, 0.160),
        ("sixteenths", "sixteenths", 0.071, 0.201),
        ("leaps", "leaps", 0.080, 0.096),
        ("changes", "changes", 0.584, 0.778),
        ("outside", "chromatic", 0.065, 0.120),
    ],
)
def test_an_aim_is_where_takes_measure_what_the_file_measures(
    base: Targets, measure: str, aim: str, quarter: float, three_quarters: float
) -> None:
    def at(value: float) -> float:
        return float(getattr(aimed(base, **{measure: value}), aim))

    assert at(0.0) == 0
    assert at(quarter) == pytest.approx(0.25)
    assert at(three_quarters) == pytest.approx(0.75)
    assert at(1.0) == 1


@pytest.mark.parametrize(
    ("density", "pace"), [(0.0, 0.0), (1.2, 0.0), (1.3, 0.0454), (6.9, 0.9918), (7.0, 1), (40, 1)]
)
def test_pace_rises_with_the_logarithm_of_the_density(
    base: Targets, density: float, pace: float
) -> None:
    found = aimed(base, density=density)
    assert found.pace == pytest.approx(pace, abs=1e-3)
    assert found.drive == found.pace


@pytest.mark.parametrize(
    ("measure", "least", "most"), [("span", 9.0, 26.0), ("values", 1.2, 3.2)]
)  # fmt: skip
def test_a_reference_beyond_what_can_be_written_is_clipped(
    base: Targets, measure: str, least: float, most: float
) -> None:
    assert getattr(aimed(base, **{measure: 0.0}), measure) == least
    assert getattr(aimed(base, **{measure: least + 0.5}), measure) == least + 0.5
    assert getattr(aimed(base, **{measure: most - 0.5}), measure) == most - 0.5
    assert getattr(aimed(base, **{measure: 99.0}), measure) == most


@pytest.mark.parametrize("kind", KINDS)
def test_targets_change_only_by_the_kinds_that_are_aimed_at(base: Targets, kind: str) -> None:
    """An aim outside the kind keeps its value; each one inside follows its measure."""
    found, whole = asdict(aimed(base, kind)), asdict(aimed(base))
    follows = {FOLLOWING[measure] for measure in KINDS[kind] if measure in FOLLOWING}
    if kind == "density":
        follows |= {"pace", "drive"}
    for name, value in asdict(base).items():
        assert found[name] == (whole[name] if name in follows else value), name


def test_tables_of_aims_rise() -> None:
    """Else a measure would have two places, and interpolation none."""
    for name in ("_SYNCOPATION", "_SIXTEENTHS", "_LEAPS", "_CHANGES", "_CHROMATIC", "_PLACES"):
        table = getattr(aims, name)
        assert len(table) == 5
        assert list(table) == sorted(set(table)), name
