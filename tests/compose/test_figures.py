"""Figures, rhythm cells and the line of the tune: each pulls where it says, and on its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.form import track_parts
from chipassets.compose.guidance import Term
from chipassets.compose.guidance.figures.answer import AnswerTerm
from chipassets.compose.guidance.figures.broken import BrokenTerm
from chipassets.compose.guidance.figures.canon import CanonTerm
from chipassets.compose.guidance.figures.held import HeldTerm
from chipassets.compose.guidance.figures.octaves import OctavesTerm
from chipassets.compose.guidance.figures.ostinato import Follow, OstinatoTerm
from chipassets.compose.guidance.figures.walking import WalkingTerm
from chipassets.compose.guidance.registry import FIGURES, TERMS
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.guidance.terms.ceiling import CeilingTerm
from chipassets.compose.guidance.terms.cell import CellTerm
from chipassets.compose.guidance.terms.line import LineTerm
from chipassets.compose.network import Network
from chipassets.compose.plot import draw_plot
from chipassets.compose.sampler import sample
from chipassets.compose.script import free_script
from chipassets.compose.state import State
from chipassets.compose.texture import draw_aims, make_terms
from tests.compose.conftest import MakeModel, MakePlan

STEPS = 64
ALWAYS = np.ones(STEPS, bool)
CELL = np.array([mark == "x" for mark in "x...x.x.x...x..."])

Taken = NDArray[np.int16]
Make = Callable[[float], Term]

TERMS_BY_NAME: dict[str, Make] = {
    "answer": lambda weight: AnswerTerm(ALWAYS, 60, 16, weight),
    "broken": lambda weight: BrokenTerm(ALWAYS, weight),
    "canon": lambda weight: CanonTerm(ALWAYS, 8, weight),
    "ceiling": lambda weight: CeilingTerm(np.full(STEPS, 62), weight),
    "cell": lambda weight: CellTerm(ALWAYS, CELL, weight),
    "held": lambda weight: HeldTerm(ALWAYS, 16, weight),
    "line": LineTerm,
    "octaves": lambda weight: OctavesTerm(ALWAYS, weight),
    "ostinato": lambda weight: OstinatoTerm(ALWAYS, 16, weight),
    "walking": lambda weight: WalkingTerm(ALWAYS, 55, weight),
}


def is_new(taken: Taken) -> NDArray[np.bool_]:
    return (taken >= NEW_NOTE) & (taken < CONTINUED_NOTE)


def pitches(taken: Taken) -> Taken:
    return np.where(taken >= NEW_NOTE, (taken - NEW_NOTE) % 128, -1)


def struck(taken: Taken, first: int) -> list[list[set[int]]]:
    """For each row and step, the pitches that begin from the place on."""
    shown = np.where(is_new(taken), pitches(taken), -1)[:, :, first:]
    return [[set(step[step >= 0].tolist()) for step in row] for row in shown]


def octaves(taken: Taken) -> float:
    top, second = pitches(taken)[:, :, 0], pitches(taken)[:, :, 1]
    return float(((top - second) == 12).sum() / (top >= 0).sum())


def again(taken: Taken) -> float:
    rows = struck(taken, 1)
    shared = sum(len(a & b) for row in rows for a, b in zip(row, row[16:], strict=False))
    return shared / max(1, sum(len(step) for row in rows for step in row[16:]))


def follows(taken: Taken) -> float:
    tunes, lower = struck(taken, 0), struck(taken, 1)
    pairs = [
        (max(tune[step]), below[step + 8])
        for tune, below in zip(tunes, lower, strict=True)
        for step in range(STEPS - 8)
        if tune[step]
    ]
    return sum(pitch - 12 in below for pitch, below in pairs) / len(pairs)


def lower_onsets(taken: Taken, places: Sequence[int]) -> float:
    counts = is_new(taken)[:, :, 1:].sum(axis=(0, 2))
    inside = [step for step in range(STEPS) if step % 16 in places]
    return float(counts[inside].sum() / max(1, counts.sum()))


def unisons(taken: Taken) -> float:
    """The share of top notes that begin on the pitch that was on top of the step before."""
    top, begins = pitches(taken)[:, :, 0], is_new(taken)[:, 1:, 0] & (taken[:, :-1, 0] >= NEW_NOTE)
    return float((begins & (top[:, 1:] == top[:, :-1])).sum() / begins.sum())


MEASURES: dict[str, Callable[[Taken], float]] = {
    "answer": lambda taken: -float((pitches(taken)[:, 16:32, 0] > 66).mean()),
    "broken": lambda taken: lower_onsets(taken, range(0, 16, 2)),
    "canon": follows,
    "ceiling": lambda taken: -float((pitches(taken) > 62).mean()),
    "cell": lambda taken: float(is_new(taken)[:, :, 0][:, np.tile(CELL, 4)].mean()),
    "held": lambda taken: lower_onsets(taken, [0]),
    "line": lambda taken: -unisons(taken),
    "octaves": octaves,
    "ostinato": again,
    "walking": lambda taken: float(
        (is_new(taken) & (pitches(taken) < 55))[:, ::4].sum()
        / max(1, (is_new(taken) & (pitches(taken) < 55)).sum())
    ),
}


def drawn(model: MakeModel, *terms: Term) -> Taken:
    rngs = [np.random.default_rng([3, row]) for row in range(8)]
    return sample(Network(model(), 8), free_script(STEPS), rngs, 1.0, terms)


@pytest.mark.parametrize("name", TERMS_BY_NAME)
def test_it_pulls_where_it_says(name: str, make_model: MakeModel) -> None:
    measure = MEASURES[name]
    guided = drawn(make_model, TERMS_BY_NAME[name](2.0))
    assert measure(guided) > measure(drawn(make_model))


@pytest.mark.parametrize("name", TERMS_BY_NAME)
def test_without_weight_it_changes_nothing(name: str, make_model: MakeModel) -> None:
    term = TERMS_BY_NAME[name](0.0)
    assert (term.name, term.weight) == (name, 0.0)
    assert np.array_equal(drawn(make_model, term), drawn(make_model))
    state = State(free_script(STEPS), 4)
    logits = np.random.default_rng(0).standard_normal((4, 259)).astype(np.float32)
    before = logits.copy()
    for event in (NEW_NOTE + 70, NEW_NOTE + 60, 2, CONTINUED_NOTE + 70):
        term.bias(state, logits)
        assert np.array_equal(logits, before)
        state.write(np.full(4, event))


def test_a_figure_works_on_its_steps_alone(make_model: MakeModel) -> None:
    late = np.arange(STEPS) >= 32
    taken = drawn(make_model, OctavesTerm(late, 2.0))
    assert np.array_equal(taken[:, :32], drawn(make_model)[:, :32])
    assert octaves(taken[:, 32:]) > octaves(taken[:, :32])


def test_an_ostinato_follows_the_chords() -> None:
    major, minor = frozenset((0, 4, 7)), frozenset((9, 0, 4))
    chord_of_step = np.array([[0, 0, 1, 1]])
    follow = Follow(chord_of_step, [major, minor], [0, 9])
    rows, first, third = np.array([0]), np.array([0]), np.array([2])
    # C E G over C becomes A C E over Am; what is no chord tone moves along; -1 stays empty.
    tones = np.array([[60, 64, 67, 62, -1]])
    assert follow(tones, rows, first, third).tolist() == [[57, 60, 64, 59, -1]]
    assert follow(tones, rows, first, np.array([1])).tolist() == tones.tolist()


def test_every_term_has_a_weight_that_a_manifest_can_scale(make_plan: MakePlan) -> None:
    weights: dict[str, set[float]] = {}
    for seed in range(12):
        track = make_plan(seed=seed, bars=16, guidance=(("echo", 0.0), ("scale", 2.0)))
        parts = track_parts(track)
        for term in make_terms(Setting(track, parts, 0, draw_aims(track, parts, range(2)))):
            factor = {"echo": 0.0, "scale": 2.0}.get(term.name, 1.0)
            kind = TERMS[term.name]
            weight, own = kind.weight * factor, kind.varies * (1 + 1e-9)
            assert weight / own <= term.weight <= weight * own
            weights.setdefault(term.name, set()).add(term.weight)
    assert {kind.name for kind in TERMS.values()} == set(TERMS)
    assert len(weights) > 12
    # Tracks differ where a term may vary, and only there.
    for name, found in weights.items():
        assert len(found) == (12 if TERMS[name].varies > 1 and name != "echo" else 1)


def test_sections_differ_in_figure_and_returns_do_not(make_plan: MakePlan) -> None:
    used: set[str] = set()
    for seed in range(20):
        track = make_plan(seed=seed, bars=16)
        plot = draw_plot(track, track_parts(track))
        of_step = [
            [name for name, where in plot.figures.items() if where[step]] for step in range(256)
        ]
        assert all(len(names) == 1 for names in of_step)
        assert of_step[0] == of_step[64] == of_step[255]
        assert of_step[0] != of_step[128]
        assert draw_plot(track, track_parts(track)).figures.keys() == plot.figures.keys()
        used |= plot.figures.keys()
    assert 4 <= len(used) <= len(FIGURES)
