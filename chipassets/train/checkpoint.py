"""Checkpoints and run folders: what is needed to resume a training run, written atomically."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chipassets.errors import UsageError
from chipassets.strictjson import loads
from chipassets.train.arrays import read_arrays
from chipassets.train.whole import whole_file


def write_checkpoint(path: Path, arrays: dict[str, Any], meta: dict[str, Any]) -> None:
    """Write arrays and JSON values; a kill at any moment leaves the old file or the new one."""
    packed = arrays | {"meta": np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)}
    with whole_file(path) as partial, partial.open("wb") as handle:
        np.savez(handle, **packed)
        handle.flush()
        os.fsync(handle.fileno())


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the arrays of a checkpoint and its `meta`; UsageError if it is incomplete."""
    try:
        values: dict[str, Any] = dict(read_arrays(path))
        # A run without a measurement has an infinite best loss.
        values["meta"] = dict(loads(values["meta"].tobytes(), infinite=True))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a whole checkpoint ({error}); copy it again, or delete it: without "
            "last.npz a run starts anew, without best.npz its last weights count"
        ) from error
    return values


@contextmanager
def meant_for(path: Path) -> Iterator[None]:
    """Convert any error inside the block to a UsageError that names the checkpoint."""
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError) as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else error
        raise UsageError(
            f"{path} is not a checkpoint of such a run ({why}); copy it again, or delete it"
        ) from error


def best_checkpoint(run: Path) -> Path:
    """Return the best checkpoint of a run, or its last; UsageError if there is none."""
    for name in ("best.npz", "last.npz"):
        if (run / name).exists():
            return run / name
    raise UsageError(f"{run} holds no checkpoint; train one with `chipassets train fit -o {run}`")


def remember_dataset(run: Path, dataset: Path) -> None:
    """Write the path of the dataset into the run folder."""
    run.mkdir(parents=True, exist_ok=True)
    with whole_file(run / "run.json") as partial:
        partial.write_text(json.dumps({"dataset": str(dataset.resolve())}) + "\n")


def remembered_dataset(run: Path) -> Path:
    """Return the dataset that a run was trained on; UsageError if the folder does not name it."""
    try:
        return Path(loads((run / "run.json").read_bytes())["dataset"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{run} is not a run folder ({error}); name one, or pass --dataset"
        ) from error
