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
from multiprocessing.context import SpawnContext
from queue import Empty, Queue
from typing import Any, Self

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
    workers = min(jobs, len(arguments))
    with _ctrl_c_waits():
        reports = context.SimpleQueue()
        handing = _Handing(context, shared, workers)
    started = (reports, handing.taker, gc.get_threshold())
    with handing, ProcessPoolExecutor(workers, context, _start_worker, started) as pool:
        try:
            # Submitting starts the processes, which keep what surrounds their start.
            with _one_thread_each(), _ctrl_c_waits():
                futures = {
                    pool.submit(_call, task, values): name for name, values in arguments.items()
                }
            yield from _gather(futures, reports)
        except BrokenProcessPool as error:
            raise ComposeError(
                "a worker process was ended from outside (out of memory?); try --jobs 1"
            ) from error
        finally:
            # Not to be interrupted, or the pool would wait for everything that was submitted.
            with _ctrl_c_waits():
                # The pool's own thread must have ended before Python does: at the exit it is woken
                # through a pipe that it closes at that moment, and says "Bad file descriptor".
                for process in multiprocessing.active_children():
                    process.terminate()
                pool.shutdown(cancel_futures=True)


class _Handing:
    """Hands what all tasks share to each worker as soon as it has started.

    As arguments of their start, several MB would let the parent wait for each worker in turn, until
    it has imported NumPy and more.
    """

    def __init__(self, context: SpawnContext, shared: tuple[Any, ...], workers: int) -> None:
        self._reader, self._writer = context.Pipe(duplex=False)
        self.taker = (self._reader, context.Lock())
        self._thread = threading.Thread(target=self._hand, args=(shared, workers), daemon=True)
        self._thread.start()

    def _hand(self, shared: tuple[Any, ...], workers: int) -> None:
        # The pool starts fewer workers than it may where the first ones are quick; nobody reads
        # then, and the pipe is closed. If a worker is lost, the pool itself finds out.
        with suppress(OSError):
            for _ in range(workers):
                self._writer.send(shared)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._thread.join()
        self._writer.close()


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
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back inside the block, and block it for good in the processes started there.

    The parent handles it, and an interrupt during a start would leave a process half started. It is
    delivered when the block ends: a start takes a second or more where the machine is busy.
    """
    is_main = threading.current_thread() is threading.main_thread()
    held_back: list[int] = []
    before: Any = None
    if is_main:  # only the main thread may set signal handlers
        before = signal.signal(signal.SIGINT, lambda number, _: held_back.append(number))
    try:
        with _blocked_for_children():
            yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)
            if held_back:
                signal.raise_signal(signal.SIGINT)


@contextmanager
def _blocked_for_children() -> Iterator[None]:
    """Block SIGINT in this thread, because new processes inherit its mask; Windows has none."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        # What arrived meanwhile is delivered here.
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _call(task: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Run a task with what all tasks of the process share."""
    return task(*_shared, *values)


def _start_worker(
    reports: Any, taker: tuple[Any, Any], collected_after: tuple[int, int, int]
) -> None:
    """Prepare a worker, and take what all tasks share.

    taker: of the parent's `_Handing`. collected_after: the parent's thresholds, so that a worker
    collects garbage as rarely.
    """
    global _report, _shared
    gc.set_threshold(*collected_after)
    # Windows sends Ctrl-C to every process of the console.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    reader, turn = taker
    with turn:
        _report, _shared = reports, reader.recv()
    # What is loaded and shared stays: looking through it for circles each time takes time.
    gc.freeze()


def _end_with_parent() -> None:
    """End this process when the parent is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
