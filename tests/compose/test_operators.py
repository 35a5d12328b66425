"""Operators: what each keeps of a cell and what it changes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.cells import Cell, CellNote, Notes
from chipassets.compose.operators import DEVELOPING, OPERATORS, variants


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    bar_steps = draw(st.sampled_from([12, 16]))
    starts = sorted(draw(st.sets(st.integers(0, bar_steps - 1), min_size=1, max_size=10)))
    notes, first = [], True
    for start, end in zip(starts, [*starts[1:], bar_steps], strict=True):
        degree = 0 if first else draw(st.integers(-6, 6))
        notes.append(CellNote(start, draw(st.integers(1, end - start)), degree))
        first = False
    return Cell(tuple(notes), bar_steps)


def made_by(name: str, cell: Cell) -> list[Notes]:
    return list(OPERATORS[name].variants(cell))


def degrees(notes: Notes) -> list[int]:
    return [note.degree for note in notes]


@pytest.mark.parametrize("name", OPERATORS)
@given(cell=cells())
def test_every_variant_is_one_voice_within_the_bar(name: str, cell: Cell) -> None:
    for notes in made_by(name, cell):
        assert notes
        assert notes[0].step >= 0
        assert notes[-1].end <= cell.bar_steps
        assert all(note.steps >= 1 for note in notes)
        assert all(a.end <= b.step for a, b in pairwise(notes))


@pytest.mark.parametrize("name", ["plain", "tail", "long tail", "inverted"])
@given(cell=cells())
def test_operators_of_pitch_keep_the_rhythm(name: str, cell: Cell) -> None:
    for notes in made_by(name, cell):
        assert [note[:2] for note in notes] == [note[:2] for note in cell.notes]


@given(cells())
def test_the_plain_variant_is_the_cell_and_costs_nothing(cell: Cell) -> None:
    assert made_by("plain", cell) == [cell.notes]
    assert OPERATORS["plain"].cost == 0
    assert all(operator.cost >= 0 for operator in OPERATORS.values())


@given(cells())
def test_turned_upside_down_twice_it_is_itself(cell: Cell) -> None:
    (once,) = made_by("inverted", cell)
    assert degrees(once) == [-degree for degree in degrees(cell.notes)]
    assert made_by("inverted", Cell(once, cell.bar_steps)) == [cell.notes]


@pytest.mark.parametrize(("name", "last"), [("tail", 1), ("long tail", 2)])
@given(cell=cells())
def test_a_tail_moves_the_last_notes_together(name: str, last: int, cell: Cell) -> None:
    for notes in made_by(name, cell):
        moved = [a - b for a, b in zip(degrees(notes), degrees(cell.notes), strict=True)]
        assert moved[:-last] == [0] * (len(moved) - last)
        assert len(set(moved[-last:])) == 1
        assert moved[-1] != 0


@given(cells())
def test_a_fragment_says_the_first_half_twice(cell: Cell) -> None:
    half = cell.bar_steps // 2
    head = [note for note in cell.notes if note.step < half]
    for notes in made_by("fragmented", cell):
        first, second = notes[: len(head)], notes[len(head) :]
        assert [n.step for n in first] == [n.step for n in head]
        assert [n.step - half for n in second] == [n.step for n in first]
        assert len({b.degree - a.degree for a, b in zip(first, second, strict=True)}) == 1
    assert bool(made_by("fragmented", cell)) == (len(head) >= 2)


@given(cells())
def test_augmentation_fills_the_bar_with_the_first_half(cell: Cell) -> None:
    head = [note for note in cell.notes if note.step < cell.bar_steps // 2]
    for notes in made_by("broadened", cell):
        assert [n.step for n in notes] == [2 * n.step for n in head]
        assert degrees(notes) == degrees(tuple(head))
        assert notes[-1].end == cell.bar_steps
    assert bool(made_by("broadened", cell)) == (len(head) >= 2)


@given(cells())
def test_an_ornament_adds_a_turn_at_the_end_of_the_longest_note(cell: Cell) -> None:
    for notes in made_by("ornamented", cell):
        assert len(notes) == len(cell.notes) + 2
        longest = max(note.steps for note in cell.notes)
        kept = {note for note in cell.notes if note in notes}
        (cut,) = [note for note in cell.notes if note not in kept]
        assert cut.steps == longest >= 4
        added = [note for note in notes if note not in kept]
        assert added[0].degree == added[2].degree == cut.degree
        assert added[1].degree == cut.degree + 1
        assert added[-1].end == cut.end


@given(cells())
def test_variants_come_once_each_and_name_their_operator(cell: Cell) -> None:
    found = variants(cell, tuple(OPERATORS))
    assert len({variant.notes for variant in found}) == len(found)
    assert found[0].notes == cell.notes
    assert {variant.operator for variant in found} <= set(OPERATORS)
    for variant in found:
        assert variant.cost == OPERATORS[variant.operator].cost
    assert set(DEVELOPING) <= set(OPERATORS)
    assert "plain" in DEVELOPING


def test_a_variant_made_by_two_operators_has_the_first_ones_name() -> None:
    """A bar on one degree, turned upside down, is the same bar, and costs nothing."""
    cell = Cell((CellNote(0, 4, 0), CellNote(4, 12, 0)), 16)
    (found,) = variants(cell, ("plain", "inverted"))
    assert (found.operator, found.cost) == ("plain", 0)


def test_a_turn_goes_up_and_comes_back() -> None:
    cell = Cell((CellNote(0, 2, 0), CellNote(2, 2, 1), CellNote(4, 12, 3)), 16)
    (notes,) = made_by("ornamented", cell)
    assert notes[2:] == (CellNote(4, 10, 3), CellNote(14, 1, 4), CellNote(15, 1, 3))


@pytest.mark.parametrize(
    ("alteration", "after", "stays"),
    [(1, 1, True), (1, 0, True), (1, -1, False), (1, 2, False), (-1, -1, True), (-1, 1, False)],
)
def test_an_alteration_stays_where_the_next_note_resolves_it(
    alteration: int, after: int, stays: bool
) -> None:
    cell = Cell((CellNote(0, 8, 0), CellNote(8, 4, 2, alteration), CellNote(12, 4, 2 + after)), 16)
    (plain,) = variants(cell, ("plain",))
    assert plain.notes[1].alteration == (alteration if stays else 0)


def test_another_tail_leaves_no_chromatic_neighbour_without_its_goal() -> None:
    cell = Cell((CellNote(0, 8, 0), CellNote(8, 4, 3, 1), CellNote(12, 4, 4)), 16)
    tails = {v.notes[2].degree: v.notes[1].alteration for v in variants(cell, ("tail",))}
    assert tails == {2: 0, 3: 1, 5: 0, 6: 0}
