"""The trainer on PyTorch and on TensorFlow: equal weights and batches give equal losses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chipassets.train.dataset import Dataset, save_dataset

pytestmark = pytest.mark.torch

_RUN = """
import json, sys
from pathlib import Path
import numpy as np
from chipassets.train.dataset import load_dataset
from chipassets.train.hparams import Hparams
from chipassets.train.trainer import Trainer
folder, keep = Path(sys.argv[1]), float(sys.argv[2])
hparams = Hparams(layers=(12, 10), batch_size=4, chunk=32, steps=20, learning_rate=1e-3, keep=keep)
trainer = Trainer(load_dataset(folder / "small.dataset"), hparams)
rng = np.random.default_rng(5)
trainer.network.assign(
    [rng.normal(0, 0.2, a.shape).astype(np.float32) for a in trainer.network.arrays()]
)
losses = [trainer.train_step() for _ in range(4)]
trainer.save(folder / "last.npz")
losses += [trainer.train_step() for _ in range(4)]
again = Trainer(trainer.dataset, hparams)
again.restore(folder / "last.npz")
resumed = [again.train_step() for _ in range(4)]
held = trainer.held_out_loss()
print(json.dumps({"losses": losses, "resumed": resumed, "held": held.loss_per_event}))
"""


def _trained(folder: Path, backend: str, keep: float) -> dict[str, Any]:
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(folder), str(keep)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    values: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return values


def test_both_backends_train_alike(small_dataset: Dataset, tmp_path: Path) -> None:
    save_dataset(small_dataset, tmp_path / "small.dataset")
    torch, tensorflow = (_trained(tmp_path, name, 1.0) for name in ("torch", "tensorflow"))
    np.testing.assert_allclose(torch["losses"], tensorflow["losses"], rtol=1e-4)
    assert torch["held"] == pytest.approx(tensorflow["held"], abs=1e-4)


def test_a_resumed_run_draws_the_same_dropout(small_dataset: Dataset, tmp_path: Path) -> None:
    save_dataset(small_dataset, tmp_path / "small.dataset")
    trained = _trained(tmp_path, "torch", 0.7)
    np.testing.assert_allclose(trained["losses"][4:], trained["resumed"], rtol=1e-6)
    told = _trained(tmp_path, "torch", 1.0)
    assert told["losses"] != trained["losses"]
