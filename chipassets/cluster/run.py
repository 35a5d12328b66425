"""The client's side of a build on a cluster: sends tracks, gathers them, detects failures.

Each finished track is put into the cache at once, so that whatever happens to the cluster, the next
build, with or without it, continues from there.
"""

from __future__ import annotations

import asyncio
import logging
import operator
import pickle
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from chipassets import __version__
from chipassets.cluster.remote import (
    BEGUN,
    Made,
    Maker,
    Unlike,
    differences,
    pack,
    package,
)
from chipassets.errors import ClusterError, MissingExtraError
from chipassets.lock import LockedTake
from chipassets.lock.entries import Choices
from chipassets.plan.trackplan import TrackPlan
from chipassets.production.produce import BuildInputs, Produced, find_produced, keep_produced

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 30.0
WORKERS_SECONDS = 300.0
"""How long a build waits for the first worker of a cluster."""
_POLL_SECONDS = 0.2
_LOOK_SECONDS = 2.0
_AHEAD = 2
"""The tracks queued at each worker, so that none is idle while the client is busy."""
_MOST_BEGUN = 8
"""The number of workers that may be lost while they make a track, before it counts as the cause."""
_MOST_SENT = 8
"""How often a track is sent. Dask gives a task up when four workers were lost that had it, queued
or begun; a worker that dies at once does not tell that it began."""
_LOGGERS = ("distributed", "distributed.client", "distributed.comm", "distributed.core", "tornado")

Happening = tuple[str, str | None, Any]


