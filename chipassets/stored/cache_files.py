"""The cache on disk: its folder, and entries that are found whole or not at all.

A command that only looks whether it was answered before imports this and little else.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

from chipassets.errors import BundleError

FOLDER_VARIABLE = "CHIPASSETS_CACHE"
"""The environment variable that names another folder."""

LAYOUT = "1"
PARTIAL = ".partial"


def cache_folder() -> Path:
    """Return the user's cache folder: CHIPASSETS_CACHE if set, else the system's convention."""
    own = os.environ.get(FOLDER_VARIABLE)
    if own:
        return Path(own).absolute()
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home fails where there is none
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "chipassets/Cache"
    if sys.platform == "darwin":
        return home / "Library/Caches/chipassets"
    # A relative path is to be ignored, as the XDG Base Directory Specification says.
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (base if base.is_absolute() else home / ".cache") / "chipassets"


def entry_path(root: Path, kind: str, key: str) -> Path:
    """Return the path of the entry of a kind with that key, a hash in hex."""
    return root / LAYOUT / kind / key[:2] / key[2:]


def find_entry(root: Path, kind: str, key: str) -> bytes | None:
    """Return what an entry holds, and note its use; None if it is missing or damaged."""
    path = entry_path(root, kind, key)
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, _, rest = data.partition(b"\n")
    return rest if digest == hashlib.sha256(rest).hexdigest().encode() else None


def keep_entry(root: Path, kind: str, key: str, data: bytes) -> None:
    """Store an entry, so that `find_entry` finds it; BundleError if it cannot be written."""
    digest = hashlib.sha256(data).hexdigest().encode()
    write_entry(root, entry_path(root, kind, key), digest + b"\n" + data)


def write_entry(root: Path, path: Path, data: bytes) -> None:
    """Write a file of the cache: concurrent readers and writers see all of it or none.

    BundleError if it cannot be written.
    """
    # Imported here, because looking for an entry needs none of it.
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(PARTIAL, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritten_cache(root, error) from error


def unwritten_cache(root: Path, error: OSError) -> BundleError:
    """Return the error of a cache that cannot be written, with its place and what helps."""
    return BundleError(
        f"cannot write into the cache {root}: {error.strerror or error}; "
        f"{_ADVICE.get(error.errno or 0, 'change its permissions')}, move it with "
        f"{FOLDER_VARIABLE}, or build with --no-cache"
    )


_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "mount it writable",
}
