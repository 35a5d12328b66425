"""Reads many files in parallel; a broken or malicious one affects only its own result."""

from __future__ import annotations

import math
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.midi.reader import MIDI_SUFFIXES
from chipassets.train.midi_corpus import raw_of_midi, raws_of_tracker
from chipassets.train.music import MidiPiece, RawMusic, RefusedFileError, to_grid
from chipassets.train.scores import ABC_SUFFIXES, XML_SUFFIXES, load_readers, raws_of_score
from chipassets.train.trackers.reading import TRACKER_SUFFIXES, is_tracker_music

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

_SUFFIXES = MIDI_SUFFIXES | XML_SUFFIXES | ABC_SUFFIXES | TRACKER_SUFFIXES
_MOST_MEMORY_BYTES = 1 << 30
"""The memory that reading a file may take besides the readers' own."""
_LARGE_BYTES = 256 * 1024
"""A MIDI or tracker file up to this size takes neither long nor much memory."""
_AT_ONCE = 64
ALONE_SECONDS = 0.6
"""The start time of other processes, which a small corpus need not wait for. In CPU time, because
a busy machine should not start more processes."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The result of one file: its pieces (an ABC file may hold several), or why it has none."""

    path: Path
    pieces: tuple[MidiPiece, ...]
    refused: str = ""


def read_files(paths: list[Path], jobs: int, seconds_per_file: float) -> Iterator[ReadFile]:
    """Yield the result of each file, in the order of the paths.

    Small MIDI and tracker files are read in this process at first. `jobs` other processes take over
    when that takes long, or at a file that may need too much: if a reader cannot be stopped or its
    memory has no bound, only the process that reads it ends.
    """
    read = partial(read_file, seconds=seconds_per_file)
    began = time.process_time()
    for done, path in enumerate(paths):
        is_late = jobs > 1 and time.process_time() - began > ALONE_SECONDS
        if is_late or not _is_small(path):
            yield from _read_side_by_side(paths[done:], jobs, read)
            return
        yield read(path)


def _is_small(path: Path) -> bool:
    """Return whether a file may be read in this process."""
    try:
        return not _is_score(path) and path.stat().st_size <= _LARGE_BYTES
    except OSError:
        return True  # an unreadable file is reported as quickly


def _read_side_by_side(paths: list[Path], jobs: int, read: partial[ReadFile]) -> Iterator[ReadFile]:
    """Yield the result of each file, read by several processes."""
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    child = partial(_read_in_child, read.keywords["seconds"])
    while done < len(paths):
        try:
            with _pool(jobs) as pool:
                chunk = max(1, min(8, _AT_ONCE // jobs))
                for result in pool.map(child, paths[done:], chunksize=chunk):
                    yield result
                    done += 1
        except BrokenProcessPool:
            for result in _up_to_the_culprit(paths[done : done + _AT_ONCE], child):
                yield result
                done += 1


def _up_to_the_culprit(paths: list[Path], child: partial[ReadFile]) -> Iterator[ReadFile]:
    """Yield the results of the files one by one, up to the one that ends its process."""
    from concurrent.futures.process import BrokenProcessPool

    with _pool(1) as pool:
        for path in paths:
            try:
                result = pool.submit(child, path).result()
            except BrokenProcessPool:
                yield ReadFile(path, (), "it ended the process that read it (time or memory)")
                return
            yield result


def _read_in_child(seconds: float, path: Path) -> ReadFile:
    """Return the result of a file, read in a process that may be ended.

    An alarm asks a reader to stop; a reader in C may ignore it, so after twice the time the system
    ends the process.
    """
    if _is_score(path):
        load_readers()
    _limit(2 * seconds + 1)
    return read_file(path, seconds)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Return `jobs` new processes. Loaded only here: a small corpus needs none."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))


def read_file(path: Path, seconds: float) -> ReadFile:
    """Return the result of a file; never raises because of the file's content."""
    try:
        if _is_score(path):
            load_readers()  # import time does not count for the file
        with _time_limit(seconds):
            raws = _raws(path)
            pieces = [to_grid(raw) for raw in raws if len(raw.pitches) or len(raws) == 1]
    except RefusedFileError as error:
        return ReadFile(path, (), str(error))
    except _TooSlowError:
        return ReadFile(path, (), f"not read within {seconds:g} seconds of CPU time")
    except MemoryError:
        return ReadFile(path, (), f"it needs more than {_MOST_MEMORY_BYTES >> 30} GiB of memory")
    # A reader of foreign formats may fail in any way; one file must not end the run.
    except Exception as error:  # noqa: BLE001
        return ReadFile(path, (), f"not readable ({type(error).__name__})")
    return ReadFile(path, tuple(pieces), "" if pieces else "no tune in it")


def is_music(path: Path) -> bool:
    """Return whether a file's name, or for a tracker's its beginning, is that of music."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES or not path.is_file():
        return False
    return suffix not in TRACKER_SUFFIXES or is_tracker_music(path)


def _raws(path: Path) -> list[RawMusic]:
    """Return the content of each piece in a file."""
    suffix = path.suffix.lower()
    if suffix in MIDI_SUFFIXES:
        return [raw_of_midi(path)]
    return raws_of_tracker(path) if suffix in TRACKER_SUFFIXES else raws_of_score(path)


def _is_score(path: Path) -> bool:
    """Return whether note_seq reads a file, by its name."""
    return path.suffix.lower() in XML_SUFFIXES | ABC_SUFFIXES


class _TooSlowError(BaseException):
    """The time of a file is over.

    Not an Exception, which readers of foreign formats would catch.
    """


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise _TooSlowError in the block after seconds of CPU time, if the system has alarms.

    CPU time, so that a busy machine reads the same files as an idle one.
    """
    if not hasattr(signal, "setitimer") or not math.isfinite(seconds):
        yield
        return

    def ring(_signal: int, _frame: object) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _limit(seconds: float) -> None:
    """Limit the additional memory and CPU time of this process from here on."""
    try:
        import resource
    except ImportError:
        return
    _set_limit(resource.RLIMIT_AS, _taken_bytes() + _MOST_MEMORY_BYTES)
    if math.isfinite(seconds):
        _set_limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))


def _set_limit(which: int, most: int) -> None:
    """Set a limit of the process, at most as high as the system allows."""
    import resource

    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _taken_bytes() -> int:
    """Return the address space that this process uses; 4 GiB if the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 4 << 30


def total_repairs(pieces: tuple[MidiPiece, ...]) -> Counter[str]:
    """Return the repairs of the pieces, added up."""
    total: Counter[str] = Counter()
    for piece in pieces:
        total.update(piece.repairs)
    return total
