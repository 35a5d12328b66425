"""Train: truncated backpropagation over streams, checkpoints that resume, the best one kept."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from chipassets.errors import UsageError
from chipassets.train import controls
from chipassets.train.batches import Batch, TrainingStream, held_out_batches
from chipassets.train.dataset import Dataset
from chipassets.train.network import PolyphonyRnn


@dataclass(frozen=True, slots=True)
class Hparams:
    """Everything that decides a run. The names of the original's hparams where there is one.

    steps: updates; chunk: events per stream and update; keep: dropout keep probability; clip_norm:
    of each gradient tensor, as the original clips; control_dropout: how often each control of a
    sequence is left open; with_controls false trains a pure polyphony_rnn.
    """

    layers: tuple[int, ...] = (128, 128, 128)
    batch_size: int = 64
    chunk: int = 128
    steps: int = 8000
    learning_rate: float = 2e-3
    final_learning_rate: float = 5e-5
    warmup_steps: int = 200
    keep: float = 0.75
    clip_norm: float = 5.0
    control_dropout: float = 0.15
    with_controls: bool = True
    seed: int = 1
    evaluate_every: int = 500
    evaluate_sequences: int = 192
    patience: int = 0
    """Stop after so many evaluations without a better held-out loss; 0 never."""
    save_seconds: int = 180


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a run: the mean training loss since the last, in nats an event."""

    step: int
    steps: int
    epochs: float
    loss: float
    held_out_loss: float | None
    events_per_second: float
    seconds_left: float

    def __str__(self) -> str:
        held = f"  held out {self.held_out_loss:.4f}" if self.held_out_loss is not None else ""
        return (
            f"step {self.step}/{self.steps}  epoch {self.epochs:.2f}  loss {self.loss:.4f}  "
            f"perplexity {math.exp(self.loss):.2f}  {self.events_per_second:,.0f} events/s  "
            f"{self.seconds_left / 60:.0f} min left{held}"
        )


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
        # TensorFlow 1's epsilon, which Magenta's Adam has.
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
        self.step = 0
        self.best_loss = math.inf
        self.stale_evaluations = 0

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _update(
        self, events: Any, targets: Any, rows: Any, mask: Any, keep: Any, state: Any, step: Any
    ) -> Any:
        """Apply one update and return (sum of losses, count of events, state)."""
        state = [(cell * keep, output * keep) for cell, output in state]
        seed = tf.stack([self.hparams.seed * 1000, step])
        with tf.GradientTape() as tape:
            logits, state = self.network(events, rows, state, dropout_seed=seed)
            total = tf.reduce_sum(mask * cross_entropy(targets, logits))
            count = tf.reduce_sum(mask)
            loss = total / count
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return total, count, state

    def train_step(self) -> tuple[float, float]:
        """Make one update; return the sum of the losses (nats) and the count of its events."""
        batch = self.stream.next_batch()
        total, count, self.state = self._update(
            *_tensors(batch), self.state, tf.constant(self.step, tf.int32)
        )
        self.step += 1
        return float(total), float(count)

    def held_out_loss(self, limit: int | None = None, *, open_controls: bool = False) -> HeldOut:
        """Return the loss on the held-out part, or on `limit` sequences of it."""
        return held_out_loss(
            self.network, self.dataset, self.groups, limit, open_controls=open_controls
        )

    def save(self, path: Path) -> None:
        """Write everything that the run needs to go on; the file appears whole or not."""
        arrays: dict[str, Any] = {f"weight_{i}": a for i, a in enumerate(self.network.arrays())}
        for index, variable in enumerate(self.optimizer.variables):
            arrays[f"optimizer_{index}"] = np.array(ops.convert_to_numpy(variable))
        for index, (cell, output) in enumerate(self.state):
            arrays[f"cell_{index}"], arrays[f"output_{index}"] = np.array(cell), np.array(output)
        meta = {
            "hparams": asdict(self.hparams),
            "step": self.step,
            "stream": self.stream.state(),
            "best_loss": self.best_loss,
            "stale_evaluations": self.stale_evaluations,
        }
        arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as handle:
            np.savez(handle, **arrays)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a file that `save` wrote; UsageError when it belongs to another run."""
        stored = read_checkpoint(path)
        meta = stored["meta"]
        shapes = {"layers": list(self.hparams.layers), "batch_size": self.hparams.batch_size}
        shapes |= {"chunk": self.hparams.chunk, "with_controls": self.hparams.with_controls}
        for name, value in shapes.items():
            if meta["hparams"][name] != value:
                raise UsageError(
                    f"{path} was trained with {name} {meta['hparams'][name]}, not {value}; "
                    "use the same settings, or another run folder"
                )
        self.network.assign([stored[f"weight_{i}"] for i in range(len(self.network.ordered()))])
        for index, variable in enumerate(self.optimizer.variables):
            variable.assign(stored[f"optimizer_{index}"])
        self.state = [
            (tf.constant(stored[f"cell_{i}"]), tf.constant(stored[f"output_{i}"]))
            for i in range(len(self.hparams.layers))
        ]
        self.step = meta["step"]
        self.best_loss = meta["best_loss"]
        self.stale_evaluations = meta["stale_evaluations"]
        self.stream.restore(meta["stream"])


def cross_entropy(targets: Any, logits: Any) -> Any:
    """Return the softmax cross entropy of each event, in nats."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)


