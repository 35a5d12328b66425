"""Fit: what hand-made bars are charged, and that every cost that a manifest may weigh counts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from chipassets.compose.cells import CellNote, Notes
from chipassets.compose.fit import (
    COSTS,
    Candidates,
    candidates_of,
    costs_of,
    joined,
    pitches_of,
    snapped,
)
from chipassets.compose.harmonies import Harmony
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import compose_tune
from chipassets.compose.tunebar import TuneBar
from chipassets.music.keys import Key
from tests.compose.conftest import MakePlan, harmony_in, tune_task

MAJOR = Key(0, "major")


def notes(*line: tuple[int, ...]) -> Notes:
    return tuple(CellNote(*note) for note in line)


def bars_of(*lines: Notes, shifts: tuple[int, ...] = (0,)) -> Candidates:
    return candidates_of([("A", "plain", 0.0, line) for line in lines], shifts)


def charged(name: str, *lines: Notes, chords: tuple[str, ...] = ("C",)) -> list[float]:
    """What bars over chords in C major are charged under a name; degree 0 is middle C."""
    harmony = harmony_in([chords], MAJOR)
    bars = bars_of(*lines)
    found = costs_of(bars, pitches_of(bars, harmony, 0), harmony, 0, 4)
    return [round(float(value), 6) for value in found[name]]


def quarters(*degrees: int) -> Notes:
    return tuple(CellNote(4 * n, 4, degree) for n, degree in enumerate(degrees))


def test_tones_of_the_chord_are_free_and_others_are_not() -> None:
    free, passing, landing = charged(
        "chord", quarters(0, 2, 4, 2), notes((0, 4, 0), (4, 2, 2), (6, 2, 3), (8, 8, 4)),
        quarters(3, 2, 4, 2),
    )  # fmt: skip
    assert free == 0
    assert 0 < passing < landing


def test_a_foreign_note_costs_more_the_longer_and_the_stronger_it_is() -> None:
    costs = charged(
        "chord",
        notes((0, 4, 0), (6, 1, 5), (8, 8, 2)),  # short, weak
        notes((0, 4, 0), (6, 2, 5), (8, 8, 2)),
        notes((0, 4, 0), (4, 4, 5), (8, 8, 2)),  # on a beat
        notes((0, 4, 5), (4, 4, 2), (8, 8, 0)),  # on the first one
        notes((0, 8, 5), (8, 8, 2)),  # and long
    )
    assert all(a < b for a, b in pairwise(costs))


def test_two_long_foreign_notes_in_a_row_cost_more_than_each_alone() -> None:
    first, second, both = charged(
        "chord",
        notes((0, 4, 1), (4, 4, 4), (8, 8, 4)),
        notes((0, 4, 2), (4, 4, 6), (8, 8, 4)),
        notes((0, 4, 1), (4, 4, 6), (8, 8, 4)),
    )
    assert both == pytest.approx(first + second + 2.0)
    assert charged("chord", notes((0, 3, 1), (4, 4, 6), (8, 8, 4)))[0] < both - 2.0


def test_an_altered_tone_that_is_held_costs_more_than_one_that_leads_on() -> None:
    """Over the tonic the raised fourth goes on to the fifth by step."""
    short, held = charged(
        "chord",
        (CellNote(0, 4, 4, 0), CellNote(4, 2, 3, 1), CellNote(6, 10, 4, 0)),
        (CellNote(0, 4, 4, 0), CellNote(4, 3, 3, 1), CellNote(7, 9, 4, 0)),
    )
    in_key = charged("chord", (CellNote(0, 4, 4, 0), CellNote(4, 3, 3, 0), CellNote(7, 9, 4, 0)))[0]
    assert held - short > 1.0
    assert held - in_key > 0.8


def test_a_note_that_resolves_by_step_costs_less() -> None:
    resolved, left = charged("chord", quarters(0, 3, 2, 0), quarters(0, 3, 0, 2))
    assert 0 < resolved < left


def test_a_semitone_above_a_tone_of_the_chord_rubs() -> None:
    fourth, second = charged(
        "chord", notes((0, 4, 0), (4, 4, 3), (8, 8, 0)), notes((0, 4, 0), (4, 4, 1), (8, 8, 4))
    )
    assert fourth > second


def test_a_note_that_rings_into_another_chord_is_charged() -> None:
    over, away = charged("chord", notes((0, 12, 2), (12, 4, 1)), notes((0, 8, 2), (8, 8, 1)),
                         chords=("C", "G"))  # fmt: skip
    assert over > away == 0


def test_a_bar_without_the_third_of_its_chord_is_charged() -> None:
    assert charged("third", quarters(0, 2, 4, 2), quarters(0, 4, 0, 4)) == [0, pytest.approx(0.3)]


@pytest.mark.parametrize("degrees", [(0, 1, 2, 1), (0, 2, 3, 2), (0, 4, 3, 2)])
def test_steps_and_thirds_and_a_leap_repaid_cost_nothing(degrees: tuple[int, ...]) -> None:
    assert charged("leaps", quarters(*degrees)) == [0]


def test_leaps_cost_more_the_wider_and_the_more_awkward_they_are() -> None:
    fifth, tritone, seventh, ninth, two_octaves = charged(
        "leaps",
        quarters(0, 4, 3, 2),
        notes((0, 8, 3), (8, 4, 6), (12, 4, 7)),
        notes((0, 8, 1), (8, 4, 7), (12, 4, 6)),
        notes((0, 8, 0), (8, 4, 8), (12, 4, 7)),
        notes((0, 8, 0), (8, 4, 14), (12, 4, 13)),
    )
    assert 0 == fifth < tritone < ninth <= two_octaves
    assert tritone < seventh
    song, spelled = charged("leaps", quarters(0, 2, 1, 0), quarters(0, 2, 4, 2))
    assert song < spelled
    repaid, unpaid = charged("leaps", quarters(0, 4, 3, 2), quarters(0, 4, 5, 6))
    assert repaid < unpaid


def test_one_pitch_over_and_over_is_charged() -> None:
    moving, twice, thrice, drone = charged(
        "repeats", quarters(0, 1, 2, 4), quarters(0, 0, 2, 4), quarters(0, 0, 0, 4),
        quarters(0, 0, 0, 0),
    )  # fmt: skip
    assert 0 == moving < twice < thrice < drone
    # Two long notes are no drill, however alike.
    assert charged("repeats", notes((0, 8, 0), (8, 8, 0))) == [twice]


def test_candidates_stand_at_every_transposition() -> None:
    bars = bars_of(quarters(0, 1, 2, 4), quarters(0, 2), shifts=(-1, 0, 3))
    assert bars.rows == 6
    assert bars.counts.tolist() == [4, 4, 4, 2, 2, 2]
    assert bars.degrees[:3, 0].tolist() == bars.shifts[:3].tolist() == [-1, 0, 3]
    assert bars.mask.sum(axis=1).tolist() == bars.counts.tolist()
    harmony = harmony_in([["C"]], MAJOR)
    assert pitches_of(bars, harmony, 0)[1].tolist() == [60, 62, 64, 67]
    assert pitches_of(bars, harmony, 0)[4].tolist() == [60, 64, 0, 0]
    assert bars.take(np.array([4])).degrees[0, :2].tolist() == [0, 2]


def test_joined_tables_keep_their_rows_and_their_names() -> None:
    first = bars_of(quarters(0, 1))
    second = candidates_of([("answer", "tail", 0.5, quarters(0, 1, 2))], (2,))
    both = joined([first, second])
    assert both.rows == 2
    assert [both.names[label] for label in both.labels] == [("A", "plain"), ("answer", "tail")]
    assert both.base.tolist() == [0, 0.5]
    assert both.degrees.tolist() == [[0, 1, 0], [2, 3, 4]]
    assert both.counts.tolist() == [2, 3]


def test_strong_notes_are_moved_to_a_tone_beside_them() -> None:
    harmony = harmony_in([["C"]], MAJOR)
    bars = bars_of(quarters(0, 2, 4, 2), quarters(3, 1, 2, 0), notes((0, 2, 0), (2, 2, 3)))
    moved = snapped(bars, harmony, 0, 4)
    # The first fits as it is, and so does the third, whose foreign note is weak.
    assert moved.rows == 1
    pitches = pitches_of(moved, harmony, 0)
    assert {int(pitch) % 12 for pitch in pitches[0, :4]} <= {0, 4, 7}
    assert (np.abs(moved.degrees[0] - bars.degrees[1]) <= 1).all()
    assert moved.base[0] > bars.base[1]


def test_every_cost_that_a_manifest_may_weigh_changes_tunes(make_plan: MakePlan) -> None:
    """A tune that is searched without a cost, or with five times of it, is another one."""

    def differs(name: str, seed: int) -> bool:
        track = make_plan(bars=8, seed=seed)
        found = set()
        for weight in (0.0, 5.0):
            task = tune_task(track, plan_piece(track, 0), seed, weights={name: weight})
            bars, _ = compose_tune(task, np.random.default_rng(seed))
            found.add(tuple(bar.key for bar in bars))
        return len(found) == 2

    for name in COSTS:
        assert any(differs(name, seed) for seed in range(16)), name


def test_what_is_weighed_more_is_charged_less(make_plan: MakePlan) -> None:
    """Over some pieces, the search avoids what counts five times as much."""

    def charge(name: str, weight: float) -> float:
        total = 0.0
        for seed in range(8):
            track = make_plan(bars=8, seed=seed)
            task = tune_task(track, plan_piece(track, 0), seed, weights={name: weight})
            bars, _ = compose_tune(task, np.random.default_rng(seed))
            total += _own_costs(name, task.harmony, bars)
        return total

    for name in ("chord", "leaps"):
        assert charge(name, 5.0) < charge(name, 0.0)


def _own_costs(name: str, harmony: Harmony, bars: tuple[TuneBar, ...]) -> float:
    total = 0.0
    for number, bar in enumerate(bars):
        if not bar.notes:
            continue
        table = candidates_of([("A", "plain", 0.0, bar.notes)], (0,))
        pitches = pitches_of(table, harmony, number)
        total += float(costs_of(table, pitches, harmony, number, 4)[name][0])
    return total


def test_what_led_into_a_note_that_is_moved_is_altered_no_more() -> None:
    harmony = harmony_in([("C",)], MAJOR)
    line = notes((0, 4, 0), (4, 2, 2), (6, 2, 2, 1), (8, 8, 3))
    moved = snapped(bars_of(line), harmony, 0, 4)
    assert moved.degrees.tolist() == [[0, 2, 2, 2]]
    assert moved.alterations.tolist() == [[0, 0, 0, 0]]
