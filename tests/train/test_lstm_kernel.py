"""The compiled recurrence against TensorFlow's own fused LSTM: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from chipassets.train.lstm_kernel import BLOCK_ROWS, run_forward
from chipassets.train.network import PolyphonyRnn

UNITS, STEPS, ROWS = 24, 9, BLOCK_ROWS + 3


def fused(inputs: Any, kernel: Any, bias: Any, cell: Any, output: Any) -> Any:
    """TensorFlow's BlockLSTM, whose gates i, c, f, o are Magenta's i, j, f, o."""
    nothing = tf.zeros((UNITS,))
    return tf.raw_ops.BlockLSTM(
        seq_len_max=tf.constant(STEPS, tf.int64),
        x=inputs,
        cs_prev=cell,
        h_prev=output,
        w=kernel,
        wci=nothing,
        wcf=nothing,
        wco=nothing,
        b=bias,
        forget_bias=1.0,
        cell_clip=0.0,
        use_peephole=False,
    ).h


def test_loss_and_gradients_are_those_of_tensorflows_fused_lstm() -> None:
    rng = np.random.default_rng(3)
    network = PolyphonyRnn((UNITS, UNITS), (5,), seed=2)
    events = rng.integers(0, 259, (STEPS, ROWS)).astype(np.int32)
    rows = rng.integers(-1, 5, (STEPS, ROWS, 1)).astype(np.int32)
    weight = tf.constant(rng.normal(size=(STEPS, ROWS, 259)), tf.float32)
    state = [
        tuple(tf.constant(rng.normal(size=(ROWS, UNITS)), tf.float32) for _ in range(2))
        for _ in range(2)
    ]
    variables = [variable.value for variable in network.ordered()]
    with tf.GradientTape() as tape:
        ours, _ = network(events, rows, state)
        loss = tf.reduce_sum(weight * ours)
    found = tape.gradient(loss, variables)
    with tf.GradientTape() as tape:
        hidden = tf.concat([tf.one_hot(events, 259), tf.one_hot(rows[..., 0], 5)], -1)
        for kernel, bias, (cell, output) in zip(
            variables[:4:2], variables[1:4:2], state, strict=True
        ):
            hidden = fused(hidden, kernel, bias, cell, output)
        theirs = tf.einsum("tbu,uv->tbv", hidden, variables[-2]) + variables[-1]
        loss = tf.reduce_sum(weight * theirs)
    wanted = tape.gradient(loss, variables)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(one), other, atol=2e-4)


def test_extreme_gates_saturate_and_stay_finite() -> None:
    zeros = np.zeros((2, UNITS), np.float32)
    projected = np.full((3, 2, 4 * UNITS), 1e30, np.float32)
    projected[1] *= -1
    outputs, cells, gates = run_forward(
        projected, zeros, zeros, np.zeros((UNITS, 4 * UNITS), np.float32)
    )
    assert np.isfinite(outputs).all()
    assert np.abs(outputs).max() <= 1
    assert np.abs(gates).max() <= 1
    np.testing.assert_allclose(cells[0], 1, atol=1e-6)
