"""News: what has happened since a page last asked, and waiting for more."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass

_MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A line for the user; kind is "done" or "error", track is "" if it concerns none."""

    number: int
    kind: str
    text: str
    track: str


class News:
    """Counts changes, keeps the last messages, and wakes waiting threads. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 1
        self._content = 1
        self._messages: deque[Message] = deque(maxlen=_MOST_KEPT)
        self._told = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._is_closed = False

    @property
    def revision(self) -> int:
        """The number of the present state, from 1; each change raises it."""
        with self._lock:
            return self._revision

    @property
    def content(self) -> int:
        """The number of the state of tracks, takes and manifest; progress does not raise it."""
        with self._lock:
            return self._content

    @property
    def is_closed(self) -> bool:
        """Whether waiting is over."""
        with self._lock:
            return self._is_closed

    def tell(self, text: str, track: str = "", kind: str = "done") -> None:
        """Add a message."""
        with self._lock:
            self._told += 1
            self._messages.append(Message(self._told, kind, text, track))
        self.changed()

    def messages(self, after: int) -> list[Message]:
        """Return the messages with numbers above `after`."""
        with self._lock:
            return [message for message in self._messages if message.number > after]

    def changed(self, *, only_progress: bool = False) -> None:
        """Raise the revision, and the content number unless only progress changed."""
        with self._lock:
            self._revision += 1
            self._content += not only_progress
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """Wake all waiting threads, and end waiting from now on."""
        with self._lock:
            self._is_closed = True
        self.changed()

    async def wait(self, after: int, seconds: float) -> None:
        """Return when the revision is above `after`, or after `seconds`."""
        event = asyncio.Event()
        with self._lock:
            if self._revision > after or self._is_closed:
                return
            waiter = asyncio.get_running_loop(), event
            self._waiting.append(waiter)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            with self._lock:
                self._waiting = [one for one in self._waiting if one is not waiter]
