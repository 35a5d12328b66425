"""Read many files at once; a broken or hostile one costs its own line and nothing else."""

from __future__ import annotations

import math
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.midifile import MIDI_SUFFIXES
from chipassets.train.midi import raw_of_midi
from chipassets.train.music import MidiPiece, RefusedFileError, to_grid
from chipassets.train.scores import ABC_SUFFIXES, XML_SUFFIXES, load_readers, raws_of_score

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

SUFFIXES = MIDI_SUFFIXES | XML_SUFFIXES | ABC_SUFFIXES
_MOST_MEMORY_BYTES = 4 * 1024**3
_AT_ONCE = 64
ALONE_SECONDS = 0.6
"""Other processes take about this long to start, which a small corpus need not wait for. Counted
in CPU time, or on a busy machine more processes would be the answer to there being too many."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What one file gave: its pieces (an ABC file may hold several), or why it gave none."""

    path: Path
    pieces: tuple[MidiPiece, ...]
    refused: str = ""


def read_files(paths: list[Path], jobs: int, seconds_per_file: float) -> Iterator[ReadFile]:
    """Yield what each file gave, in the order of the paths.

    MIDI files are read here at first; `jobs` processes take over when that lasts, or at a score.
    """
    read = partial(read_file, seconds=seconds_per_file)
    began = time.process_time()
    for done, path in enumerate(paths):
        is_late = time.process_time() - began > ALONE_SECONDS
        if jobs > 1 and (is_late or not is_midi(path)):
            yield from _read_side_by_side(paths[done:], jobs, read)
            return
        yield read(path)


def _read_side_by_side(paths: list[Path], jobs: int, read: partial[ReadFile]) -> Iterator[ReadFile]:
    """Yield what each file gave, read by several processes."""
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    while done < len(paths):
        try:
            with _pool(jobs) as pool:
                chunk = max(1, min(8, _AT_ONCE // jobs))
                for result in pool.map(read, paths[done:], chunksize=chunk):
                    yield result
                    done += 1
        except BrokenProcessPool:
            # One of the next files kills its reader: take them one by one, each with its own.
            for path in paths[done : done + _AT_ONCE]:
                yield _read_alone(path, read)
                done += 1


def _read_alone(path: Path, read: partial[ReadFile]) -> ReadFile:
    from concurrent.futures.process import BrokenProcessPool

    try:
        with _pool(1) as pool:
            return pool.submit(read, path).result()
    except BrokenProcessPool:
        return ReadFile(path, (), "it killed the process that read it")


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Return so many new processes. Loaded only here: a small corpus needs none."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _limit_memory)


def read_file(path: Path, seconds: float) -> ReadFile:
    """Return what a file gave; never raises for what the file holds."""
    try:
        if not is_midi(path):
            load_readers()  # its time is not the file's
        with _time_limit(seconds):
            raws = [raw_of_midi(path)] if is_midi(path) else raws_of_score(path)
            pieces = [to_grid(raw) for raw in raws if len(raw.pitches) or len(raws) == 1]
    except RefusedFileError as error:
        return ReadFile(path, (), str(error))
    except _TooSlowError:
        return ReadFile(path, (), f"not read within {seconds:g} seconds")
    except MemoryError:
        return ReadFile(path, (), "it needs too much memory")
    # A reader of foreign formats may fail in any way; one file must not end the run.
    except Exception as error:  # noqa: BLE001
        return ReadFile(path, (), f"not readable ({type(error).__name__})")
    return ReadFile(path, tuple(pieces), "" if pieces else "no tune in it")


def is_midi(path: Path) -> bool:
    """Whether the name is that of a MIDI file."""
    return path.suffix.lower() in MIDI_SUFFIXES


class _TooSlowError(Exception):
    """The time of a file is over."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise _TooSlowError in the block after so many seconds, where the system has alarms."""
    if not hasattr(signal, "setitimer") or not math.isfinite(seconds):
        yield
        return

    def ring(_signal: int, _frame: object) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _limit_memory() -> None:
    """Let a hostile file meet a MemoryError before it takes the machine's memory."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = _MOST_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MOST_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def total_repairs(pieces: tuple[MidiPiece, ...]) -> Counter[str]:
    """Return the repairs of the pieces, added up."""
    total: Counter[str] = Counter()
    for piece in pieces:
        total.update(piece.repairs)
    return total
