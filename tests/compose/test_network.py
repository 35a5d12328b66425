"""The forward pass against the formula written out plainly in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.controls import ControlGroup
from chipassets.compose.material import ROWS
from chipassets.compose.network import Network
from chipassets.compose.weights import Model
from tests.compose.conftest import MakeModel

CONTROLS = (ControlGroup("a", ("x", "y", "z")), ControlGroup("b", ("low", "high"), (1.0,)))


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))


def plain_logits(
    model: Model, events: list[int], controls: list[list[int]]
) -> list[NDArray[np.float64]]:
    """One row, one-hot inputs, as the papers write it."""
    cells = [np.zeros(units) for units in model.layers]
    hiddens = [np.zeros(units) for units in model.layers]
    result = []
    for event, active in zip(events, controls, strict=True):
        x = np.zeros(model.input_size)
        x[event] = 1
        for offset, row in zip(model.control_offsets, active, strict=True):
            if row >= 0:
                x[offset + row] = 1
        for k, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
            i, j, f, o = np.split(np.concatenate((x, hiddens[k])) @ kernel.astype(float) + bias, 4)
            cells[k] = cells[k] * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)
            x = hiddens[k] = np.tanh(cells[k]) * sigmoid(o)
        result.append(x @ model.head_weights.astype(float) + model.head_bias)
    return result


def test_logits_are_those_of_the_formula_for_every_row(make_model: MakeModel) -> None:
    model = make_model(layers=(12, 9, 7), controls=CONTROLS)
    rng = np.random.default_rng(3)
    events = rng.integers(0, 259, (20, 4))
    controls = np.stack((rng.integers(-1, 3, (20, 4)), rng.integers(-1, 2, (20, 4))), axis=2)
    network = Network(model, 4)
    ours = [network.step(e, c).copy() for e, c in zip(events, controls, strict=True)]
    for row in range(4):
        expected = plain_logits(model, events[:, row].tolist(), controls[:, row].tolist())
        np.testing.assert_allclose([logits[row] for logits in ours], expected, atol=2e-5)


def test_unknown_controls_are_no_controls(make_model: MakeModel) -> None:
    model = make_model(controls=CONTROLS)
    events = np.array([5, 2])
    unknown = Network(model, 2).step(events, np.full((2, 2), -1)).copy()
    assert np.array_equal(unknown, Network(model, 2).step(events))


def test_reset_returns_to_the_zero_state(make_model: MakeModel) -> None:
    network = Network(make_model(), 3)
    first = network.step(np.array([0, 2, 70])).copy()
    network.step(np.array([60, 61, 62]))
    network.reset()
    assert np.array_equal(network.step(np.array([0, 2, 70])), first)


def test_a_row_does_not_depend_on_its_neighbours(make_model: MakeModel) -> None:
    """At every place: kernels of matrix products treat the rows of a block's rim apart."""
    model = make_model(layers=(192, 192))
    rng = np.random.default_rng(5)
    alone, crowd = Network(model, ROWS), Network(model, ROWS)
    for kept in np.array_split(rng.permutation(ROWS), 8):
        alone.reset()
        crowd.reset()
        for _ in range(8):
            events, others = rng.integers(0, 259, (2, ROWS))
            others[kept] = events[kept]
            assert np.array_equal(alone.step(events)[kept], crowd.step(others)[kept])
