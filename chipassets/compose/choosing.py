"""Choose the model's cells that a piece is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose.avoiding import allowed_cells
from chipassets.compose.cells import Cell, CellNote, Notes, Traits, is_tune, traits_of
from chipassets.compose.fit import Floats
from chipassets.compose.gestures import choose_gestures, head_of, paired
from chipassets.compose.material import Material, Ranked
from chipassets.compose.operators import variants
from chipassets.compose.piece import PiecePlan, Targets
from chipassets.compose.targets import fitness, log_distance
from chipassets.compose.tune import Cells
from chipassets.music.forms import EDGES
from chipassets.units import STEPS_PER_BEAT

_BEST_WORTH = 5.5
_CHANCE = 1.4
_DIMINISHED_FROM = 0.4
"""From this wish for 16ths on, cells in notes half as long are among the choice."""

_DENSE_FROM = 7.0
_OWN_CELLS = 2
"""How many letters of a form have a cell of their own: more are too many to remember."""

_OVERLAP = 0.6
"""Of the onsets of a cell that contrasts, the most that may stand where the main cell's stand."""


def choose_cells(
    plan: PiecePlan,
    material: Material,
    pulse_steps: int,
    bar_steps: int,
    rng: np.random.Generator,
    given: Mapping[str, Notes],
) -> Cells:
    """Return a main cell for each letter of the form, and the answer.

    given: the cells of the letters that a motif or a primer fixes.
    """
    choice = _with_traits(material.tune, pulse_steps) or [_plain(bar_steps, pulse_steps)]
    wants_fast = plan.targets.sixteenths > _DIMINISHED_FROM or plan.targets.onsets > _DENSE_FROM
    if wants_fast and pulse_steps == STEPS_PER_BEAT:
        choice += _diminished(choice, pulse_steps, rng)
    choice = allowed_cells(choice, plan.avoid)
    gestures, reply = choose_gestures(plan, material, pulse_steps, rng)
    main: dict[str, Cell] = {}
    every = dict.fromkeys(section.letter for section in plan.sections)
    # An intro and an outro are made of the first letter's cell: they come last here.
    derived = float(rng.random())
    letters = sorted(every, key=lambda letter: letter in EDGES)
    for letter in letters:
        if given.get(letter):
            main[letter] = relative(given[letter], bar_steps)
            gestures.pop(letter, None)
            continue
        head = head_of(gestures[letter], pulse_steps) if letter in gestures else None
        if head is not None:
            main[letter] = head
            continue
        if main and letter in EDGES:
            main[letter] = next(iter(main.values()))
            continue
        if len(main) >= _OWN_CELLS and letter not in plan.onsets:
            # What comes third is made of what is known: the first cell, upside down.
            main[letter] = Cell(
                variants(next(iter(main.values())), ("inverted",))[0].notes, bar_steps
            )
            continue
        if main and letter not in plan.onsets and derived < _DERIVED:
            found = _derived(next(iter(main.values())), derived, pulse_steps)
            if found is not None:
                main[letter] = found
                continue
        own = _paced(choice, plan, letter, pulse_steps)
        if not main:
            fit = [_statement(*item, _targets(plan, letter), bar_steps) for item in own]
        else:
            others = tuple(main.values())
            fit = [_contrast(*item, others, _targets(plan, letter)) for item in own]
        main[letter] = _best(own, fit, rng.random(len(choice)))
    first = next(iter(main.values()))
    chance = rng.random(len(choice))

    def answer_in(letter: str) -> Cell:
        own = _paced(choice, plan, letter, pulse_steps)
        return _best(own, [_answer(*item, first, bar_steps) for item in own], chance)

    answer = answer_in("")
    answers = {letter: answer_in(letter) if letter in plan.onsets else answer for letter in main}
    in_two = {
        letter: gestures.get(letter) or paired(cell, answers[letter])
        for letter, cell in main.items()
    }
    return Cells(main, answers, in_two, reply or paired(answer, first))


def _best(choice: Sequence[_Choice], fit: Sequence[float], chance: Floats) -> Cell:
    """Return the cell that fits best, with a part of chance; it comes again where it is short."""
    total = np.array(fit) + np.resize(chance, len(choice)) * _CHANCE
    return choice[int(total.argmax())][0]


_NEAR = 0.35
"""Octaves by which a cell may be further from the notes a bar that the manifest asks for than the
nearest one: what a piece likes besides decides among these alone."""


def _paced(choice: list[_Choice], plan: PiecePlan, letter: str, pulse_steps: int) -> list[_Choice]:
    """Return the cells that are about as dense as the manifest asks for; all if it does not."""
    wanted = plan.onsets.get(letter)
    if wanted is None:
        return choice
    every = [*choice, *_augmented(choice, pulse_steps)]
    bar_steps = choice[0][0].bar_steps
    if bar_steps <= _SHORT_BAR and any(p.is_still for p in plan.sections if p.letter == letter):
        whole = Cell((CellNote(0, bar_steps, 0),), bar_steps)
        every.append((whole, traits_of(whole, pulse_steps), 0.0))
    away = [log_distance(traits.onsets, wanted) for _, traits, _ in every]
    nearest = min(away)
    return [item for item, far in zip(every, away, strict=True) if far <= nearest + _NEAR]


