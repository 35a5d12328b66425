"""The history of a run, in its folder: as JSON lines, and for TensorBoard."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipassets.strictjson import loads
from chipassets.train.whole import whole_file

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Point:
    """A run at an update: training loss since the last point and held-out loss, nats an event."""

    step: int
    loss: float
    held_out_loss: float | None
    events_per_second: float


def perplexity(loss: float) -> float:
    """Return exp of a loss in nats per event; infinite if that exceeds a float."""
    return math.exp(loss) if loss < _HIGHEST_EXPONENT else math.inf


_HIGHEST_EXPONENT = math.log(sys.float_info.max)


def read_history(run: Path) -> list[Point]:
    """Return the points of a run, in order; a line that was cut off is ignored."""
    try:
        lines = (run / HISTORY_FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    points = []
    for line in lines:
        try:
            points.append(_point(loads(line)))
        except (ValueError, TypeError):
            break
    return points


class History:
    """The points of a run that resumes at a step: later ones are removed."""

    def __init__(self, run: Path, step: int, log: Callable[[int, dict[str, float]], None]) -> None:
        self.points = [point for point in read_history(run) if point.step <= step]
        self._path = run / HISTORY_FILE
        with whole_file(self._path) as partial:
            partial.write_text("".join(_line(point) for point in self.points), encoding="utf-8")
        self._log = log

    def add(self, point: Point) -> None:
        """Append a point to both files."""
        self.points.append(point)
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(_line(point))
        values = {
            "training/loss": point.loss,
            "training/perplexity": perplexity(point.loss),
            "training/events_per_second": point.events_per_second,
        }
        if point.held_out_loss is not None:
            values["held_out/loss"] = point.held_out_loss
            values["held_out/perplexity"] = perplexity(point.held_out_loss)
        self._log(point.step, values)


@contextmanager
def open_history(run: Path, step: int) -> Iterator[History]:
    """Yield the history of a run that continues at a step."""
    # Imported here: reading a history needs no TensorFlow, which takes seconds to import.
    from chipassets.train.backend import tensorboard_log

    folder = run / "tensorboard"
    folder.mkdir(exist_ok=True)
    with tensorboard_log(folder) as log:
        yield History(run, step, log)


def _point(values: Any) -> Point:
    """Return the point of a line; ValueError or TypeError if it is invalid."""
    point = Point(**values)
    numbers = (point.loss, point.events_per_second, point.held_out_loss or 0.0)
    if type(point.step) is not int or not all(
        isinstance(number, int | float) for number in numbers
    ):
        raise TypeError("a point of other than numbers")
    return point


def _line(point: Point) -> str:
    values = {name: getattr(point, name) for name in Point.__slots__}
    return json.dumps(values) + "\n"