def _tensors(batch: Batch) -> tuple[Any, ...]:
    columns = (batch.events, batch.targets, batch.rows, batch.mask, batch.keep_state)
    return tuple(tf.constant(column) for column in columns)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Loss on the held-out part: nats an event and a step, and how often the best guess was right.

    note_accuracy counts only targets that start a note.
    """

    events: int
    steps: int
    loss_per_event: float
    loss_per_step: float
    accuracy: float
    note_accuracy: float

    @property
    def perplexity(self) -> float:
        """exp of the loss per event."""
        return math.exp(self.loss_per_event)


@tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
def _measure(
    network: PolyphonyRnn, events: Any, targets: Any, rows: Any, mask: Any, state: Any
) -> Any:
    logits, state = network(events, rows, state)
    losses = mask * cross_entropy(targets, logits)
    right = mask * tf.cast(tf.argmax(logits, -1, tf.int32) == targets, tf.float32)
    starts = mask * tf.cast((targets >= 3) & (targets < 131), tf.float32)
    closes = mask * tf.cast(targets == 2, tf.float32)
    sums = [mask, closes, losses, right, starts, starts * right]
    return tf.stack([tf.reduce_sum(x) for x in sums]), state


def held_out_loss(
    network: PolyphonyRnn,
    dataset: Dataset,
    groups: tuple[int, ...],
    limit: int | None = None,
    *,
    open_controls: bool = False,
) -> HeldOut:
    """Return a network's loss on the held-out part, from zero states; optionally left open."""
    size, chunk = 64, 128
    totals = np.zeros(6)
    state = network.zero_state(size)
    for batch in held_out_batches(dataset, size, chunk, groups, limit):
        if not batch.keep_state.any():
            state = network.zero_state(size)
        events, targets, rows, mask, _ = _tensors(batch)
        rows = tf.fill(tf.shape(rows), -1) if open_controls else rows
        sums, state = _measure(network, events, targets, rows, mask, state)
        totals += np.array(sums, dtype=np.float64)
    events, steps, loss, right, starts, right_starts = totals
    return HeldOut(
        int(events), int(steps), loss / events, loss / steps, right / events, right_starts / starts
    )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the arrays of a checkpoint and its `meta`; UsageError when it is not a whole one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            values: dict[str, Any] = {name: stored[name] for name in stored.files}
        values["meta"] = json.loads(values["meta"].tobytes())
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UsageError(
            f"{path} is not a whole checkpoint ({error}); name the folder of a run that saved one"
        ) from error
    return values


def fit(
    dataset: Dataset,
    run: Path,
    hparams: Hparams,
    report: Callable[[Progress], None] = lambda _progress: None,
    report_every: int = 50,
) -> Trainer:
    """Train until the steps are done or the held-out loss stops falling; return the trainer.

    The run folder holds `last.npz`, from which a killed run goes on, and `best.npz`, the weights
    with the lowest held-out loss so far.
    """
    run.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(dataset, hparams)
    if (run / "last.npz").exists():
        trainer.restore(run / "last.npz")
    saved = began = time.monotonic()
    loss = events = window_events = 0.0
    while trainer.step < hparams.steps:
        total, count = trainer.train_step()
        loss, events, window_events = loss + total, events + count, window_events + count
        held = None
        if trainer.step % hparams.evaluate_every == 0 or trainer.step == hparams.steps:
            held = trainer.held_out_loss(hparams.evaluate_sequences).loss_per_event
            _keep_best(trainer, run, held)
        if held is not None or trainer.step % report_every == 0:
            now = time.monotonic()
            speed = window_events / (now - began)
            left = (hparams.steps - trainer.step) * hparams.batch_size * hparams.chunk / speed
            epochs = trainer.stream.epochs_done
            report(Progress(trainer.step, hparams.steps, epochs, loss / events, held, speed, left))
            loss = events = window_events = 0.0
            began = now
        if time.monotonic() - saved > hparams.save_seconds:
            trainer.save(run / "last.npz")
            saved = time.monotonic()
        if hparams.patience and trainer.stale_evaluations >= hparams.patience:
            break
    trainer.save(run / "last.npz")
    return trainer


def _keep_best(trainer: Trainer, run: Path, held: float) -> None:
    """Save the trainer as the best one when its held-out loss is the lowest so far."""
    if held < trainer.best_loss:
        trainer.best_loss, trainer.stale_evaluations = held, 0
        trainer.save(run / "best.npz")
    else:
        trainer.stale_evaluations += 1
