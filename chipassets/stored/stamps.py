"""Stamps of a manifest's files: detects whether one of them was saved."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from chipassets.lock import lock_path
from chipassets.manifest.named import named_files

Stamp = tuple[int, int, int, int]
Stamps = dict[Path, Stamp]
"""By file its size, mtime and ctime in nanoseconds, and inode: a copy may keep its mtime. Missing
files are left out."""


def read_stamps(manifest: Path) -> Stamps:
    """Return the stamps of the manifest, its lock and the files that it names."""
    own = _stamps((manifest, lock_path(manifest)))
    return own | _stamps(_named(manifest, own.get(manifest)))


@lru_cache(maxsize=1)
def _named(manifest: Path, _stamp: Stamp | None) -> tuple[Path, ...]:
    """Return the files that the manifest names; it is read again only if its own stamp changed."""
    return named_files(manifest)


def _stamps(paths: Iterable[Path]) -> Stamps:
    """Return size, times and inode of each path that exists."""
    stamps: Stamps = {}
    for path in paths:
        try:
            found = path.stat()
        except (OSError, ValueError):
            continue
        stamps[path] = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return stamps
