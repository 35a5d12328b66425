"""Notices, beside the game, that its bundle was built again."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

from chipassets.runtime import Library, LibraryError

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.5


class BundleWatch:
    """Opens a bundle anew on a thread of its own, each time that it was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: SimpleQueue[Library] = SimpleQueue()
        self._ends = threading.Event()
        self._seen = self._stamp()
        threading.Thread(target=self._watch, name="bundle watch", daemon=True).start()

    def poll(self) -> Library | None:
        """Return the library if there is a new one since the last call; never waits."""
        try:
            return self._found.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """End the thread at its next look."""
        self._ends.set()

    def look(self) -> None:
        """Open the bundle if it was replaced since the last look; the thread does nothing else."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._found.put(Library.open(self._path))
        except LibraryError as error:
            _log.warning("the new bundle is not played: %s", error)

    def _watch(self) -> None:
        while not self._ends.wait(_POLL_SECONDS):
            self.look()

    def _stamp(self) -> tuple[int, int] | None:
        path = self._path if self._path.is_file() else self._path / "bundle.json"
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
