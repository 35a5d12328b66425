"""Tracks of one scene differ in density, and the takes of one track do not scatter as far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chipassets.compose.form import track_parts
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.guidance.terms.line import TERM, LineTerm
from chipassets.compose.plot import draw_plot
from chipassets.compose.texture import draw_aims
from chipassets.trackplan import Range, TrackPlan
from tests.compose.conftest import MakePlan


def dense(track: TrackPlan, low: float, high: float) -> TrackPlan:
    return replace(track, character=replace(track.character, density=Range(low, high)))


def test_density_spreads_over_tracks_more_than_over_takes(make_plan: MakePlan) -> None:
    means, widths = [], []
    for seed in range(24):
        track = make_plan(seed=seed)
        aims = draw_aims(track, track_parts(track), range(16))
        means.append(aims.density.mean())
        widths.append(float(np.ptp(aims.density.mean(axis=1))))
    assert np.std(means) > 0.5
    assert max(widths) < np.ptp(means)


def test_the_rhythm_of_a_tune_suits_its_density(make_plan: MakePlan) -> None:
    def onsets(low: float, high: float) -> float:
        tracks = [dense(make_plan(seed=seed), low, high) for seed in range(40)]
        return float(np.mean([draw_plot(t, track_parts(t)).cell.sum() for t in tracks]))

    assert 1.2 * onsets(1, 2) < onsets(6, 8)


def test_a_dense_take_lets_go_of_a_long_note_sooner(make_plan: MakePlan) -> None:
    def long_steps(low: float) -> float:
        track = dense(make_plan(), low, low + 1)
        parts = track_parts(track)
        term = TERM.make(Setting(track, parts, 0, draw_aims(track, parts, range(4))), 1.0)
        assert isinstance(term, LineTerm)
        return float(np.mean(term.long_steps))

    assert long_steps(6) < long_steps(3) < long_steps(1.5) <= 8


def test_six_eight_is_felt_in_two(make_plan: MakePlan) -> None:
    track = make_plan(beats_per_bar=3, pulse_steps=6)
    assert (track.metre, make_plan(beats_per_bar=3).metre) == ("6/8", "3/4")
    cells = [draw_plot(replace(track, seed=s), track_parts(track)).cell for s in range(20)]
    assert {cell.size for cell in cells} == {12}
    assert np.mean([cell[[0, 6]].mean() for cell in cells]) > 0.9
