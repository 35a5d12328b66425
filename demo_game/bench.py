"""The workbench of an audition: takes composed, rendered, decided on, and the bundle built again.

`Bench` does one order after the other. `RemoteBench` has one in a process of its own, so that the
game's frames never wait for it; `LocalBench` has one here, for scripts that must not depend on how
fast the machine is.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal, Protocol

from chipassets.runtime import Library, LibraryError, Track

if TYPE_CHECKING:
    from chipassets.audition import Desk

_PATIENCE_SECONDS = 5.0

State = Literal["", "chosen", "accepted", "rejected", "refused"]
Decision = Literal["accept", "reject", "roll"]


@dataclass(frozen=True, slots=True)
class Look:
    """List the takes of a track."""

    track: str


@dataclass(frozen=True, slots=True)
class Hear:
    """Render a take, numbered from 1."""

    track: str
    take: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Accept or reject a take, or roll so many more; then build."""

    track: str
    what: Decision
    number: int


@dataclass(frozen=True, slots=True)
class Retune:
    """Set a key of the track in the manifest; then build."""

    track: str
    key: str
    value: object


Order = Look | Hear | Decide | Retune


@dataclass(frozen=True, slots=True)
class TakeFacts:
    """What is known of a take: its score 0..1, what became of it, what speaks against it."""

    score: float
    state: State
    complaint: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The takes of a track, and what its plan says of moods and tempo."""

    track: str
    takes: tuple[TakeFacts, ...]
    moods: tuple[str, ...]
    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """A take lies in a folder as a bundle of its own; `heard` is its track once it is opened."""

    track: str
    take: int
    folder: Path
    heard: Track | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """What is being done, and how far it is, 0..1."""

    what: str
    share: float


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The game's bundle was built; `said` tells what came of it. `library` once it is opened."""

    said: str
    library: Library | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An order could not be carried out."""

    why: str


@dataclass(frozen=True, slots=True)
class Done:
    """An order is finished, well or badly."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The bench does nothing any more."""


Reply = Listed | Rendered | Working | Rebuilt | Failed | Done | Ended
Tell = Callable[[Reply], None]


class BenchLike(Protocol):
    """Where orders go and replies come from."""

    def order(self, order: Order) -> None:
        """Take an order; returns before it is carried out, if that takes long."""
        ...

    def poll(self) -> Reply | None:
        """Return the next reply, None while there is none; never waits."""
        ...

    def close(self) -> None:
        """End all work."""
        ...


class Bench:
    """Carries out orders on a manifest, and builds its bundle into a folder."""

    def __init__(self, manifest: Path, bundle: Path, scratch: Path) -> None:
        self._manifest = manifest
        self._bundle = bundle
        self._scratch = scratch
        self._desks: dict[str, Desk] = {}
        self._rendered = 0

    def do(self, order: Order, tell: Tell) -> None:
        """Carry out an order and tell what comes of it; whatever goes wrong is told too."""
        from chipassets.errors import ChipassetsError

        try:
            match order:
                case Look(track):
                    self._list(track, tell)
                case Hear(track, take):
                    self._render(track, take, tell)
                case Decide(track, what, number):
                    self._decide(track, what, number, tell)
                case Retune(track, key, value):
                    self._retune(track, key, value, tell)
        except ChipassetsError as error:
            tell(Failed(str(error).splitlines()[0]))
        tell(Done())

    def _desk(self, track: str) -> Desk:
        from chipassets.audition import open_desk, reopen

        before = self._desks.get(track)
        desk = reopen(before) if before else open_desk(self._manifest, track)
        self._desks[track] = desk
        return desk

    def _list(self, track: str, tell: Tell) -> None:
        from chipassets.audition import chosen_number, list_takes

        desk = self._desk(track)
        candidates = list_takes(desk, lambda share: tell(Working("composing", share)))
        chosen = chosen_number(desk, candidates)
        is_accepted = desk.current is not None and desk.current.accepted
        facts = []
        for item in candidates:
            state: State = "refused" if item.rating.refused else ""
            if item.is_rejected:
                state = "rejected"
            if item.number == chosen:
                state = "accepted" if is_accepted else "chosen"
            complaint = item.rating.refused or next(iter(item.complaints), "")
            facts.append(TakeFacts(item.rating.total, state, complaint))
        plan = desk.track
        tell(Listed(track, tuple(facts), plan.moods, plan.tempo_millibpm / 1000))

    def _render(self, track: str, take: int, tell: Tell) -> None:
        from chipassets.audition import preview

        tell(Working(f"rendering take {take}", 0.5))
        self._rendered += 1
        folder = self._scratch / f"{self._rendered}-{track}-{take}"
        preview(self._desk(track), take, folder)
        tell(Rendered(track, take, folder))

    def _decide(self, track: str, what: Decision, number: int, tell: Tell) -> None:
        from chipassets import audition

        desk = self._desk(track)
        if what == "accept":
            audition.accept(desk, number)
        elif what == "reject":
            audition.reject(desk, number)
        else:
            said = f"composing {number} more"
            audition.roll_more(desk, number, lambda share: tell(Working(said, share)))
        self._list(track, tell)
        self._build(tell)

    def _retune(self, track: str, key: str, value: object, tell: Tell) -> None:
        from chipassets.manifest.edit import set_key

        try:
            set_key(self._manifest, track, key, value)
            self._build(tell)
        finally:
            self._list(track, tell)

    def _build(self, tell: Tell) -> None:
        from chipassets.build import Built, StageEntered, build
        from chipassets.manifest import load_manifest
        from chipassets.plan import resolve

        plan = resolve(load_manifest(self._manifest))
        for event in build(plan, self._manifest, self._bundle, 1):
            match event:
                case StageEntered(track, stage):
                    tell(Working(f"building {track}: {stage}", 0.5))
                case Built(done=done, warnings=warnings):
                    made = [f"{name} {how}" for name, how in done.items() if how != "kept"]
                    tell(Rebuilt(next(iter(warnings), ", ".join(made) or "nothing to build")))


