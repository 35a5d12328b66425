"""Worker processes: equal results for any number of jobs, and no process left behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import Any

from chipassets.errors import ComposeError

# A BLAS with several threads may add in another order. One thread per worker gives the same bytes
# on one core and on twenty, and the cores are busy with tracks already.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
}
_POLL_SECONDS = 0.05

_report: Any = None
_shared: tuple[Any, ...] = ()


def use_one_thread() -> None:
    """Limit this process to one thread, as workers are; call it before NumPy is imported."""
    os.environ.update(_ONE_THREAD)


def report_stage(track: str, stage: str) -> None:
    """Tell the parent process that a track entered a stage; does nothing outside a worker."""
    if _report is not None:
        _report.put((track, stage))


def run_tasks(
    jobs: int,
    task: Callable[..., Any],
    arguments: Mapping[str, tuple[Any, ...]],
    shared: tuple[Any, ...] = (),
) -> Iterator[tuple[str, str | None, Any]]:
    """Call the task with each named tuple of arguments, `jobs` at a time, and yield events.

    shared: the first arguments of every call, sent once to each worker. Yields (name, stage,
    None) when a task reports a stage and (name, None, result) when it is done, in the order of
    time. The first error ends all workers and is raised.
    """
    if not arguments:
        return
    context = multiprocessing.get_context("spawn")
    with _deaf_to_ctrl_c():
        reports = context.SimpleQueue()
    workers = min(jobs, len(arguments))
    started = (reports, shared, gc.get_threshold())
    with ProcessPoolExecutor(workers, context, _start_worker, started) as pool:
        # Submitting starts the processes, which keep what surrounds their start.
        with _one_thread_each(), _deaf_to_ctrl_c():
            futures = {pool.submit(_call, task, values): name for name, values in arguments.items()}
        try:
            yield from _gather(futures, reports)
        except BrokenProcessPool as error:
            raise ComposeError(
                "a worker process was ended from outside (out of memory?); try --jobs 1"
            ) from error
        finally:
            # The pool's own thread must have ended before Python does: at the exit it is woken
            # through a pipe that it closes at that moment, and says "Bad file descriptor".
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(cancel_futures=True)


def _gather(futures: dict[Future[Any], str], reports: Any) -> Iterator[tuple[str, str | None, Any]]:
    """Yield reports of stages and finished results, in the order of time."""
    finished: Queue[Future[Any]] = Queue()
    for future in futures:
        future.add_done_callback(finished.put)
    while futures:
        with suppress(Empty):
            future = finished.get(timeout=_POLL_SECONDS)
            result = future.result()
            while not reports.empty():
                yield (*reports.get(), None)
            yield futures.pop(future), None, result
        while not reports.empty():
            yield (*reports.get(), None)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Set the environment so that processes started inside use one thread; restore it after."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ignore Ctrl-C in processes started inside the block: the parent handles it.

    The parent ignores it meanwhile too, for some milliseconds: an interrupt during a start would
    leave a process half started.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _call(task: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Run a task with what all tasks of the process share."""
    return task(*_shared, *values)


def _start_worker(
    reports: Any, shared: tuple[Any, ...], collected_after: tuple[int, int, int]
) -> None:
    """Prepare a worker; it collects garbage as rarely as the parent, whose thresholds are given."""
    global _report, _shared
    gc.set_threshold(*collected_after)
    _report, _shared = reports, shared
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the parent is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
