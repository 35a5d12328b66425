"""Models and plans that the tests of composing make for themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from chipassets.compose.cells import Cell, CellNote, is_bass, is_gesture, is_tune, traits_of
from chipassets.compose.choosing import choose_cells
from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.context import Context, context_of
from chipassets.compose.controls import ControlGroup, position_label
from chipassets.compose.harmonies import Harmony, harmony_of
from chipassets.compose.harmony import plan_harmony
from chipassets.compose.material import Material, Ranked
from chipassets.compose.piece import PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import TuneTask, compose_tune
from chipassets.compose.tunebar import TuneBar, tune_notes
from chipassets.compose.weights import Model
from chipassets.music.keys import Key
from chipassets.plan.trackplan import Character, Range, TrackPlan

MakeModel = Callable[..., Model]
MakePlan = Callable[..., TrackPlan]

METRES = {"4/4": (4, 4), "3/4": (3, 4), "6/8": (3, 6)}
"""beats_per_bar and pulse_steps of every metre that has grooves."""

_CELLS = 40


def material_in(metre: str) -> Material:
    """Cells as a model might propose them, drawn once for each metre."""
    return material_of(*METRES[metre])


@cache
def material_of(beats: float, pulse: int) -> Material:
    """Cells in bars of so many quarters whose felt beats are so many 16ths apart."""
    tune: list[Ranked] = []
    bass: list[Ranked] = []
    gestures: list[Ranked] = []
    rng = np.random.default_rng(int(beats + pulse))
    while min(len(tune), len(bass)) < _CELLS:
        cell = _some_cell(rng, int(4 * beats))
        traits = traits_of(cell, pulse)
        if is_tune(cell, traits):
            tune.append(Ranked(cell, traits.entropy))
        if is_bass(cell, traits):
            bass.append(Ranked(cell, traits.entropy))
    while len(gestures) < _CELLS:
        cell = _some_cell(rng, int(8 * beats))
        traits = traits_of(cell, pulse)
        if is_gesture(cell, traits):
            gestures.append(Ranked(cell, traits.entropy))
    tune.sort(key=lambda item: -item.worth)
    return Material(tuple(tune[:_CELLS]), tuple(bass[:_CELLS]), _CELLS, tuple(gestures))


def _some_cell(rng: np.random.Generator, bar_steps: int) -> Cell:
    starts = [step for step in range(0, bar_steps, 2) if step == 0 or rng.random() < 0.5]
    degree, notes = 0, []
    for start, end in zip(starts, [*starts[1:], bar_steps], strict=True):
        notes.append(CellNote(start, end - start, degree))
        degree += (-5, -4, -2, -1, -1, 0, 1, 1, 2, 4)[int(rng.integers(10))]
    return Cell(tuple(notes), bar_steps)


@pytest.fixture
def make_model() -> MakeModel:
    """A model with random weights that likes to end steps and hardly leaves the middle register."""

    def make(
        layers: tuple[int, ...] = (24, 20),
        seed: int = 0,
        controls: tuple[ControlGroup, ...] = (),
        canonical_key: bool = True,
        spread: float = 0.5,
    ) -> Model:
        rng = np.random.default_rng(seed)
        kernels, biases = [], []
        inputs = 259 + sum(group.size for group in controls)
        for units in layers:
            shape = (inputs + units, 4 * units)
            kernels.append((rng.standard_normal(shape) * 0.4).astype(np.float32))
            biases.append((rng.standard_normal(4 * units) * 0.2).astype(np.float32))
            inputs = units
        head = (rng.standard_normal((inputs, 259)) * spread).astype(np.float32)
        bias = np.full(259, -1.0, np.float32)
        bias[STEP_END] = 3
        bias[NEW_NOTE + 45 : NEW_NOTE + 85] = 0
        bias[CONTINUED_NOTE + 45 : CONTINUED_NOTE + 85] = 3
        return Model("random", tuple(kernels), tuple(biases), head, bias, controls, canonical_key)

    return make


@pytest.fixture
def singing_model() -> Model:
    """An untrained model whose bars can be sung: on the eighths, within an octave."""
    labels = tuple(position_label("4/4", step) for step in range(16))
    units, first = 24, 259
    rng = np.random.default_rng(3)
    kernel = (rng.standard_normal((first + 16 + units, 4 * units)) * 0.4).astype(np.float32)
    bias = (rng.standard_normal(4 * units) * 0.2).astype(np.float32)
    # Unit 0 hears nothing but whether the step is even: gates i, j, f, o in this order.
    kernel[:, ::units] = 0
    kernel[first : first + 16, units] = np.where(np.arange(16) % 2, -8, 8)
    bias[::units] = (8, 0, -8, 8)
    head = (rng.standard_normal((units, 259)) * 0.3).astype(np.float32)
    head[0] = 0
    head[0, NEW_NOTE:CONTINUED_NOTE] = 6
    head_bias = np.full(259, -20, np.float32)
    head_bias[STEP_END] = 2
    head_bias[NEW_NOTE + 60 : NEW_NOTE + 72] = -4.8
    head_bias[CONTINUED_NOTE + 60 : CONTINUED_NOTE + 72] = 3
    groups = (ControlGroup("position", labels),)
    return Model("singing", (kernel,), (bias,), head, head_bias, groups, True)


def a_plan(**changes: object) -> TrackPlan:
    """A plan for four bars in D minor; keyword arguments change it."""
    values: dict[str, object] = {
        "name": "cave",
        "scene": "dungeon",
        "moods": ("dark",),
        "seed": 11,
        "bars": 4,
        "beats_per_bar": 4,
        "tempo_millibpm": 120_000,
        "key": Key(2, "minor"),
        "loops": True,
        "primer": None,
        "condition_on_primer": True,
        "inject_primer": False,
        "temperature": 1.0,
        "takes": 3,
        "character": Character(
            Range(2, 4), Range(1.5, 2.6), Range(62, 76), "none", "reed", "pluck", "triangle"
        ),
    }
    return TrackPlan(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def make_plan() -> MakePlan:
    """The maker of plans."""
    return a_plan


def harmony_in(bars: Sequence[Sequence[str]], key: Key, steps_per_bar: int = 16) -> Harmony:
    """The harmony of bars that all stand in one key."""
    return harmony_of(bars, [key] * len(bars), key, steps_per_bar)


def plan_with(plan: PiecePlan, **roles: str) -> PiecePlan:
    """The plan with these roles of parts in all its sections, and all parts from the start on."""
    sections = tuple(
        replace(section, roles={**section.roles, **roles}) for section in plan.sections
    )
    return replace(plan, sections=sections)


def tune_task(track: TrackPlan, plan: PiecePlan, seed: int = 0, **changes: object) -> TuneTask:
    """What the search for the tune of a track is given, with material made here."""
    material = material_in(track.metre)
    rng = np.random.default_rng(seed)
    harmony = plan_harmony(track, plan, rng)
    bar = harmony.steps_per_bar
    cells = choose_cells(plan, material, track.pulse_steps, bar, rng, {})
    task = TuneTask(plan, harmony, cells, track.pulse_steps, track.bars)
    return replace(task, **changes)  # type: ignore[arg-type]


def context_in(
    track: TrackPlan,
    plan: PiecePlan | None = None,
    seed: int = 0,
    material: Material | None = None,
    muted: frozenset[int] = frozenset(),
) -> Context:
    """A take up to its tune, for the parts that are written under it."""
    plan = plan or plan_piece(track, seed)
    task, tune = _tune(track, plan, seed)
    return context_of(
        plan,
        task.harmony,
        tune,
        tune_notes(tune, task.harmony.steps_per_bar),
        material or material_in(track.metre),
        dict(task.cells.main),
        track.pulse_steps,
        np.random.default_rng(seed),
        muted,
    )


_TUNES: dict[str, tuple[TuneTask, tuple[TuneBar, ...]]] = {}


def _tune(track: TrackPlan, plan: PiecePlan, seed: int) -> tuple[TuneTask, tuple[TuneBar, ...]]:
    """The tune of a plan, searched for once for all tests that write parts under it."""
    # The tune does not know who plays what under it.
    bare = replace(plan, sections=tuple(replace(part, roles={}) for part in plan.sections))
    asked = f"{track!r} {bare!r} {seed}"
    if asked not in _TUNES:
        task = tune_task(track, plan, seed)
        _TUNES[asked] = task, compose_tune(task, np.random.default_rng(seed))[0]
    return _TUNES[asked]
