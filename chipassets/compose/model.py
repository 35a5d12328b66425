"""A polyphony_rnn's weights, checked for matching shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.controls import ControlGroup, row_offsets
from chipassets.errors import ModelError

FORGET_BIAS = 1.0
"""Added to the f gate at run time, as Magenta's BasicLSTMCell does."""
_MAX_LAYERS = 16

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """The weights of a polyphony_rnn with matching shapes, and its description.

    kernels[i] float32 [inputs_i + layers[i], 4 * layers[i]]; biases[i] [4 * layers[i]];
    head_weights [layers[-1], 259]; head_bias [259]. sha256 is that of the file, "" before it was
    saved. ModelError when a shape does not match or a weight is not finite.
    """

    name: str
    kernels: tuple[Float32Array, ...]
    biases: tuple[Float32Array, ...]
    head_weights: Float32Array
    head_bias: Float32Array
    controls: tuple[ControlGroup, ...] = ()
    canonical_key: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def __post_init__(self) -> None:
        _check_cells(self)
        _check_shape("head/weights", self.head_weights, (self.layers[-1], EVENT_CLASSES))
        _check_shape("head/bias", self.head_bias, (EVENT_CLASSES,))

    @property
    def layers(self) -> tuple[int, ...]:
        """Units of each layer, from the input up."""
        return tuple(len(bias) // 4 for bias in self.biases)

    @property
    def input_size(self) -> int:
        """Rows of the first kernel that belong to inputs: events and controls."""
        return EVENT_CLASSES + sum(group.size for group in self.controls)

    @property
    def control_offsets(self) -> tuple[int, ...]:
        """First kernel row of each control group."""
        return row_offsets(self.controls, EVENT_CLASSES)


def _check_cells(model: Model) -> None:
    """Raise ModelError for kernels and biases whose shapes do not match."""
    if not 1 <= len(model.kernels) == len(model.biases) <= _MAX_LAYERS:
        raise ModelError(
            f"model {model.name!r} has {len(model.kernels)} kernels and {len(model.biases)} "
            f"biases; a polyphony_rnn has as many of the one as of the other, 1 to {_MAX_LAYERS}"
        )
    inputs = model.input_size
    for index, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
        units = bias.size // 4
        if units < 1:
            raise ModelError(f"cell_{index}/bias of model {model.name!r} is empty")
        _check_shape(f"cell_{index}/kernel", kernel, (inputs + units, 4 * units))
        _check_shape(f"cell_{index}/bias", bias, (4 * units,))
        inputs = units


def _check_shape(name: str, tensor: Float32Array, shape: tuple[int, ...]) -> None:
    """Raise ModelError if a tensor has another shape, or numbers that are not finite."""
    if tensor.shape != shape:
        raise ModelError(
            f"tensor {name} is {list(tensor.shape)}, expected {list(shape)}: the file is not "
            "a polyphony_rnn with the layers and controls that it declares; export it again"
        )
    if not np.isfinite(tensor).all():
        raise ModelError(f"tensor {name} holds numbers that are not finite; export it again")
