"""Replaces a folder in one step, or the files in it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from chipassets.bundle.files import take_mode
from chipassets.bundle.index import INDEX_NAME, claimed_by_index
from chipassets.plainfile import read_plain

SWAP_NAME = ".chipassets-swap"
"""The folder within a bundle that holds complete files while they are moved to their places."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


def recover(target: Path) -> None:
    """Finish an interrupted replacement: restore the old folder, or move the new files."""
    aside = _aside(target)
    if aside.is_dir() and not target.exists():
        aside.rename(target)
    if (target / SWAP_NAME).is_dir():
        _move_into_place(target)


def replace_folder(new: Path, target: Path, ours: Collection[str]) -> None:
    """Make `target` the folder `new`, and remove `ours`, paths in it, from its old content.

    On Linux and macOS the two folders are exchanged in one system call, so that `target` is
    complete at every moment. Elsewhere there are two renames, and `recover` repairs an interruption
    between them. Other files that the old folder holds by then are moved to the new one.

    Raises:
        OSError: the system does not allow the replacement; the folder is unchanged.
    """
    if not target.exists():
        new.rename(target)
        return
    old = new if _exchange(new, target) else _aside(target)
    if old != new:
        target.rename(old)
        try:
            new.rename(target)
        except OSError:
            old.rename(target)
            raise
    for path in ours:
        with contextlib.suppress(OSError):
            (old / path).unlink()
        remove_empty(old, path)
    _move_rest(old, target)


def replace_contents(new: Path, target: Path) -> None:
    """Move the files of `new`, a folder in `target`, to their places in it, the index last.

    Files that only the old index lists are removed. An interruption leaves a mixture, which
    `recover` completes to the new bundle.
    """
    new.rename(target / SWAP_NAME)
    _move_into_place(target)


def _move_into_place(target: Path) -> None:
    """Move the files of an interrupted replacement to their places, the index last."""
    swap = target / SWAP_NAME
    if (swap / INDEX_NAME).is_file():
        new, old = (_listed(folder / INDEX_NAME) for folder in (swap, target))
        for path in sorted(new):
            if (swap / path).is_file():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (swap / path).replace(target / path)
        for path in old - new:
            (target / path).unlink(missing_ok=True)
            remove_empty(target, path)
        (swap / INDEX_NAME).replace(target / INDEX_NAME)
    shutil.rmtree(swap)


def _listed(index: Path) -> frozenset[str]:
    """Return the paths that an index file lists; none if there is no valid index."""
    try:
        claim = claimed_by_index(read_plain(index))
    except FileNotFoundError:
        claim = None
    return claim[1] if claim else frozenset()


def remove_empty(folder: Path, path: str) -> None:
    """Remove the empty folders between `folder` and a file that was removed."""
    for parent in list((folder / path).relative_to(folder).parents)[:-1]:
        with contextlib.suppress(OSError):
            (folder / parent).rmdir()


def _move_rest(old: Path, target: Path) -> None:
    """Move what is missing in the new folder, or newer, from the old one; remove the old one."""
    for path in sorted(old.rglob("*"), key=lambda path: len(path.parts)):
        goal = target / path.relative_to(old)
        if path.is_dir() and not path.is_symlink():
            if not goal.exists():
                goal.mkdir()
                take_mode(path, goal, 0o777)
        elif not (os.path.lexists(goal) and os.path.samestat(path.lstat(), goal.lstat())):
            path.replace(goal)
    shutil.rmtree(old, ignore_errors=True)


def _aside(target: Path) -> Path:
    """Return the place of a folder's old content while it is replaced."""
    return target.with_name(f".{target.name}.replaced")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically; return False if the system cannot."""
    first, second = os.fsencode(one), os.fsencode(other)
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            done = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
            return bool(done == 0)
        if sys.platform == "darwin":
            return bool(libc.renamex_np(first, second, _RENAME_SWAP) == 0)
    return False
