"""The model file: a polyphony_rnn as tensors and one JSON description, without any code to run.

A `.safetensors` file holds `cell_{i}/kernel` [inputs + units, 4 * units] (gates in the order i, j,
f, o; 1.0 is added to f when the cell runs), `cell_{i}/bias` [4 * units], `head/weights`
[units, 259] and `head/bias` [259], in half or single precision: the layout of Magenta's
checkpoints. The inputs of the first layer are the 259 events and then the rows of the controls.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from chipassets.compose.controls import ControlGroup
from chipassets.compose.model import FORGET_BIAS, Float32Array, Model
from chipassets.errors import ModelError
from chipassets.nearest import did_you_mean
from chipassets.plainfile import read_plain
from chipassets.strictjson import loads

__all__ = [
    "FORGET_BIAS",
    "MAX_FILE_BYTES",
    "Model",
    "load_model",
    "open_model",
    "parse_model",
    "save_model",
    "shipped_model",
    "shipped_models",
]

FORMAT_VERSION = 1
MAX_FILE_BYTES = 256 * 1024 * 1024
_METADATA_KEY = "chipassets"
_MOST_WEIGHT = float(np.finfo(np.float16).max)
"""What half precision holds, in which models are shipped."""


def save_model(model: Model, *, half: bool = True) -> bytes:
    """Return the bytes of a model file; the same model always gives the same bytes.

    Weights are rounded to half precision unless `half` is false; ModelError when one is too large
    for that.
    """
    dtype = np.float16 if half else np.float32
    with np.errstate(over="ignore"):  # what overflows is reported below
        tensors = {n: np.ascontiguousarray(t, dtype=dtype) for n, t in _tensors(model).items()}
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ModelError(f"tensor {name} does not fit half precision; save with half=False")
    description = {
        "format": FORMAT_VERSION,
        "name": model.name,
        "layers": list(model.layers),
        "forget_bias": FORGET_BIAS,
        "canonical_key": model.canonical_key,
        "controls": [
            {"name": group.name, "labels": list(group.labels), "edges": list(group.edges)}
            for group in model.controls
        ],
        "training": dict(model.training),
    }
    text = json.dumps(description, sort_keys=True, ensure_ascii=False)
    return bytes(save_tensors(tensors, metadata={_METADATA_KEY: text}))


def _tensors(model: Model) -> dict[str, Float32Array]:
    """Return the model's tensors by their names in a model file."""
    tensors = {"head/weights": model.head_weights, "head/bias": model.head_bias}
    for index, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
        tensors[f"cell_{index}/kernel"] = kernel
        tensors[f"cell_{index}/bias"] = bias
    return tensors


