"""The progress of a build: a bar on a terminal, a line for each track elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.cli.output import console, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from chipassets.build import Event, StockTaken, TrackDone


class Tally:
    """Counts finished tracks and estimates the remaining time from the tracks' effort.

    A build goes in rounds where tracks follow others, and a later round names again what is to be
    in the bundle: each track counts once.
    """

    def __init__(self) -> None:
        self.total = 0
        self._done: set[str] = set()
        self._effort: dict[str, int] = {}
        self._spent = 0
        self._began = time.monotonic()

    def begin(self, event: StockTaken) -> None:
        """Store the number of tracks and their effort; the clock starts."""
        self.total = len(self._done.union(event.stale))
        self._effort = {n: effort for n, effort in event.effort.items() if n not in self._done}
        self._spent = 0
        self._began = time.monotonic()

    def finish(self, event: TrackDone) -> None:
        """Count a finished track. Tracks from the cache do not count for the estimate."""
        self._done.add(event.track)
        effort = self._effort.pop(event.track, 0)
        if event.how != "from the cache":
            self._spent += effort

    @property
    def done(self) -> int:
        """How many tracks are finished."""
        return len(self._done)

    @property
    def left(self) -> str:
        """Return the remaining time in words; "" if there is no estimate yet."""
        rest = sum(self._effort.values())
        if not self._spent or not rest:
            return ""
        return f"about {_duration((time.monotonic() - self._began) * rest / self._spent)} left"


def _tell_why(event: StockTaken) -> None:
    """Print which tracks are composed again and why before it happens, except for new tracks."""
    for track, why in event.composed.items():
        if not why.startswith("not composed yet"):
            say((f"{track} is composed anew: {why}", ""))


def _duration(seconds: float) -> str:
    """Return seconds as text, rounded to the unit that matters."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class _Lines:
    """For logs: prints a line on standard error for each finished track."""

    def __init__(self) -> None:
        self.tally = Tally()

    def event(self, event: Event) -> None:
        """Print a line for each finished track."""
        from chipassets.build import StockTaken, TrackDone

        if isinstance(event, StockTaken):
            self.tally.begin(event)
            _tell_why(event)
        if isinstance(event, TrackDone):
            self.tally.finish(event)
            place = f"[{self.tally.done}/{self.tally.total}] {event.track}: {event.how}"
            say((", ".join(filter(None, (place, self.tally.left))), ""))


class _Bar:
    """For people: a bar of tracks, the current stages, the elapsed and the remaining time."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.tally = Tally()
        self._progress = progress
        self._task = progress.add_task("", total=total, stages="")
        self._stage: dict[str, str] = {}

    def event(self, event: Event) -> None:
        """Move the bar, and show in which stage each track is."""
        from chipassets.build import StageEntered, StockTaken, TrackDone

        if isinstance(event, StockTaken):
            self.tally.begin(event)
            _tell_why(event)
            self._progress.update(self._task, total=self.tally.total)
        if isinstance(event, StageEntered):
            self._stage[event.track] = event.stage
        if isinstance(event, TrackDone):
            self.tally.finish(event)
            self._stage.pop(event.track, None)
        stages = ", ".join(f"{track}: {stage}" for track, stage in self._stage.items())
        said = "; ".join(filter(None, (self.tally.left, stages)))
        self._progress.update(self._task, completed=self.tally.done, stages=said)


class _Silence:
    """For programs: prints nothing, and writes the progress to a file if one is given."""

    def __init__(self, file: Path | None = None) -> None:
        self.tally = Tally()
        self._file = file

    def event(self, event: Event) -> None:
        """Print nothing; write the progress to the file, if one is wanted."""
        from chipassets.build import StockTaken, TrackDone

        track = ""
        if isinstance(event, StockTaken):
            self.tally.begin(event)
        elif isinstance(event, TrackDone):
            self.tally.finish(event)
            track = event.track
        else:
            return
        if self._file is not None:
            from chipassets.bundle import write_file

            tally = self.tally
            far = {"done": tally.done, "total": tally.total, "track": track, "left": tally.left}
            write_file(self._file, json.dumps(far).encode())


Show = _Lines | _Bar | _Silence


@contextmanager
def progress(total: int, *, hidden: bool, file: Path | None = None) -> Iterator[Show]:
    """Yield the object whose method `event` takes every event of a build of `total` tracks.

    file: written anew at every track, `{"done": 1, "total": 4, "track": "title", "left": ""}`; the
    terminal shows nothing then.
    """
    if hidden or file is not None:
        yield _Silence(file)
        return
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield _Lines()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[stages]}", markup=False),
    )
    with Progress(*columns, console=terminal, transient=True) as shown:
        yield _Bar(shown, total)