@dataclass(slots=True)
class Cluster:
    """A connection to a scheduler."""

    address: str
    client: Any
    _looked: float = field(default=-_LOOK_SECONDS)
    _seen: float = field(default_factory=time.monotonic)
    _places: int = 0

    def run_tracks(
        self,
        inputs: BuildInputs,
        tasks: Mapping[str, tuple[TrackPlan, LockedTake | Choices]],
    ) -> Iterator[Happening]:
        """Make every track on the cluster, store it in the cache, and yield events.

        Yields (name, stage, None) when a track enters a stage and (name, None, produced) when it is
        done. What the cache holds is not made again. Workers may come and go.

        Raises:
            ClusterError: the scheduler went away, no worker came, or one makes other bytes.
        """
        waiting = []
        for name, (track, locked) in tasks.items():
            take, entry = find_produced(inputs, track, locked)
            if take is not None and entry is not None:
                yield name, None, Produced(take, entry, is_composed=False)
            else:
                waiting.append((track, locked if take is None else take))
        if not waiting:
            return
        self._refuse_unlike()
        maker = Maker(inputs.plan, inputs.model, inputs.grams, package())
        for happening in self._gather(maker, waiting):
            if isinstance(happening, Made):
                produced = happening.produced
                name = produced.entry.name
                keep_produced(inputs, *tasks[name], produced, happening.files)
                yield name, None, produced
            else:
                yield (*happening, None)

    def _gather(
        self, maker: Maker, waiting: list[tuple[TrackPlan, LockedTake | Choices]]
    ) -> Iterator[Made | tuple[str, str]]:
        """Yield (name, stage) of each stage that a track enters, and each finished track."""
        happened: SimpleQueue[Any] = SimpleQueue()
        sent = _Sent(self.client, maker, happened.put)
        try:
            self.client.subscribe_topic(sent.topic, lambda event: happened.put(tuple(event[1])))
            waiting = waiting[::-1]
            while waiting or sent.running:
                self._look()
                while waiting and len(sent.running) < self._places:
                    sent.send(*waiting.pop())
                with suppress(Empty):
                    found = happened.get(timeout=_POLL_SECONDS)
                    if isinstance(found, tuple):
                        if found[1] != BEGUN:
                            yield found
                        else:
                            sent.begun[found[0]] += 1
                    elif (made := self._result(found, sent)) is not None:
                        sent.forget(found)
                        yield made
        finally:
            sent.close()
            if self.client.status == "running":
                self.client.unsubscribe_topic(sent.topic)

    def _result(self, future: Any, sent: _Sent) -> Made | None:
        """Return the result of a finished future; None while the cluster makes it again."""
        import distributed

        name = _name(future)
        try:
            result = future.result(timeout=ANSWER_SECONDS)
        except distributed.KilledWorker as error:
            if sent.begun[name] >= _MOST_BEGUN or sent.times[name] >= _MOST_SENT:
                raise ClusterError(
                    f"track {name!r} was at work on several workers of {self.address} when each of "
                    "them was lost (out of memory?); give the workers more memory, or build it "
                    "with --jobs 1"
                ) from error
            sent.send_again(future, error.task)
            return None
        except CancelledError as error:
            self._refuse_lost()
            raise ClusterError(
                f"track {name!r} was cancelled on {self.address}; build again to continue"
            ) from error
        except (ImportError, AttributeError, pickle.UnpicklingError) as error:
            raise ClusterError(_lacking("a worker", error)) from error
        except TimeoutError:
            self._refuse_lost()
            sent.listen(future)
            return None
        except OSError as error:
            raise self._lost() from error
        if isinstance(result, Unlike):
            raise ClusterError(_unlike(f"the worker {result.worker}", result.differences))
        made: Made = result
        return made

    def _look(self) -> None:
        """Count the workers from time to time; ClusterError if scheduler or workers are gone."""
        self._refuse_lost()
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        threads = self._ask(self.client.scheduler.ncores)
        self._looked = now
        self._places = sum(threads.values()) + _AHEAD * len(threads)
        if threads:
            self._seen = now
        elif now - self._seen > WORKERS_SECONDS:
            raise ClusterError(
                f"the scheduler {self.address} has had no worker for {WORKERS_SECONDS:g} seconds; "
                f"start some (dask worker {self.address} --nthreads 1), and build again to go on"
            )

    def _refuse_unlike(self) -> None:
        """Raise ClusterError if a connected worker would make other bytes."""
        ours = package()
        found = self._ask(self.client._run, package, on_error="return")
        for worker, theirs in sorted(found.items()):
            where = f"the worker {worker}"
            if isinstance(theirs, OSError):
                continue  # the worker was lost meanwhile
            if isinstance(theirs, Exception):
                raise ClusterError(_lacking(where, theirs)) from theirs
            if unlike := differences(ours, theirs):
                raise ClusterError(_unlike(where, unlike))

    def _ask(self, question: Any, *args: Any, **more: Any) -> Any:
        """Return the scheduler's answer; ClusterError if it went away."""
        try:
            return self.client.sync(question, *args, callback_timeout=ANSWER_SECONDS, **more)
        except (OSError, TimeoutError) as error:
            raise self._lost() from error

    def _refuse_lost(self) -> None:
        """Raise ClusterError if the scheduler went away."""
        if self.client.status != "running":
            raise self._lost()

    def _lost(self) -> ClusterError:
        """Return the error for a scheduler that went away."""
        return ClusterError(
            f"the scheduler {self.address} went away; start it again, and build again to go on"
        )


