"""Choosing: which of the model's cells a piece is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chipassets.compose.cells import Cell, CellNote, Notes, Traits, traits_of
from chipassets.compose.material import Material, Ranked
from chipassets.compose.piece import PiecePlan, Targets
from chipassets.compose.targets import log_distance
from chipassets.compose.tune import Cells

_BEST_WORTH = 5.5
_CHANCE = 1.4
_OVERLAP = 0.6
"""Of the onsets of a cell that contrasts, the most that may stand where the main cell's stand."""


def choose_cells(
    plan: PiecePlan,
    material: Material,
    pulse_steps: int,
    rng: np.random.Generator,
    given: Mapping[str, Notes],
    used: frozenset[tuple[int, ...]] = frozenset(),
) -> Cells:
    """Return a main cell for each letter of the form, and the answer.

    given: what a motif or a primer settles as a letter's cell. used: rhythms that other tracks of
    the game are made of, which this one keeps away from.
    """
    bar_steps = material.tune[0].cell.bar_steps if material.tune else 16
    choice = _with_traits(material.tune, pulse_steps) or [_plain(bar_steps, pulse_steps)]
    main: dict[str, Cell] = {}
    letters = dict.fromkeys(section.letter for section in plan.sections)
    for letter in letters:
        if given.get(letter):
            main[letter] = relative(given[letter], bar_steps)
            continue
        if not main:
            fit = [_statement(*item, plan.targets, bar_steps) for item in choice]
        else:
            first = next(iter(main.values()))
            fit = [_contrast(*item, first, plan.targets, bar_steps) for item in choice]
        chance = rng.random(len(choice)) * _CHANCE
        taken = [2.5 * (cell.rhythm in used) for cell, *_ in choice]
        total = np.array(fit) + chance - np.array(taken)
        main[letter] = choice[int(total.argmax())][0]
    first = next(iter(main.values()))
    fit = [_answer(*item, first, bar_steps) for item in choice]
    total = np.array(fit) + rng.random(len(choice)) * _CHANCE
    return Cells(main, choice[int(total.argmax())][0])


def relative(notes: Notes, bar_steps: int) -> Cell:
    """Return notes in degrees as a cell, whose first note is at degree 0."""
    first = notes[0].degree
    return Cell(tuple(note._replace(degree=note.degree - first) for note in notes), bar_steps)


_Choice = tuple[Cell, Traits, float]


def _with_traits(ranked: Sequence[Ranked], pulse_steps: int) -> list[_Choice]:
    return [
        (item.cell, traits_of(item.cell, pulse_steps), min(item.worth, _BEST_WORTH))
        for item in ranked
    ]


def _plain(bar_steps: int, pulse_steps: int) -> _Choice:
    """What a model leaves that proposes nothing to sing: a bar of three notes up and down."""
    cell = Cell(
        tuple(
            CellNote(index * pulse_steps, pulse_steps, degree)
            for index, degree in enumerate((0, 1, 0)[: bar_steps // pulse_steps])
        ),
        bar_steps,
    )
    return cell, traits_of(cell, pulse_steps), 0.0


def _statement(cell: Cell, traits: Traits, worth: float, targets: Targets, bar_steps: int) -> float:
    fit = worth - 1.6 * log_distance(traits.onsets, targets.onsets)
    fit += (2.0 * targets.syncopation - 0.7) * min(traits.syncopation, 2) * 0.6
    fit += (1.6 * targets.sixteenths - 0.6) * min(traits.odd, 2)
    fit += (1.4 * targets.leaps - 0.5) * min(traits.skips + 2 * traits.leaps, 3) * 0.5
    fit += 0.4 * (cell.notes[0].step == 0) - 0.7 * abs(traits.values - 2.5)
    return fit - 0.5 * (traits.longest > bar_steps // 2)


def _contrast(
    cell: Cell, traits: Traits, worth: float, first: Cell, targets: Targets, bar_steps: int
) -> float:
    shared = len(set(cell.rhythm) & set(first.rhythm)) / len(cell.rhythm)
    away = abs(traits.onsets - len(first.notes))
    fit = 0.5 * worth + 0.5 * _statement(cell, traits, worth, targets, bar_steps)
    return fit - 2.5 * (shared > _OVERLAP) + 0.8 * min(away, 2)


def _answer(cell: Cell, traits: Traits, worth: float, first: Cell, bar_steps: int) -> float:
    """An answer stands on the beat, and has a long note for the main cell's short ones."""
    fit = 0.6 * worth - 1.2 * traits.syncopation - 0.6 * traits.odd
    fit += 1.0 * (traits.longest >= bar_steps // 4) + 0.8 * (cell.notes[0].step == 0)
    fit += 0.5 * (3 <= traits.onsets <= 6)
    return fit - 2.0 * (cell.rhythm == first.rhythm)
