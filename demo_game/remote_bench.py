"""A workbench in a process of its own, so that the game's frames never wait for it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue

from demo_game.bench import Bench, open_reply
from demo_game.orders import Ended, Order, Reply

_PATIENCE_SECONDS = 5.0


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
                self._replies.put(open_reply(self._pipe.recv(), self._bundle))
        except (EOFError, OSError):
            self._replies.put(Ended())


def _serve(pipe: Connection, manifest: Path, bundle: Path, scratch: Path) -> None:
    """Carry out orders until the game is gone."""
    from chipassets.production.workers import use_one_thread

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