class LocalBench:
    """Carries out each order where it is given."""

    def __init__(self, manifest: Path, bundle: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="audition-"))
        self._bundle = bundle
        self._bench = Bench(manifest, bundle, self._scratch)
        self._replies: deque[Reply] = deque()

    def order(self, order: Order) -> None:
        """Carry out an order."""
        self._bench.do(order, self._replies.append)

    def poll(self) -> Reply | None:
        """Return the next reply, None when there is none."""
        return _opened(self._replies.popleft(), self._bundle) if self._replies else None

    def close(self) -> None:
        """Remove what was rendered."""
        shutil.rmtree(self._scratch, ignore_errors=True)


class RemoteBench:
    """Has orders carried out by a process beside the game; none of its methods waits for it."""

    def __init__(self, manifest: Path, bundle: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="audition-"))
        self._bundle = bundle
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._replies: SimpleQueue[Reply] = SimpleQueue()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # No daemon: a build starts workers of its own.
        self._process = context.Process(
            target=_serve, args=(theirs, manifest, bundle, self._scratch), name="audition"
        )
        self._sender = threading.Thread(target=self._send, args=(theirs,), daemon=True)
        self._sender.start()

    def order(self, order: Order) -> None:
        """Send an order."""
        self._orders.put(order)

    def poll(self) -> Reply | None:
        """Return the next reply, None while there is none."""
        try:
            return self._replies.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """End the process, whatever it does, and remove what was rendered."""
        self._orders.put(None)
        self._sender.join()
        self._process.terminate()
        self._process.join(_PATIENCE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _send(self, theirs: Connection) -> None:
        # To start a process takes longer than a frame, so that is done here too.
        self._process.start()
        theirs.close()
        threading.Thread(target=self._listen, name="audition", daemon=True).start()
        while (order := self._orders.get()) is not None:
            try:
                self._pipe.send(order)
            except OSError:  # it has ended, which the listener tells
                return

    def _listen(self) -> None:
        try:
            while True:
                self._replies.put(_opened(self._pipe.recv(), self._bundle))
        except (EOFError, OSError):
            self._replies.put(Ended())


def _opened(reply: Reply, bundle: Path) -> Reply:
    """Return the reply with the bundle that it tells of opened; Failed where that is unusable."""
    try:
        if isinstance(reply, Rendered):
            return replace(reply, heard=Library.open(reply.folder).tracks[0])
        if isinstance(reply, Rebuilt):
            return replace(reply, library=Library.open(bundle))
    except LibraryError as error:
        return Failed(str(error))
    return reply


def _serve(pipe: Connection, manifest: Path, bundle: Path, scratch: Path) -> None:
    """Carry out orders until the game is gone."""
    from chipassets.workers import use_one_thread

    # Take n is what a build makes of it, to the last bit; and the game comes first.
    use_one_thread()
    if hasattr(os, "nice"):
        os.nice(5)
    # An orderly end, so that a build in hand takes its workers along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=_end_with_game, daemon=True).start()
    bench = Bench(manifest, bundle, scratch)
    try:
        while True:
            bench.do(pipe.recv(), pipe.send)
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _end_with_game() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