class _Sent:
    """The tracks that are on the cluster, and what they share.

    happened: called with each future that finishes. running: each track's future and arguments, by
    name. begun: how often a worker has begun a track. times: how often it was sent.
    """

    def __init__(self, client: Any, maker: Maker, happened: Callable[[Any], None]) -> None:
        self.topic = f"chipassets-{uuid4().hex}"
        self.running: dict[str, tuple[Any, TrackPlan, LockedTake | Choices]] = {}
        self.begun: Counter[str] = Counter()
        self.times: Counter[str] = Counter()
        self._client, self._happened = client, happened
        self._packed = pickle.dumps(maker)
        self._shared = self._share()

    def send(self, track: TrackPlan, locked: LockedTake | Choices) -> None:
        """Have a track made."""
        self.times[track.name] += 1
        future = self._client.submit(
            operator.call, self._shared, pack(track, locked), self.topic,
            key=f"{self.topic}-{self.times[track.name]}-{track.name}", pure=False,
        )  # fmt: skip
        self.running[track.name] = future, track, locked
        self.listen(future)

    def send_again(self, future: Any, cause: str) -> None:
        """Send a track again that Dask gave up; cause: the key of the task that lost its workers.

        Workers that come and go by chance hit tracks that do no harm, even those that only wait.
        """
        if cause == self._shared.key:
            self._shared.release()
            self._shared = self._share()
        _, track, locked = self.running[_name(future)]
        self.forget(future)
        self.send(track, locked)

    def listen(self, future: Any) -> None:
        """Have `happened` called when a future finishes, also if it did once before."""
        future.add_done_callback(self._happened)

    def forget(self, future: Any) -> None:
        """Let go of a finished track."""
        del self.running[_name(future)]
        future.release()

    def close(self) -> None:
        """Let go of everything: the scheduler cancels tasks that no future waits for."""
        for future in (self._shared, *(future for future, _, _ in self.running.values())):
            future.release()

    def _share(self) -> Any:
        """Send what all tracks need, as a task like the others: lost, it is run elsewhere."""
        key = f"{self.topic}-maker-{uuid4().hex}"
        return self._client.submit(pickle.loads, self._packed, key=key)


def _name(future: Any) -> str:
    """Return the name of the track that a future of `_Sent` makes."""
    name: str = future.key.split("-", 3)[-1]
    return name


@contextmanager
def open_cluster(address: str) -> Iterator[Cluster]:
    """Connect to the scheduler at an address of `parse_address` for the time of a build.

    Raises:
        MissingExtraError: Dask is not installed.
        ClusterError: no Dask scheduler answers there.
    """
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"--on needs {error.name}, not installed; install chipassets with the extra cluster "
            "(uv sync --extra cluster, or pip install 'chipassets[cluster]')"
        ) from error
    with _quiet():
        _find_scheduler(address)
        try:
            client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise _unreachable(address, error) from error
        try:
            yield Cluster(address, client)
        finally:
            with suppress(OSError, TimeoutError):
                client.close(timeout=_LOOK_SECONDS)


def _find_scheduler(address: str) -> None:
    """Raise ClusterError unless a scheduler answers there in time.

    A Dask client would wait forever for an address that never answers.
    """
    try:
        found = asyncio.run(asyncio.wait_for(_identity(address), CONNECT_SECONDS))
    # ValueError and TypeError: TLS without certificates, and replies that are not Dask's.
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise _unreachable(address, error) from error
    if found.get("type") != "Scheduler":
        raise ClusterError(
            f"at {address} is a {found.get('type')} of Dask and no scheduler; give --on the "
            "address that the scheduler prints when it starts"
        )


async def _identity(address: str) -> dict[str, Any]:
    from distributed.core import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    async with rpc(address, connection_args=arguments, timeout=0.8 * CONNECT_SECONDS) as remote:
        found: dict[str, Any] = await remote.identity()
        return found


def _unreachable(address: str, error: Exception) -> ClusterError:
    why = " ".join(str(error).split()) or "it does not answer"
    return ClusterError(
        f"no Dask scheduler answers at {address}: {why}; start one (dask scheduler), or correct "
        "--on (for tls://, Dask's configuration names the certificates)"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Dask's log messages for failures that become our own errors, or do not matter."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)


def _lacking(where: str, error: Exception) -> str:
    """Return the message for a machine that does not run this version."""
    told = " ".join(str(error).split())
    return (
        f"{where} does not run this version of chipassets ({told}); install chipassets "
        f"{__version__} there, with the extra cluster"
    )


def _unlike(where: str, found: tuple[str, ...] | list[str]) -> str:
    """Return the message for a machine whose packages would make other bytes."""
    return (
        f"{where} would make other bytes: it has {' and '.join(found)}; install the same versions "
        "there (pip install -c constraints.txt 'chipassets[cluster]'), and start it again"
    )
