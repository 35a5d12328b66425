"""Choosing: a cell for each letter, and one that answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chipassets.compose.cells import Cell, CellNote
from chipassets.compose.choosing import choose_cells, relative
from chipassets.compose.material import Material
from chipassets.compose.operators import OPERATORS, variants
from chipassets.compose.piece import PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import Cells
from chipassets.music.forms import FormPart, lay_out
from tests.compose.conftest import METRES, MakePlan, material_in

FORM = lay_out([FormPart(name) for name in ("intro", "A", "B", "A'", "C")], 18)


def plan_of(make_plan: MakePlan, seed: int = 0, metre: str = "4/4") -> PiecePlan:
    beats, pulse = METRES[metre]
    track = make_plan(bars=18, form=FORM, seed=seed, beats_per_bar=beats, pulse_steps=pulse)
    return plan_piece(track, seed)


def chosen(plan: PiecePlan, seed: int = 0, metre: str = "4/4", **more: object) -> Cells:
    beats, pulse = METRES[metre]
    asked = {"material": material_in(metre), "given": {}, **more}
    rng = np.random.default_rng(seed)
    return choose_cells(plan, asked.pop("material"), pulse, 4 * beats, rng, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("metre", METRES)
def test_each_letter_has_a_cell_as_long_as_a_bar(make_plan: MakePlan, metre: str) -> None:
    beats, _ = METRES[metre]
    for material in (material_in(metre), Material((), (), 0)):
        cells = chosen(plan_of(make_plan, metre=metre), metre=metre, material=material)
        assert set(cells.main) == {"intro", "A", "B", "C"}
        for cell in (*cells.main.values(), *cells.answers.values()):
            assert cell.bar_steps == 4 * beats
            assert cell.notes[0].degree == 0
            assert cell.notes[-1].end <= 4 * beats


def test_a_letter_that_contrasts_has_another_rhythm_or_a_development(make_plan: MakePlan) -> None:
    same = 0
    for seed in range(20):
        cells = chosen(plan_of(make_plan, seed), seed)
        first, second, *_ = cells.main.values()
        is_derived = second in (Cell(v.notes, 16) for v in variants(first, tuple(OPERATORS)))
        same += second.rhythm == first.rhythm and not is_derived
        same += cells.answers["A"].rhythm == first.rhythm
    assert same <= 4


def test_what_is_given_is_the_letters_cell(make_plan: MakePlan) -> None:
    tune = (CellNote(0, 4, 9), CellNote(4, 4, 11, 1), CellNote(8, 8, 7))
    cells = chosen(plan_of(make_plan), given={"B": tune})
    assert cells.main["B"] == relative(tune, 16)
    assert [note.degree for note in cells.main["B"].notes] == [0, 2, -2]
    assert [note.alteration for note in cells.main["B"].notes] == [0, 1, 0]


def test_pieces_are_made_of_different_cells(make_plan: MakePlan) -> None:
    found = {chosen(plan_of(make_plan, seed), seed).main["A"] for seed in range(12)}
    assert len(found) >= 6


def test_the_targets_lean_the_choice(make_plan: MakePlan) -> None:
    few: list[int] = []
    many: list[int] = []
    for seed in range(12):
        plan = plan_of(make_plan, seed)
        for onsets, found in ((3.0, few), (8.0, many)):
            wanted = replace(plan, targets=replace(plan.targets, onsets=onsets))
            first = next(iter(chosen(wanted, seed).main.values()))
            found.append(len(first.notes))
    assert np.mean(few) < np.mean(many)
