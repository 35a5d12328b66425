"""One training run: truncated backpropagation over streams of sequences, and its state."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

import keras
import numpy as np
from keras import ops

from chipassets.compose.weights import Model
from chipassets.errors import UsageError
from chipassets.train import control_inputs as controls
from chipassets.train.backend import compiled, differentiator, tensor
from chipassets.train.batches import Batch, TrainingStream
from chipassets.train.checkpoint import meant_for, read_checkpoint, write_checkpoint
from chipassets.train.dataset import Dataset
from chipassets.train.evaluate import HeldOut, held_out_loss
from chipassets.train.hparams import Hparams
from chipassets.train.keras_network import PolyphonyRnn, weights_of


class _Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A linear warm-up, then half a cosine down to the final rate."""

    def __init__(self, hparams: Hparams) -> None:
        self.hparams = hparams

    def __call__(self, step: Any) -> Any:
        h = self.hparams
        done = ops.cast(step, "float32")
        part = ops.clip((done - h.warmup_steps) / max(1, h.steps - h.warmup_steps), 0.0, 1.0)
        span = h.learning_rate - h.final_learning_rate
        cosine = h.final_learning_rate + span * 0.5 * (1 + ops.cos(math.pi * part))
        return cosine * ops.minimum(1.0, (done + 1) / max(1, h.warmup_steps))


class Trainer:
    """A run: network, optimizer, stream and carried states, saved and restored together."""

    def __init__(self, dataset: Dataset, hparams: Hparams) -> None:
        self.dataset, self.hparams = dataset, hparams
        self.groups = tuple(range(len(controls.GROUPS))) if hparams.with_controls else ()
        sizes = tuple(controls.GROUPS[g].size for g in self.groups)
        self.network = PolyphonyRnn(hparams.layers, sizes, hparams.keep, hparams.seed)
        self._differentiate = differentiator(self.network)
        # TensorFlow 1's epsilon, as in Magenta's Adam.
        self.optimizer = keras.optimizers.Adam(
            _Schedule(hparams), clipnorm=hparams.clip_norm, epsilon=1e-8
        )
        self.optimizer.build(self.network.trainable_variables)
        self.stream = TrainingStream(
            dataset,
            hparams.batch_size,
            hparams.chunk,
            self.groups,
            hparams.control_dropout,
            hparams.seed,
        )
        self.state = self.network.zero_state(hparams.batch_size)
        self._ahead: Batch | None = None
        """The batch of the next update, if it is prepared already."""
        self._place = self.stream.state()
        """The stream's state before that batch."""
        self.step = 0
        self.best_loss = math.inf
        self.stale_evaluations = 0

    @compiled
    def _apply(self, gradients: list[Any]) -> None:
        """Let the optimizer change the weights."""
        self.optimizer.apply(gradients, self.network.trainable_variables)

    def start_from(self, model: Model) -> None:
        """Start with a model's weights; UsageError if its sizes or inputs differ."""
        groups = controls.GROUPS if self.groups else ()
        if (model.layers, model.controls) != (self.hparams.layers, groups):
            raise UsageError(
                f"model {model.name!r} has layers {model.layers} and "
                f"{'controls' if model.controls else 'no controls'}, and the run "
                f"{self.hparams.layers} and {'controls' if groups else 'no controls'}; give the "
                "run the model's --layers, and --no-controls for a pure polyphony_rnn"
            )
        self.network.assign(weights_of(model))

    def train_step(self) -> tuple[float, float]:
        """Make one update; return the sum of the losses (nats) and the count of its events."""
        batch = self._ahead or self.stream.next_batch()
        seed = (self.hparams.seed, self.step)
        total, self.state, gradients = self._differentiate(batch, self.state, seed)
        self._apply(gradients)
        self.step += 1
        # An accelerator computes asynchronously: the next batch is prepared meanwhile.
        self._place = self.stream.state()
        self._ahead = self.stream.next_batch()
        return float(total), float(batch.mask.sum())

    @property
    def epochs_done(self) -> float:
        """Return how many epochs of the training part the updates have used."""
        return self.stream.epochs_at(self._place)

    def held_out_loss(self, limit: int | None = None) -> HeldOut:
        """Return the loss on the held-out part, or on `limit` sequences of it."""
        return held_out_loss(self.network, self.dataset, self.groups, limit)

    def save(self, path: Path) -> None:
        """Write everything that is needed to resume the run, atomically."""
        arrays: dict[str, Any] = {f"weight_{i}": a for i, a in enumerate(self.network.arrays())}
        for index, variable in enumerate(self.optimizer.variables):
            arrays[f"optimizer_{index}"] = np.array(ops.convert_to_numpy(variable))
        for index, (cell, output) in enumerate(self.state):
            arrays[f"cell_{index}"] = np.array(ops.convert_to_numpy(cell))
            arrays[f"output_{index}"] = np.array(ops.convert_to_numpy(output))
        meta = {
            "hparams": asdict(self.hparams),
            "dataset": self._fingerprint(),
            "step": self.step,
            "stream": self._place,
            "epochs": self.epochs_done,
            "best_loss": self.best_loss,
            "stale_evaluations": self.stale_evaluations,
        }
        write_checkpoint(path, arrays, meta)

    def restore(self, path: Path) -> None:
        """Resume from a file of `save`; UsageError if it belongs to another run."""
        stored = read_checkpoint(path)
        meta = stored["meta"]
        with meant_for(path):
            self._check_same_run(path, meta)
            self.network.assign([stored[f"weight_{i}"] for i in range(len(self.network.ordered()))])
            for index, variable in enumerate(self.optimizer.variables):
                variable.assign(stored[f"optimizer_{index}"])
            self.state = [
                (tensor(stored[f"cell_{i}"]), tensor(stored[f"output_{i}"]))
                for i in range(len(self.hparams.layers))
            ]
            self.step = meta["step"]
            self.best_loss = meta["best_loss"]
            self.stale_evaluations = meta["stale_evaluations"]
            self.stream.restore(meta["stream"])
            self._place, self._ahead = meta["stream"], None

    def _fingerprint(self) -> list[int]:
        """Return numbers that identify the dataset: the stream's position is valid only for it."""
        columns = (self.dataset.events, self.dataset.offsets, self.dataset.is_eval)
        checksum = 0
        for column in (*columns, self.dataset.weights, self.dataset.controls):
            checksum = crc32(np.ascontiguousarray(column).data, checksum)
        sizes = [len(self.dataset), len(self.dataset.events), int(self.dataset.is_eval.sum())]
        return [*sizes, checksum]

    def _check_same_run(self, path: Path, meta: dict[str, Any]) -> None:
        """Raise UsageError if a checkpoint belongs to another dataset or to other settings."""
        # Earlier checkpoints have no checksum.
        if any(a != b for a, b in zip(meta["dataset"], self._fingerprint(), strict=False)):
            raise UsageError(
                f"{path} was trained on another dataset; use that one, or another run folder"
            )
        settings = asdict(self.hparams) | {"layers": list(self.hparams.layers)}
        for name in ("layers", "batch_size", "chunk", "with_controls"):
            if meta["hparams"][name] != settings[name]:
                raise UsageError(
                    f"{path} was trained with {name} {meta['hparams'][name]}, not "
                    f"{settings[name]}; use the same settings, or another run folder"
                )
