"""Locks on folders: only one process of chipassets at a time replaces entries of a folder."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Lock an existing folder against other processes and threads, waiting until it is free.

    The system releases the lock when the process ends, however it ends. Yields False if no lock is
    available; then nothing is locked. Must not be nested for the same folder.
    """
    try:
        handle = _open(folder)
    except PermissionError:  # the folder may be writable but not readable
        yield False
        return
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


@contextmanager
def try_hold(folder: Path) -> Iterator[bool]:
    """Lock a folder unless it is locked or missing; yields whether it is locked now."""
    try:
        handle = _open(folder)
    except OSError:
        yield False
        return
    try:
        yield _try_lock(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":

    def _open(folder: Path) -> int:
        # Windows locks only files. The file is outside the folder, so that nothing is left in it.
        name = hashlib.sha256(str(folder.resolve()).casefold().encode()).hexdigest()[:32]
        place = Path(tempfile.gettempdir()) / f"chipassets-{name}.guard"
        return os.open(place, os.O_RDWR | os.O_CREAT)

    def _lock(handle: int) -> bool:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            except OSError:  # locking gives up after ten seconds
                continue
            return True

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _open(folder: Path) -> int:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            return False
        return True

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
