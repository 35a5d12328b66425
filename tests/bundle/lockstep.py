"""A writer of files that goes on one change at a time, when the test says so: no clock decides."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_CHANGES = ("replace", "rename", "unlink", "mkdir", "rmdir")


class Stepped:
    """Work in a thread of its own that stops before each change of a file until `step`."""

    def __init__(self, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
        self._go_on, self._has_stopped = threading.Semaphore(0), threading.Semaphore(0)
        self.is_done = False
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        for name in _CHANGES:
            monkeypatch.setattr(Path, name, self._stopping(getattr(Path, name)))
        monkeypatch.setattr(shutil, "rmtree", self._stopping(shutil.rmtree))
        monkeypatch.setattr("chipassets.bundle.swap._exchange", self._stopping(_exchange_of_swap()))
        self._thread.start()
        self._has_stopped.acquire()

    def step(self) -> None:
        """Let the work make one change, or end."""
        if not self.is_done:
            self._go_on.release()
            self._has_stopped.acquire()

    def finish(self) -> None:
        """Let the work end, and raise what it raised."""
        while not self.is_done:
            self.step()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by finish()
            self.error = error
        self.is_done = True
        self._has_stopped.release()

    def _stopping(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def stop_first(*words: Any, **more: Any) -> Any:
            if threading.current_thread() is self._thread:
                self._has_stopped.release()
                self._go_on.acquire()
            return change(*words, **more)

        return stop_first


def _exchange_of_swap() -> Callable[..., Any]:
    from chipassets.bundle import swap

    exchange: Callable[..., Any] = swap._exchange
    return exchange
