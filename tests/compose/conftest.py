"""Models and plans that the tests of composing make for themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.controls import ControlGroup
from chipassets.compose.weights import Model
from chipassets.keys import Key
from chipassets.trackplan import Character, Range, TrackPlan

MakeModel = Callable[..., Model]
MakePlan = Callable[..., TrackPlan]


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
def make_plan() -> MakePlan:
    """A plan for four bars in D minor; keyword arguments change it."""

    def make(**changes: object) -> TrackPlan:
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

    return make
