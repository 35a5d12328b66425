"""Trains to the end: progress, evaluations, resumable checkpoints, the best one kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chipassets.compose.weights import Model
from chipassets.errors import UsageError
from chipassets.train.checkpoint import remember_dataset
from chipassets.train.dataset import Dataset
from chipassets.train.history import Point, open_history, perplexity
from chipassets.train.hparams import Hparams
from chipassets.train.lossplot import draw_losses
from chipassets.train.trainer import Trainer
from chipassets.train.whole import whole_file


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a run: the mean training loss since the last report, in nats per event."""

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
            f"perplexity {perplexity(self.loss):.2f}  {self.events_per_second:,.0f} events/s  "
            f"{self.seconds_left / 60:.0f} min left{held}"
        )


class _Meter:
    """Loss and speed since the last report."""

    def __init__(self) -> None:
        self.loss = self.events = 0.0
        self.updates = 0
        self.began = time.monotonic()

    def add(self, loss: float, events: float) -> None:
        """Count one update."""
        self.loss += loss
        self.events += events
        self.updates += 1

    def report(self, trainer: Trainer, held_out_loss: float | None) -> Progress:
        """Return the progress since the last report and reset."""
        hparams = trainer.hparams
        seconds = time.monotonic() - self.began
        speed = self.events / seconds
        left = (hparams.steps - trainer.step) * seconds / self.updates
        loss = self.loss / self.events
        self.loss = self.events = 0.0
        self.updates = 0
        self.began = time.monotonic()
        epochs = trainer.epochs_done
        return Progress(trainer.step, hparams.steps, epochs, loss, held_out_loss, speed, left)


def fit(
    dataset: Dataset,
    run: Path,
    hparams: Hparams,
    report: Callable[[Progress], None] = lambda _progress: None,
    report_every: int = 50,
    start_from: Model | None = None,
    dataset_file: Path | None = None,
) -> Trainer:
    """Train until the steps are done or the held-out loss stops falling; return the trainer.

    The run folder holds `last.npz`, from which an interrupted run resumes; `best.npz`, the weights
    with the lowest held-out loss; `history.jsonl` and `tensorboard/`, the reports; and at the end
    `loss.png`, a picture of them. A new run begins with the weights of `start_from`. The dataset's
    path is stored once the run is known to belong to it. UsageError if the loss is not finite any
    more.
    """
    run.mkdir(parents=True, exist_ok=True)
    last = run / "last.npz"
    trainer = Trainer(dataset, hparams)
    if last.exists():
        trainer.restore(last)
    elif start_from is not None:
        trainer.start_from(start_from)
    if dataset_file is not None:
        remember_dataset(run, dataset_file)
    meter, saved = _Meter(), time.monotonic()
    with open_history(run, trainer.step) as history:
        while trainer.step < hparams.steps and not _has_stalled(trainer):
            loss, events = trainer.train_step()
            _check_number(loss, trainer, last)
            meter.add(loss, events)
            held = _evaluate_when_due(trainer, run)
            if held is not None or trainer.step % report_every == 0:
                progress = meter.report(trainer, held)
                history.add(_point(progress))
                report(progress)
            if time.monotonic() - saved > hparams.save_seconds:
                trainer.save(last)
                saved = time.monotonic()
        trainer.save(last)
        with whole_file(run / "loss.png") as partial:
            partial.write_bytes(draw_losses(history.points, run.name))
    return trainer


def _point(progress: Progress) -> Point:
    """Return the figures of the progress, rounded for the log."""
    return Point(
        progress.step,
        round(progress.loss, 6),
        None if progress.held_out_loss is None else round(progress.held_out_loss, 6),
        round(progress.events_per_second, 1),
    )


def _check_number(loss: float, trainer: Trainer, last: Path) -> None:
    """Raise UsageError if training has diverged, before that is saved."""
    if not math.isfinite(loss):
        raise UsageError(
            f"the loss of update {trainer.step} is {loss}: training has diverged; {last}, if there "
            "is one, is from before. Train in a new folder with a smaller --learning-rate (now "
            f"{trainer.hparams.learning_rate:g}) or --clip-norm ({trainer.hparams.clip_norm:g})"
        )


def _has_stalled(trainer: Trainer) -> bool:
    return 0 < trainer.hparams.patience <= trainer.stale_evaluations


def _evaluate_when_due(trainer: Trainer, run: Path) -> float | None:
    """Return the held-out loss if an evaluation is due; save the trainer at a new lowest loss."""
    hparams = trainer.hparams
    if trainer.step % hparams.evaluate_every and trainer.step != hparams.steps:
        return None
    held = trainer.held_out_loss(hparams.evaluate_sequences).loss_per_event
    _check_number(held, trainer, run / "last.npz")
    if held < trainer.best_loss:
        trainer.best_loss, trainer.stale_evaluations = held, 0
        trainer.save(run / "best.npz")
    else:
        trainer.stale_evaluations += 1
    return held
