"""Put a finished folder in the place of another in one step."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


def recover(target: Path) -> None:
    """Bring back the old folder if a replacement was stopped between its two renames."""
    aside = _aside(target)
    if aside.is_dir() and not target.exists():
        aside.rename(target)


def replace_folder(new: Path, target: Path) -> None:
    """Make `target` the folder `new`; what was there before is removed afterwards.

    On Linux and macOS the two folders are exchanged in one system call, so that `target` is whole
    at every moment. Elsewhere there are two renames, and `recover` mends a stop between them.
    """
    if not target.exists():
        new.rename(target)
        return
    if _exchange(new, target):
        shutil.rmtree(new, ignore_errors=True)
        return
    aside = _aside(target)
    shutil.rmtree(aside, ignore_errors=True)
    target.rename(aside)
    new.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.replaced")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically and return True; False where the system can't."""
    first, second = os.fsencode(one), os.fsencode(other)
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            done = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
            return bool(done == 0)
        if sys.platform == "darwin":
            return bool(libc.renamex_np(first, second, _RENAME_SWAP) == 0)
    return False