_SHORT_BAR = 8
"""Steps of a bar up to which a tune that has to be slow may have one note in it."""


def _augmented(choice: Sequence[_Choice], pulse_steps: int) -> list[_Choice]:
    """Return first halves and first quarters of cells, in notes twice and four times as long."""
    found: dict[Notes, _Choice] = {}
    for cell, _, worth in choice:
        for _ in range(2):
            slower = variants(cell, ("broadened",))
            if not slower:
                break
            cell = Cell(slower[0].notes, cell.bar_steps)
            traits = traits_of(cell, pulse_steps)
            if not traits.leaps and not traits.same:
                found.setdefault(cell.notes, (cell, traits, worth))
    return list(found.values())


_DERIVED = 0.5
"""How often the cell of what contrasts is made of the first cell."""


def _derived(first: Cell, draw: float, pulse_steps: int) -> Cell | None:
    """Return a development of a cell that can open a section of its own, None if there is none."""
    found = [
        cell
        for variant in variants(first, ("inverted", "fragmented", "broadened"))
        if is_tune(cell := Cell(variant.notes, first.bar_steps), traits_of(cell, pulse_steps))
    ]
    return found[int(draw / _DERIVED * len(found))] if found else None


def _targets(plan: PiecePlan, letter: str) -> Targets:
    """Return the targets of a letter's cell, with the density that the manifest sets, if any."""
    onsets = plan.onsets.get(letter)
    return plan.targets if onsets is None else replace(plan.targets, onsets=onsets)


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
    """Return a bar of three notes up and down, for a model that proposes nothing singable."""
    cell = Cell(
        tuple(
            CellNote(index * pulse_steps, pulse_steps, degree)
            for index, degree in enumerate((0, 1, 0)[: bar_steps // pulse_steps])
        ),
        bar_steps,
    )
    return cell, traits_of(cell, pulse_steps), 0.0


def _statement(cell: Cell, traits: Traits, worth: float, targets: Targets, bar_steps: int) -> float:
    fit = worth + fitness(traits, targets) + 1.2 * (cell.notes[0].step == 0)
    return fit - 0.5 * (traits.longest > bar_steps // 2)


def _contrast(
    cell: Cell, traits: Traits, worth: float, others: Sequence[Cell], targets: Targets
) -> float:
    """Return a cell's score: how much it differs from other letters' cells, plus its own worth."""
    fit = 0.5 * worth + 0.5 * _statement(cell, traits, worth, targets, cell.bar_steps)
    for other in others:
        fit -= 2.5 * (cell.shared(other.rhythm) > _OVERLAP)
        fit -= 0.8 * max(0, traits.odd - 1 - sum(step % 2 for step in other.rhythm))
    return fit + 0.8 * min(abs(traits.onsets - len(others[0].notes)), 2)


def _diminished(
    choice: Sequence[_Choice], pulse_steps: int, rng: np.random.Generator
) -> list[_Choice]:
    """Return cells in notes half as long, each made of two of the model's bars."""
    even = [
        item
        for item in choice
        if all(note.step % 2 == 0 for note in item[0].notes) and item[1].onsets <= 6
    ]
    found: list[_Choice] = []
    for cell, _, worth in even:
        other = even[int(rng.integers(len(even)))][0]
        half = cell.bar_steps // 2
        last = cell.notes[-1].degree
        notes = [_halved(note, 0, 0) for note in cell.notes]
        notes += [_halved(note, half, last + 1) for note in other.notes]
        whole = Cell(tuple(notes), cell.bar_steps)
        traits = traits_of(whole, pulse_steps)
        if whole.span <= 6 and traits.onsets >= 4 and not traits.leaps and traits.skips <= 3:
            found.append((whole, traits, worth))
    return found


def _halved(note: CellNote, start: int, degree: int) -> CellNote:
    return CellNote(start + note.step // 2, max(1, note.steps // 2), degree + note.degree)


def _answer(cell: Cell, traits: Traits, worth: float, first: Cell, bar_steps: int) -> float:
    """Return how well a cell answers the main cell `first`, in points.

    A good answer starts on the beat, and has long notes and another rhythm.
    """
    fit = 0.6 * worth - 1.2 * traits.syncopation - 0.6 * traits.odd
    fit += 1.0 * (traits.longest >= bar_steps // 4) + 0.8 * (cell.notes[0].step == 0)
    fit += 0.5 * (3 <= traits.onsets <= 6)
    return fit - 2.0 * (cell.rhythm == first.rhythm)
