"""Training with PyTorch, for a machine with an accelerator: the recurrence is cuDNN's LSTM.

Without an accelerator PyTorch's own LSTM is used, with the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache, wraps
from itertools import count
from pathlib import Path
from typing import Any

import torch
from keras import ops
from torch.utils.tensorboard import SummaryWriter

from chipassets.compose.weights import FORGET_BIAS
from chipassets.train.batches import Batch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# cuDNN's default of ten mantissa bits is less precise than the 1e-4 by which backends may differ.
torch.backends.cudnn.allow_tf32 = False


def compiled(function: Callable[..., Any]) -> Any:
    """Return the function without gradients."""

    @wraps(function)
    def without_gradients(*arguments: Any) -> Any:
        with torch.no_grad():
            return function(*arguments)

    return without_gradients


def tensor(array: Any) -> Any:
    """Return a numpy array as a tensor on the accelerator, copied asynchronously."""
    values = torch.as_tensor(array)
    return values.pin_memory().to(DEVICE, non_blocking=True) if DEVICE.type == "cuda" else values


def differentiator(network: Any) -> Callable[[Batch, Any, tuple[int, int]], Any]:
    """Return a function that computes the summed loss of a batch, the next state, and gradients.

    Gradients are of the mean loss, in the order of `network.ordered()`. The function takes the
    batch, the state before it, and a seed, which alone determines the dropout: a resumed run draws
    what an interrupted one would have drawn.
    """

    def differentiate(batch: Batch, state: Any, seed: tuple[int, int]) -> Any:
        """Return the summed loss, the state after the batch, and the gradients."""
        events, targets, rows, mask, keep = (tensor(column) for column in astuple(batch))
        state = [(cell * keep, output * keep) for cell, output in state]
        layers = count()

        def dropout(values: Any) -> Any:
            """Return the values with some set to 0; a layer's mask follows from the seed."""
            number = (seed[0] << 32) + (seed[1] << 4) + next(layers)
            generator = torch.Generator(DEVICE).manual_seed(number)
            mask = torch.empty_like(values).bernoulli_(network.dropout_keep, generator=generator)
            return values * mask / network.dropout_keep

        logits, after = network(
            events, rows, state, dropout=dropout if network.dropout_keep < 1 else None
        )
        losses = ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)
        total = ops.sum(mask * losses)
        variables = [variable.value for variable in network.ordered()]
        gradients = torch.autograd.grad(total / ops.sum(mask), variables)
        return total.detach(), [(c.detach(), o.detach()) for c, o in after], list(gradients)

    return differentiate


def recurrence(projected: Any, cell: Any, output: Any, kernel: Any) -> tuple[Any, Any]:
    """Return the outputs [time, batch, units] of a layer and its last cell [batch, units].

    projected: what enters the gates i, j, f, o from below, bias included, [time, batch, 4 * units];
    cell, output: the state before the first step; kernel: the recurrent part [units, 4 * units].
    No gradient goes through the state that comes in: backpropagation is truncated there.
    """
    units = kernel.shape[0]
    order, entering, bias, no_bias = _gates(units)
    state = (output.detach()[None].contiguous(), cell.detach()[None].contiguous())
    weights = [entering, kernel[:, order].T.contiguous(), bias, no_bias]
    outputs, _, last = torch.lstm(
        projected, state, weights, True, 1, 0.0, projected.requires_grad, False, False
    )
    return outputs, last[0].detach()


@cache
def _gates(units: int) -> tuple[Any, Any, Any, Any]:
    """Return what converts BasicLSTMCell's gate order i, j, f, o to PyTorch's i, f, g, o.

    These are the order of the columns; input weights that only permute, as the input is projected
    already; and both biases, one of which adds the forget bias.
    """
    rows = torch.arange(4 * units, device=DEVICE).reshape(4, units)
    order = rows[[0, 2, 1, 3]].reshape(-1)
    entering = torch.eye(4 * units, device=DEVICE)[order].contiguous()
    bias = torch.zeros(4 * units, device=DEVICE)
    bias[units : 2 * units] = FORGET_BIAS
    return order, entering, bias, torch.zeros_like(bias)


@contextmanager
def tensorboard_log(folder: Path) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """Yield a function that writes the values of a step for TensorBoard."""
    with SummaryWriter(str(folder)) as writer:

        def log(step: int, values: dict[str, float]) -> None:
            for tag, value in values.items():
                writer.add_scalar(tag, value, step)

        yield log
