"""Reads models that Magenta trained: a `.mag` bundle or a run directory.

Only numbers are read. A bundle's metagraph, which Magenta would execute, is ignored.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from note_seq.protobuf import generator_pb2

from chipassets.compose.weights import MAX_FILE_BYTES, Model
from chipassets.errors import BundleError, ModelError

_CELL = "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/"
_HEAD = "fully_connected/"
BUNDLE_ID = "polyphony"


def import_magenta(path: Path, name: str, *, canonical_key: bool = False) -> Model:
    """Return the model in a `.mag` bundle or in a directory of `polyphony_rnn_train`.

    `canonical_key`: whether it was trained on music transposed to C major and A minor; Magenta's
    own models are not. ModelError if it is of another family, damaged or missing.
    """
    if path.is_dir():
        return _read_checkpoint(_latest(path), str(path), name, canonical_key)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "model.ckpt"
        content = _checkpoint_of_bundle(path)
        try:
            checkpoint.write_bytes(content)
        except OSError as error:
            raise BundleError(
                f"cannot unpack {path} in {folder}: {error.strerror or error}; free some space "
                "there, or set TMPDIR to another folder"
            ) from error
        return _read_checkpoint(str(checkpoint), str(path), name, canonical_key)


def _latest(run: Path) -> str:
    """Return the path of a run's newest checkpoint; ModelError if it has none."""
    for folder in (run / "train", run):
        try:
            found = tf.train.latest_checkpoint(str(folder))
        # TensorFlow raises any kind of exception for a damaged text file `checkpoint`.
        except Exception as error:
            raise ModelError(
                f"{folder / 'checkpoint'} cannot be read ({type(error).__name__}); copy the run "
                "again"
            ) from error
        if found:
            return str(found)
    raise ModelError(
        f"{run} holds no checkpoint of Magenta; name the folder that was given as --run_dir"
    )


def _checkpoint_of_bundle(path: Path) -> bytes:
    """Return the checkpoint inside a bundle, after checking the bundle's description."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ModelError(f"{path} is larger than any bundle ({MAX_FILE_BYTES:,} bytes)")
        bundle = generator_pb2.GeneratorBundle.FromString(path.read_bytes())
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    except DecodeError as error:
        raise ModelError(
            f"{path} is not a .mag bundle, or a truncated one; copy it again"
        ) from error
    family = bundle.generator_details.id
    if family != BUNDLE_ID:
        raise ModelError(
            f"{path} is a bundle of {family or 'no'!r} model; only {BUNDLE_ID!r} "
            "(polyphony_rnn) has the events that are composed with here"
        )
    if len(bundle.checkpoint_file) != 1:
        raise ModelError(f"{path} holds {len(bundle.checkpoint_file)} checkpoints instead of one")
    return bytes(bundle.checkpoint_file[0])


def _read_checkpoint(checkpoint: str, source: str, name: str, canonical_key: bool) -> Model:
    """Return the model in a TensorFlow checkpoint; ModelError if it is of another kind."""
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        shapes = reader.get_variable_to_shape_map()
        count = sum(1 for key in shapes if key.startswith("rnn/") and key.endswith("_cell/kernel"))
        kernels = [_tensor(reader, shapes, _CELL.format(i) + "kernel") for i in range(count)]
        biases = [_tensor(reader, shapes, _CELL.format(i) + "bias") for i in range(count)]
        return Model(
            name=name,
            kernels=tuple(kernels),
            biases=tuple(biases),
            head_weights=_tensor(reader, shapes, _HEAD + "weights"),
            head_bias=_tensor(reader, shapes, _HEAD + "biases"),
            canonical_key=canonical_key,
            training={"imported_from": Path(source).name, "updates": _updates(reader, shapes)},
        )
    except (tf.errors.OpError, ValueError, RuntimeError, UnicodeDecodeError) as error:
        raise ModelError(
            f"the checkpoint in {source} cannot be read ({type(error).__name__}); it may be "
            "truncated: copy it again"
        ) from error
    except ModelError as error:
        raise ModelError(f"{source} is not a polyphony_rnn: {error}") from error


def _tensor(reader: Any, shapes: dict[str, Any], key: str) -> Any:
    """Return a variable as float32; ModelError if the checkpoint lacks it."""
    if key not in shapes:
        raise ModelError(
            f"it has no variable {key}; attention, residual connections and other cells are not "
            "supported"
        )
    return np.asarray(reader.get_tensor(key), dtype=np.float32)


def _updates(reader: Any, shapes: dict[str, Any]) -> int:
    """Return for how many updates the checkpoint was trained, 0 if it does not say."""
    return int(reader.get_tensor("global_step")) if "global_step" in shapes else 0
