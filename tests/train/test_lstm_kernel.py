"""The pass that is written out, against TensorFlow's own fused LSTM and its derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from chipassets.train.batches import Batch
from tests.train.conftest import needs_tensorflow

if TYPE_CHECKING:
    from chipassets.train.keras_network import PolyphonyRnn

pytestmark = needs_tensorflow

UNITS, STEPS, ROWS = (24, 16), 9, 35
GROUPS = (5, 3)


def fused(inputs: Any, kernel: Any, bias: Any, cell: Any, output: Any) -> Any:
    """TensorFlow's BlockLSTM, whose gates i, c, f, o are Magenta's i, j, f, o."""
    import tensorflow as tf

    nothing = tf.zeros((cell.shape[1],))
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
    )


@pytest.fixture(scope="module")
def batch() -> Batch:
    from chipassets.train.lstm_kernel import BLOCK_ROWS  # with the compiler, so only when needed

    assert ROWS % BLOCK_ROWS, "a block is left that is not full"
    rng = np.random.default_rng(3)
    rows = [rng.integers(-1, size, (STEPS, ROWS)) for size in GROUPS]
    mask = np.ones((STEPS, ROWS), np.float32)
    mask[5:, ::4] = 0
    return Batch(
        events=rng.integers(0, 259, (STEPS, ROWS)).astype(np.int32),
        targets=rng.integers(0, 259, (STEPS, ROWS)).astype(np.int32),
        rows=np.stack(rows, -1).astype(np.int32),
        mask=mask,
        keep_state=(np.arange(ROWS) % 3 > 0).astype(np.float32)[:, None],
    )


def _state(network: PolyphonyRnn) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(4)
    return [
        (
            rng.normal(size=(ROWS, units)).astype(np.float32),
            np.tanh(rng.normal(size=(ROWS, units))).astype(np.float32),
        )
        for units in network.units
    ]


def _judge(network: PolyphonyRnn, batch: Batch, state: list[tuple[Any, Any]]) -> Any:
    """The loss, the last states and the gradients by automatic differentiation."""
    import tensorflow as tf

    variables = [variable.value for variable in network.ordered()]
    after = []
    with tf.GradientTape() as tape:
        told = [tf.one_hot(batch.rows[..., g], size) for g, size in enumerate(GROUPS)]
        hidden = tf.concat([tf.one_hot(batch.events, 259), *told], -1)
        pairs = zip(variables[:-2:2], variables[1:-2:2], state, strict=True)
        for kernel, bias, (cell, output) in pairs:
            keep = batch.keep_state
            done = fused(hidden, kernel, bias, cell * keep, output * keep)
            hidden = done.h
            after.append((done.cs[-1], done.h[-1]))
        logits = tf.einsum("tbu,uv->tbv", hidden, variables[-2]) + variables[-1]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits)
        total = tf.reduce_sum(batch.mask * losses)
        loss = total / tf.reduce_sum(batch.mask)
    return float(total), after, tape.gradient(loss, variables)


def test_loss_state_and_gradients_are_those_of_tensorflows_fused_lstm(batch: Batch) -> None:
    from chipassets.train.backend import differentiator
    from chipassets.train.keras_network import PolyphonyRnn

    network = PolyphonyRnn(UNITS, GROUPS, seed=2)
    state = _state(network)
    total, after, gradients = differentiator(network)(batch, state, (1, 0))
    expected, states, theirs = _judge(network, batch, state)
    assert total == pytest.approx(expected, rel=1e-5)
    for ours, judged in zip(after, states, strict=True):
        np.testing.assert_allclose(ours, [np.array(part) for part in judged], atol=1e-5)
    for ours, judged in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(ours, np.array(judged), atol=1e-6, rtol=1e-4)


def test_logits_and_their_state_are_those_of_the_pass(batch: Batch) -> None:
    import tensorflow as tf

    from chipassets.train.backend import differentiator
    from chipassets.train.keras_network import PolyphonyRnn

    network = PolyphonyRnn(UNITS, GROUPS, seed=2)
    state = network.zero_state(ROWS)
    logits, after = network(batch.events, batch.rows, state)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits)
    total, states, _ = differentiator(network)(batch, state, (1, 0))
    assert total == pytest.approx(float(tf.reduce_sum(batch.mask * losses)), rel=1e-5)
    for ours, theirs in zip(states, after, strict=True):
        np.testing.assert_allclose(ours, [np.array(part) for part in theirs], atol=1e-6)


def test_the_gradients_are_the_slope_of_the_loss_with_dropout_too(batch: Batch) -> None:
    from chipassets.train.backend import differentiator
    from chipassets.train.keras_network import PolyphonyRnn

    network = PolyphonyRnn(UNITS, GROUPS, dropout_keep=0.6, seed=2)
    state, seed = _state(network), (7, 11)
    count = float(batch.mask.sum())
    _, _, gradients = differentiator(network)(batch, state, seed)
    gradients = [gradient.copy() for gradient in gradients]
    rng = np.random.default_rng(5)
    before = network.arrays()
    for index, gradient in enumerate(gradients):
        way = rng.normal(size=gradient.shape).astype(np.float32)
        losses = []
        for distance in (-2e-3, 2e-3):
            moved = list(before)
            moved[index] = before[index] + np.float32(distance) * way
            network.assign(moved)
            losses.append(differentiator(network)(batch, state, seed)[0] / count)
        slope = (losses[1] - losses[0]) / 4e-3
        assert slope == pytest.approx(float((gradient * way).sum()), rel=2e-2, abs=2e-4)
    network.assign(before)
    other = differentiator(network)(batch, state, (7, 12))[0]
    assert other != differentiator(network)(batch, state, seed)[0]
