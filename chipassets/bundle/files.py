"""Writes single files atomically; the target of a link is replaced, not the link."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chipassets.bundle.folder_lock import held
from chipassets.errors import BundleError

_PARTIAL = ".chipassets-tmp"
_FORGOTTEN_SECONDS = 24 * 3600
"""The age from which a temporary file counts as left over, where locks are not available."""

_NO_RENAME = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)
"""The errors of a system that lets a file be written but not replaced: a mounted file, or a folder
without write permission."""


def resolved(path: Path) -> Path:
    """Return the absolute path with all links followed; it need not exist.

    BundleError if the links form a circle, or the working directory was deleted.
    """
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
        return Path(os.path.realpath(path))
    except FileNotFoundError as error:
        raise BundleError(
            f"{path} starts from a working directory that was deleted; change into a folder that "
            "exists, or write an absolute path"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"{path} cannot be resolved: {reason}; correct the path") from error


def write_file(path: Path, data: bytes) -> None:
    """Write the data to the file in one step; after a BundleError the old file is unchanged.

    A link stays a link, to a file with the new content; the file keeps its mode and owner. A device
    or a pipe is written to. Missing folders are created, and removed again if the file cannot be
    written.
    """
    try:
        if _is_special(path):
            path.write_bytes(data)
            return
        target = resolved(path)
        with _folders_above(target), held(target.parent) as alone:
            sweep_partial(target, alone=alone)
            replace_file(target, data)
    except OSError as error:
        raise BundleError(unwritten(path, error)) from error


@contextlib.contextmanager
def _folders_above(target: Path) -> Iterator[None]:
    """Create the missing folders above a file; after an error remove those that are empty."""
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for folder in missing:
                folder.rmdir()
        raise


def unwritten(path: Path, error: OSError) -> str:
    """Return the message for a file that could not be written, with what helps."""
    advice = _ADVICE.get(error.errno or 0)
    return f"cannot write {path}: {error.strerror or error}" + (f"; {advice}" if advice else "")


_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or have the quota raised",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "write to another place, or mount it writable",
    errno.EACCES: "change the permissions of the file and its folder",
    errno.EPERM: "change the permissions of the file and its folder",
}


def try_file(path: Path) -> None:
    """Find out whether `write_file` can write the file; BundleError if it cannot.

    So a command does not learn only after its work that its result has no place. Writes nothing
    that stays.
    """
    if _is_special(path):
        return
    target = resolved(path)
    if target.is_dir():
        raise BundleError(f"{path} is a folder; write the name of a file")
    if target.is_file() and os.access(target, os.W_OK):
        return
    where = target.parent
    try:
        while not where.exists():
            where = where.parent
        handle, name = tempfile.mkstemp(_PARTIAL, _prefix(target), where)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        raise BundleError(
            f"{path} cannot be written: {error.strerror or error}; write another path, or change "
            f"the permissions of {where}"
        ) from error


def replace_file(target: Path, data: bytes) -> None:
    """Write like `write_file`, for a resolved path in a folder that is already locked."""
    try:
        handle, name = tempfile.mkstemp(_PARTIAL, _prefix(target), target.parent)
    except OSError as error:
        if error.errno not in _NO_RENAME or not target.is_file():
            raise
        _write_into(target, data)
        return
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        take_mode(target, partial, 0o666)
        try:
            partial.replace(target)
        except OSError as error:
            if error.errno not in _NO_RENAME or not target.is_file():
                raise
            _write_into(target, data)
    finally:
        partial.unlink(missing_ok=True)


def sweep_partial(target: Path, *, alone: bool) -> None:
    """Remove temporary files of killed processes; `alone`: whether the folder is locked by us."""
    for leftover in target.parent.glob(f"{_quoted(_prefix(target))}*{_PARTIAL}"):
        if is_forgotten(leftover, alone=alone):
            leftover.unlink(missing_ok=True)


def is_forgotten(leftover: Path, *, alone: bool) -> bool:
    """Return whether no running process can still use a temporary file or folder.

    One from the future was made before the clock was set back: then its age is not known, and a day
    in the future says as much as a day in the past.
    """
    try:
        return alone or abs(time.time() - leftover.lstat().st_mtime) > _FORGOTTEN_SECONDS
    except OSError:
        return False


def take_mode(old: Path, new: Path, otherwise: int) -> None:
    """Give a new file or folder the mode and owner of the old one, or else the mode `otherwise`."""
    try:
        found = old.stat()
    except OSError:
        new.chmod(otherwise & ~_umask())
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(new, found.st_uid, found.st_gid)
    new.chmod(stat.S_IMODE(found.st_mode))


def _umask() -> int:
    """Return the process's file mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _write_into(target: Path, data: bytes) -> None:
    """Write the data over a file's content; after an error the file has its old content.

    What goes beyond the old end is written first: where there is no room for it, on a full disk or
    under a limit of file sizes, nothing was overwritten yet.
    """
    with target.open("r+b", buffering=0) as file:
        old = file.readall()
        try:
            _write_at(file, len(old), data[len(old) :])
            _write_at(file, 0, data[: len(old)])
            file.truncate(len(data))
            os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                file.truncate(len(old))
                _write_at(file, 0, old)
            raise


def _write_at(file: io.FileIO, at: int, data: bytes) -> None:
    """Write all the data from an offset of an unbuffered file on, through to the disk."""
    file.seek(at)
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())


def _is_special(path: Path) -> bool:
    """Return whether the path is a device, a pipe or the like."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _prefix(target: Path) -> str:
    """Return the prefix of temporary names, shortened: a full name may be as long as is allowed."""
    return f".{target.name[:40]}."


def _quoted(name: str) -> str:
    """Return the name as a glob pattern that matches only this name."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
