"""What a run has reported so far, in its folder: as JSON lines, and for TensorBoard."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from chipassets.train.whole import whole_file

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Point:
    """A run at an update: mean loss since the last point and held-out loss, in nats an event."""

    step: int
    loss: float
    held_out_loss: float | None
    events_per_second: float


def read_history(run: Path) -> list[Point]:
    """Return the points of a run, in order; a line that a kill cut short is none."""
    try:
        lines = (run / HISTORY_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    points = []
    for line in lines:
        try:
            points.append(Point(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return points


class History:
    """The points of a run that goes on at a step: what lies behind that step is forgotten."""

    def __init__(self, run: Path, step: int, events: tf.io.TFRecordWriter) -> None:
        self.points = [point for point in read_history(run) if point.step <= step]
        self._path = run / HISTORY_FILE
        with whole_file(self._path) as partial:
            partial.write_text("".join(_line(point) for point in self.points), encoding="utf-8")
        self._events = events
        self._write_event(file_version="brain.Event:2")

    def add(self, point: Point) -> None:
        """Append a point to both files."""
        self.points.append(point)
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(_line(point))
        values = {
            "training/loss": point.loss,
            "training/perplexity": math.exp(point.loss),
            "training/events_per_second": point.events_per_second,
        }
        if point.held_out_loss is not None:
            values["held_out/loss"] = point.held_out_loss
            values["held_out/perplexity"] = math.exp(point.held_out_loss)
        summary = tf.compat.v1.Summary(
            value=[
                tf.compat.v1.Summary.Value(tag=tag, simple_value=value)
                for tag, value in values.items()
            ]
        )
        self._write_event(step=point.step, summary=summary)

    def _write_event(self, **fields: Any) -> None:
        event = tf.compat.v1.Event(wall_time=time.time(), **fields)
        self._events.write(event.SerializeToString())
        self._events.flush()


@contextmanager
def open_history(run: Path, step: int) -> Iterator[History]:
    """Yield the history of a run that goes on at a step.

    The events are written without the package tensorboard, which reads them: the format is
    TFRecords of Event protobufs.
    """
    folder = run / "tensorboard"
    folder.mkdir(exist_ok=True)
    path = folder / f"events.out.tfevents.{time.time_ns() // 1000}.chipassets"
    with tf.io.TFRecordWriter(str(path)) as events:
        yield History(run, step, events)


def _line(point: Point) -> str:
    values = {name: getattr(point, name) for name in Point.__slots__}
    return json.dumps(values) + "\n"