def load_model(path: Path | str) -> Model:
    """Return the model in a file, its weights as float32; ModelError with the remedy otherwise."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelError(
                f"{path} is {size:,} bytes, larger than any model of this kind "
                f"({MAX_FILE_BYTES:,}); give the path of a model file"
            )
        data = read_plain(Path(path))
    except OSError as error:
        raise ModelError(
            f"cannot read the model {path}: {error.strerror or error}; check --model, or make "
            "one with `chipassets train export`"
        ) from error
    return parse_model(data, str(path))


def parse_model(data: bytes, source: str) -> Model:
    """Return the model whose file has these bytes; `source` names it in a ModelError."""
    try:
        description = _description(data)
        return _build(description, load_tensors(data), hashlib.sha256(data).hexdigest())
    except ModelError as error:
        raise ModelError(f"{source}: {error}") from error
    except (
        SafetensorError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError,
    ) as error:  # fmt: skip
        raise ModelError(
            f"{source} is not a chipassets model file ({type(error).__name__}: {error}); it may "
            "be truncated: copy or export it again"
        ) from error


def _description(data: bytes) -> dict[str, Any]:
    """Return our JSON description from the header of the file."""
    header_bytes = int.from_bytes(data[:8], "little")
    if len(data) < 8 or header_bytes > len(data) - 8:
        raise ValueError("the file ends within its header")
    header = loads(data[8 : 8 + header_bytes])
    text = header.get("__metadata__", {}).get(_METADATA_KEY)
    if text is None:
        raise ModelError(
            "it has tensors but no chipassets description, so it is some other model's file; "
            "make one with `chipassets train export`"
        )
    description = loads(str(text))
    if not isinstance(description, dict) or description.get("format") != FORMAT_VERSION:
        raise ModelError(
            f"it is in another format than {FORMAT_VERSION}, the one this version reads; "
            "export it again with this version of chipassets"
        )
    return description


def _build(description: dict[str, Any], tensors: dict[str, NDArray[Any]], sha256: str) -> Model:
    """Return the model of a description and its tensors; ModelError if they do not match."""
    layers = [int(units) for units in description["layers"]]
    if float(description["forget_bias"]) != FORGET_BIAS:
        raise ModelError(f"its forget bias is not {FORGET_BIAS}, which the cells assume")
    single = {name: _single(name, tensor) for name, tensor in tensors.items()}
    model = Model(
        name=str(description["name"]),
        kernels=tuple(single[f"cell_{i}/kernel"] for i in range(len(layers))),
        biases=tuple(single[f"cell_{i}/bias"] for i in range(len(layers))),
        head_weights=single["head/weights"],
        head_bias=single["head/bias"],
        controls=tuple(_control(group) for group in description["controls"]),
        canonical_key=bool(description["canonical_key"]),
        training=dict(description["training"]),
        sha256=sha256,
    )
    if list(model.layers) != layers:
        raise ModelError(f"its cells have {list(model.layers)} units, but it declares {layers}")
    return model


def _single(name: str, tensor: NDArray[Any]) -> Float32Array:
    """Return the tensor as float32; ModelError for another type, NaN or too large numbers."""
    if tensor.dtype not in (np.float16, np.float32):
        raise ModelError(f"tensor {name} is {tensor.dtype}, expected float16 or float32")
    single = tensor.astype(np.float32)
    # A comparison with NaN is false, so that is refused too. Sums of larger weights would overflow.
    if not (np.abs(single) <= _MOST_WEIGHT).all():
        raise ModelError(f"tensor {name} holds NaN or numbers beyond ±{_MOST_WEIGHT:g}")
    return single


def _control(entry: Mapping[str, Any]) -> ControlGroup:
    """Return the control group of an entry of the file's description."""
    edges = tuple(float(edge) for edge in entry["edges"])
    if not all(math.isfinite(edge) for edge in edges):
        raise ValueError("a control group's edge is not finite")
    return ControlGroup(str(entry["name"]), tuple(map(str, entry["labels"])), edges)


def shipped_models() -> tuple[str, ...]:
    """Return the names of the models in the package, sorted."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob(f"*{_SUFFIX}")))


def shipped_model(name: str = "default") -> Model:
    """Return a model of the package by name; ModelError with the names there are otherwise."""
    if name not in shipped_models():
        fix = did_you_mean(name, shipped_models(), "shipped models")
        raise ModelError(f"there is no shipped model {name!r}; {fix}")
    data = (_SHIPPED / f"{name}{_SUFFIX}").read_bytes()
    return parse_model(data, f"the shipped model {name!r}")


def open_model(name_or_path: str) -> Model:
    """Return the shipped model of that name, or the one in the file of that path.

    A shipped name wins; ModelError when it is neither.
    """
    if name_or_path in shipped_models():
        return shipped_model(name_or_path)
    if not Path(name_or_path).exists():
        fix = did_you_mean(name_or_path, shipped_models(), "shipped models")
        raise ModelError(f"{name_or_path!r} is neither a shipped model nor a file; {fix}")
    return load_model(name_or_path)


_SUFFIX = ".safetensors"
_SHIPPED = Path(__file__).parents[1] / "models"
