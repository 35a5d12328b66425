"""The file of the networks for single voices: tensors and one JSON description, no code to run.

For each role there are, with U units and G classes of all groups together, in PyTorch's layout:
`ROLE/embedding` [G, U], `ROLE/lstm_input` and `ROLE/lstm_recurrent` [4 U, U] with gates in the
order i, f, g, o, `ROLE/lstm_bias` [4 U], `ROLE/hidden` [U, 2 U], `ROLE/hidden_bias` [U],
`ROLE/head` [H, U] and `ROLE/head_bias` [H], H the sum of HEAD_SIZES.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from chipassets.compose.part_context import CONTEXT_GROUPS, ROLES, VOCABULARY
from chipassets.compose.part_history import COPIES, HISTORY_GROUPS
from chipassets.errors import ModelError

FORMAT_VERSION = 1
WIDEST = 24
"""Logits by distance reach this many semitones either way."""
GROUPS: dict[str, int] = CONTEXT_GROUPS | HISTORY_GROUPS
"""All groups of classes and their sizes, in column order."""
HEAD_SIZES = {
    "plain": VOCABULARY,
    "last": 2 * WIDEST + 1,
    "root": 12,
    "lead": 2 * WIDEST + 1,
    "bass": 2 * WIDEST + 1,
    "gates": len(COPIES),
}
"""What the head gives: plain logits; logits by distance from the last pitch, above the chord's
root, by distance from the tune and from the bass; and one for each candidate of copying."""
_METADATA_KEY = "chipassets_parts"

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PartWeights:
    """One role's network, float32 arrays shaped as the module says."""

    embedding: Float32Array
    lstm_input: Float32Array
    lstm_recurrent: Float32Array
    lstm_bias: Float32Array
    hidden: Float32Array
    hidden_bias: Float32Array
    head: Float32Array
    head_bias: Float32Array

    def __post_init__(self) -> None:
        units = len(self.hidden_bias)
        outputs = sum(HEAD_SIZES.values())
        shapes = {
            "embedding": (sum(GROUPS.values()), units),
            "lstm_input": (4 * units, units),
            "lstm_recurrent": (4 * units, units),
            "lstm_bias": (4 * units,),
            "hidden": (units, 2 * units),
            "hidden_bias": (units,),
            "head": (outputs, units),
            "head_bias": (outputs,),
        }
        for name, shape in shapes.items():
            tensor = getattr(self, name)
            if tensor.shape != shape:
                raise ModelError(f"tensor {name} is {list(tensor.shape)}, expected {list(shape)}")
            if not np.isfinite(tensor).all():
                raise ModelError(f"tensor {name} holds numbers that are not finite")


NAMES = tuple(PartWeights.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class PartsModel:
    """The networks of all roles, how they were made, and the SHA-256 of their file."""

    weights: Mapping[str, PartWeights]
    training: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""


def save_parts(model: PartsModel) -> bytes:
    """Return the bytes of the file in half precision; the same model gives the same bytes."""
    tensors = {
        f"{role}/{name}": np.ascontiguousarray(getattr(weights, name), dtype=np.float16)
        for role, weights in model.weights.items()
        for name in NAMES
    }
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ModelError(f"tensor {name} does not fit half precision; train it again")
    description = {
        "format": FORMAT_VERSION,
        "groups": GROUPS,
        "heads": HEAD_SIZES,
        "training": dict(model.training),
    }
    text = json.dumps(description, ensure_ascii=False)
    return bytes(save_tensors(tensors, metadata={_METADATA_KEY: text}))


def parse_parts(data: bytes, source: str) -> PartsModel:
    """Return the networks in a file's bytes; `source` names it in a ModelError."""
    try:
        size = int.from_bytes(data[:8], "little")
        description = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_METADATA_KEY])
        tensors = load_tensors(data)
        _check_description(description)
        weights = {
            role: PartWeights(
                **{name: tensors[f"{role}/{name}"].astype(np.float32) for name in NAMES}
            )
            for role in ROLES
        }
        digest = hashlib.sha256(data).hexdigest()
        return PartsModel(weights, description["training"], digest)
    except ModelError as error:
        raise ModelError(f"{source}: {error}") from error
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{source} is not a file of networks for single voices "
            f"({type(error).__name__}: {error}); make one with `chipassets train parts`"
        ) from error


def _check_description(description: Mapping[str, Any]) -> None:
    """ModelError unless the file has this version's inputs and outputs."""
    expected = [FORMAT_VERSION, list(GROUPS.items()), HEAD_SIZES]
    found = [description["format"], list(description["groups"].items()), description["heads"]]
    if found != expected:
        raise ModelError(
            "it was made for other groups of classes than this version has; make it again with "
            "`chipassets train parts`"
        )
