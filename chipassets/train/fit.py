"""Train until done: progress, evaluations, checkpoints that resume, the best one kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chipassets.train.dataset import Dataset
from chipassets.train.hparams import Hparams
from chipassets.train.trainer import Trainer


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
