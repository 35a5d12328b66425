"""Choose the model's spans of two bars that a piece's phrases are built of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose import piece
from chipassets.compose.avoiding import allowed_cells
from chipassets.compose.cells import Cell, Traits, is_gesture, is_tune, traits_of
from chipassets.compose.material import Material
from chipassets.compose.operators import variants
from chipassets.compose.piece import PiecePlan
from chipassets.compose.targets import fitness
from chipassets.music.forms import EDGES

_CHANCE = 1.4
_BEST_WORTH = 6.0
_LATE_SHARE = 0.45
"""How often a piece wants gestures that begin behind the downbeat."""
_DERIVED = 0.6
"""How often the gesture of what contrasts is the first one, upside down."""
_OWN_GESTURES = 2
_OVERLAP = 0.5

_Choice = tuple[Cell, Traits, float]


def choose_gestures(
    plan: PiecePlan, material: Material, pulse_steps: int, rng: np.random.Generator
) -> tuple[dict[str, Cell], Cell | None]:
    """Return a gesture for each letter of the form, and the one that replies.

    Empty if the plan has no gestures, or the model proposed none that can be sung.
    """
    kinds = {slot.kind for phrase in plan.phrases for slot in phrase.slots}
    if not kinds & {piece.GESTURE, piece.REPLY} or not material.gestures:
        return {}, None
    choice = allowed_cells(
        [
            (item.cell, traits_of(item.cell, pulse_steps), min(item.worth, _BEST_WORTH))
            for item in material.gestures
        ],
        plan.avoid,
    )
    late, derived = float(rng.random()) < _LATE_SHARE, float(rng.random()) < _DERIVED
    found: dict[str, Cell] = {}
    every = dict.fromkeys(section.letter for section in plan.sections)
    for letter in sorted(every, key=lambda letter: letter in EDGES):
        first = next(iter(found.values()), None)
        if first is not None and letter in EDGES:
            found[letter] = first
            continue
        if first is not None and (derived or len(found) >= _OWN_GESTURES):
            turned = _turned(first, pulse_steps)
            if turned is not None:
                found[letter], derived = turned, False
                continue
        found[letter] = _drawn(choice, plan, letter, tuple(found.values()), late, rng)
    reply = _drawn(choice, plan, "", tuple(found.values()), not late, rng)
    return found, reply


def head_of(gesture: Cell, pulse_steps: int) -> Cell | None:
    """Return the first bar of a gesture as a cell, if it can stand for itself."""
    bar = gesture.bar_steps // 2
    notes = tuple(
        note._replace(steps=min(note.steps, bar - note.step))
        for note in gesture.notes
        if note.step < bar
    )
    if len(notes) < 3:
        return None
    head = Cell(notes, bar)
    return head if is_tune(head, traits_of(head, pulse_steps)) else None


def paired(first: Cell, second: Cell) -> Cell:
    """Return two cells in a row as a gesture; the second begins a degree from the first's end."""
    start = first.notes[-1].degree + 1
    behind = (
        note._replace(step=note.step + first.bar_steps, degree=note.degree + start)
        for note in second.notes
    )
    return Cell((*first.notes, *behind), 2 * first.bar_steps)


def _turned(first: Cell, pulse_steps: int) -> Cell | None:
    notes = variants(first, ("inverted",))[0].notes
    cell = Cell(notes, first.bar_steps)
    return cell if is_gesture(cell, traits_of(cell, pulse_steps)) else None


def _drawn(
    choice: Sequence[_Choice],
    plan: PiecePlan,
    letter: str,
    others: Sequence[Cell],
    late: bool,
    rng: np.random.Generator,
) -> Cell:
    """Return the gesture of a letter: the best by worth, fit and difference, with random noise.

    others: gestures of other letters. late: whether it should begin after the downbeat.
    """
    onsets = plan.onsets.get(letter, plan.targets.onsets)
    targets = replace(plan.targets, onsets=2 * onsets, values=plan.targets.values + 0.6)

    def fit(item: _Choice) -> float:
        """Return a gesture's score in points, without the noise."""
        cell, traits, worth = item
        found = worth + fitness(traits, targets) + 1.3 * ((cell.notes[0].step > 0) == late)
        for other in others:
            found -= 2.0 * (cell.shared(other.rhythm) > _OVERLAP)
        return found

    total = np.array([fit(item) for item in choice]) + rng.random(len(choice)) * _CHANCE
    return choice[int(total.argmax())][0]
