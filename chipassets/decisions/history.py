"""Undo and redo of decisions about takes and of changes to the manifest.

What somebody else has changed since is never undone: then the step is dropped, with an error.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chipassets.bundle import write_file
from chipassets.errors import CheckError
from chipassets.lock import Lock, LockedTake, change_lock

_MOST_STEPS = 200

Takes = Mapping[str, LockedTake | None]
"""Takes of the lock by track, None if there is none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A change of the lock."""

    what: str
    before: Takes
    after: Takes

    def reversed(self) -> Decision:
        """Return the opposite change."""
        return Decision(self.what, self.after, self.before)

    def apply(self, manifest: Path) -> None:
        """Apply the change to the lock; CheckError if the lock is not in the state before it."""

        def change(now: Lock) -> Lock:
            """Return the lock after the decision; CheckError if its takes changed since."""
            for name, take in self.before.items():
                if now.takes.get(name) != take:
                    raise CheckError(f"{name} has been changed elsewhere since")
            kept = {name: take for name, take in now.takes.items() if name not in self.after}
            again = {name: take for name, take in self.after.items() if take is not None}
            return replace(now, takes=kept | again)

        change_lock(manifest, change)


@dataclass(frozen=True, slots=True)
class Writing:
    """A change of the manifest's text."""

    what: str
    before: bytes
    after: bytes

    def reversed(self) -> Writing:
        """Return the opposite change."""
        return Writing(self.what, self.after, self.before)

    def apply(self, manifest: Path) -> None:
        """Write the new text; CheckError if the file does not hold the old one."""
        if manifest.read_bytes() != self.before:
            raise CheckError(f"{manifest.name} has been changed elsewhere since")
        write_file(manifest, self.after)


Step = Decision | Writing


class History:
    """The steps done and undone, the latest last. Thread-safe."""

    def __init__(self, manifest: Path) -> None:
        self._manifest = manifest
        self._lock = threading.RLock()
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def undo_text(self) -> str:
        """What `undo` would undo, "" if nothing."""
        with self._lock:
            return self._done[-1].what if self._done else ""

    @property
    def redo_text(self) -> str:
        """What `redo` would redo, "" if nothing."""
        with self._lock:
            return self._undone[-1].what if self._undone else ""

    def keep(self, step: Step) -> None:
        """Add a step that was just done; undone steps can then no longer be redone."""
        with self._lock:
            self._done = [*self._done, step][-_MOST_STEPS:]
            self._undone = []

    def decided(self, what: str, before: Lock, after: Lock) -> None:
        """Add a change of the lock, if there is one."""
        names = [
            name
            for name in before.takes.keys() | after.takes.keys()
            if before.takes.get(name) != after.takes.get(name)
        ]
        if names:
            old = {name: before.takes.get(name) for name in names}
            self.keep(Decision(what, old, {name: after.takes.get(name) for name in names}))

    def undo(self) -> str:
        """Undo the last step; return what it was. CheckError if that is not possible."""
        with self._lock:
            return self._move(self._done, self._undone, "undone")

    def redo(self) -> str:
        """Redo the last undone step; return what it was. CheckError if that is not possible."""
        with self._lock:
            return self._move(self._undone, self._done, "done again")

    def _move(self, source: list[Step], target: list[Step], how: str) -> str:
        """Apply the last step of `source`, or its opposite, and move it to `target`."""
        if not source:
            raise CheckError(f"there is nothing that can be {how}")
        step = source.pop()
        back = step.reversed() if how == "undone" else step
        try:
            back.apply(self._manifest)
        except CheckError as error:
            raise CheckError(
                f"{step.what} is not {how}: {error}, and that would be lost; nothing was changed"
            ) from error
        target.append(step)
        return step.what
