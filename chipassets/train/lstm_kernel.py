"""The recurrence of a BasicLSTM layer compiled for the CPU: forward and back through time.

TensorFlow runs a dozen small operations per time step, each of which costs more than its
arithmetic. Here a step is one matrix product and one loop over the gates, and the rows of a batch
are processed in blocks, one per core. Results overwrite their inputs, as fresh memory costs as much
as the arithmetic.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba
import numpy as np
import scipy.linalg.cython_blas  # noqa: F401 - compiled code takes BLAS from here; see `_blas`
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from chipassets.compose.weights import FORGET_BIAS

Floats = NDArray[np.float32]
_Function = TypeVar("_Function", bound=Callable[..., Any])

BLOCK_ROWS = 32
"""Rows per block, independent of the number of cores, so that sums are the same on any machine."""

_FORGET_BIAS = np.float32(FORGET_BIAS)
_ONE, _HALF = np.float32(1), np.float32(0.5)
_OPTIONS = {"nogil": True, "fastmath": True, "error_model": "numpy"}
compiled: Callable[[_Function], _Function] = numba.njit(cache=True, **_OPTIONS)
_inlined: Callable[[_Function], _Function] = numba.njit(inline="always", **_OPTIONS)


@_inlined
def _tanh(value: Any) -> Any:
    """Return tanh within 4e-7 using only arithmetic, which the compiler vectorises.

    The quotient of polynomials of degree 13 and 6 that Eigen, and so TensorFlow, uses for single
    precision (`generic_fast_tanh_float`); beyond 7.9053 it is constant.
    """
    x = min(max(value, np.float32(-7.90531110763549805)), np.float32(7.90531110763549805))
    square = x * x
    above = np.float32(2.00018790482477e-13) + square * np.float32(-2.76076847742355e-16)
    above = np.float32(-8.60467152213735e-11) + square * above
    above = np.float32(5.12229709037114e-08) + square * above
    above = np.float32(1.48572235717979e-05) + square * above
    above = np.float32(6.37261928875436e-04) + square * above
    above = np.float32(4.89352455891786e-03) + square * above
    below = np.float32(1.18534705686654e-04) + square * np.float32(1.19825839466702e-06)
    below = np.float32(2.26843463243900e-03) + square * below
    below = np.float32(4.89352518554385e-03) + square * below
    return x * above / below


@_inlined
def _sigmoid(value: Any) -> Any:
    return _HALF * _tanh(_HALF * value) + _HALF


@_inlined
def _four(gate: Floats, units: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the gates i, j, f, o of a row as separate arrays.

    The compiler vectorises loops over one or two arrays that start at 0.
    """
    return gate[:units], gate[units : 2 * units], gate[2 * units : 3 * units], gate[3 * units :]


@compiled
def _forward(
    first: int,
    last: int,
    gates: Floats,
    cell: Floats,
    output: Floats,
    kernel: Floats,
    outputs: Floats,
    cells: Floats,
) -> None:
    """Fill outputs and cells [time, batch, units] of some rows; gates become their activations."""
    units = cell.shape[1]
    state = cell[first:last].copy()
    hidden = output[first:last].copy()
    product = np.empty((last - first, 4 * units), np.float32)
    for step in range(gates.shape[0]):
        np.dot(hidden, kernel, product)
        for row in range(last - first):
            place = first + row
            gate, entered = gates[step, place], product[row]
            held, shown = state[row], hidden[row]
            for unit in range(4 * units):
                gate[unit] += entered[unit]
            i, j, f, o = _four(gate, units)
            for unit in range(units):
                i[unit] = _sigmoid(i[unit])
            for unit in range(units):
                j[unit] = _tanh(j[unit])
            for unit in range(units):
                f[unit] = _sigmoid(f[unit] + _FORGET_BIAS)
            for unit in range(units):
                o[unit] = _sigmoid(o[unit])
            for unit in range(units):
                held[unit] = held[unit] * f[unit] + i[unit] * j[unit]
            for unit in range(units):
                shown[unit] = _tanh(held[unit]) * o[unit]
            cells[step, place] = held
            outputs[step, place] = shown


@compiled
def _backward(
    first: int,
    last: int,
    gradient: Floats,
    cell: Floats,
    cells: Floats,
    gates: Floats,
    transposed: Floats,
) -> None:
    """Replace gates [time, batch, 4 * units] of some rows by the gradient of their inputs."""
    units = cell.shape[1]
    of_hidden = np.zeros((last - first, units), np.float32)
    of_state = np.zeros((last - first, units), np.float32)
    for step in range(gradient.shape[0] - 1, -1, -1):
        for row in range(last - first):
            place = first + row
            gate = gates[step, place]
            given, reached = gradient[step, place], cells[step, place]
            before = cells[step - 1, place] if step else cell[place]
            for unit in range(units):
                i, j = gate[unit], gate[units + unit]
                f, o = gate[2 * units + unit], gate[3 * units + unit]
                bent = _tanh(reached[unit])
                shown = of_hidden[row, unit] + given[unit]
                kept = of_state[row, unit] + shown * o * (_ONE - bent * bent)
                gate[unit] = kept * j * i * (_ONE - i)
                gate[units + unit] = kept * i * (_ONE - j * j)
                gate[2 * units + unit] = kept * before[unit] * f * (_ONE - f)
                gate[3 * units + unit] = shown * bent * o * (_ONE - o)
                of_state[row, unit] = kept * f
        np.dot(gates[step, first:last], transposed, of_hidden)


_cores = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="lstm")
_blas = ThreadpoolController()
"""The BLAS libraries that are loaded now: scipy's must be among them."""


def one_blas_thread() -> Any:
    """Return a context in which matrix products use no threads besides those of `in_blocks`."""
    return _blas.limit(limits=1, user_api="blas")


def in_blocks(kernel: Any, rows: int, block: int, *arguments: Any) -> list[Any]:
    """Return the results of a kernel for each block of rows; the cores share the blocks.

    The kernel takes the first row, the row after the last, and the arguments. Use inside
    `one_blas_thread`; otherwise these threads and those of BLAS wait for each other.
    """
    starts = range(0, rows, block)
    return list(
        _cores.map(lambda first: kernel(first, min(first + block, rows), *arguments), starts)
    )


def run_forward(
    gates: Floats, cell: Floats, output: Floats, kernel: Floats, outputs: Floats, cells: Floats
) -> None:
    """Fill the outputs and cells [time, batch, units] of a layer.

    gates: the inputs of the gates i, j, f, o, bias included, [time, batch, 4 * units]; afterwards
    their activations, sigmoid or tanh. cell, output: the state before the first step [batch,
    units]. kernel: the recurrent part [units, 4 * units].
    """
    in_blocks(_forward, gates.shape[1], BLOCK_ROWS, gates, cell, output, kernel, outputs, cells)


def run_backward(
    gradient: Floats, cell: Floats, cells: Floats, gates: Floats, kernel: Floats
) -> None:
    """Replace gates, as `run_forward` left them, by the gradient of their inputs.

    gradient: of the outputs [time, batch, units]; the rest as in `run_forward`.
    """
    transposed = np.ascontiguousarray(kernel.T)
    in_blocks(_backward, gates.shape[1], BLOCK_ROWS, gradient, cell, cells, gates, transposed)
