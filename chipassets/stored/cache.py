"""The cache: composed notes and rendered files, stored as each track is finished.

Entries are found by the hash of everything that decides them, so that builds of other games, and
builds at the same time, share one cache. What does not hash to what it should is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from chipassets.bundle import FileEntry, TrackEntry
from chipassets.bundle.folder_lock import try_hold
from chipassets.errors import BundleError, CheckError
from chipassets.lock import LockedTake, take_from_text, take_to_text
from chipassets.stored.cache_files import (
    LAYOUT,
    PARTIAL,
    cache_folder,
    entry_path,
    find_entry,
    keep_entry,
    unwritten_cache,
    write_entry,
)

_MAX_BYTES = 2 << 30
_MAX_AGE_SECONDS = 30 * 24 * 3600
_PRUNE_SECONDS = 3600
_FORGOTTEN_SECONDS = 24 * 3600
_WORK_PREFIX = ".chipassets-work-"
_WHY = "why"
"""The file of a spare folder that says why it was needed."""


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of entries: `notes` and `tracks` by key, `files` by the hash of their content.

    spare: a folder of this build alone, which takes what the cache does not: a cache is a
    convenience, and a full one stops no build. failure: why the user's cache is not used at all.
    """

    root: Path
    spare: Path | None = None
    failure: str = ""

    @property
    def trouble(self) -> str:
        """Why entries of this build are not kept in the user's cache; empty where they are."""
        if self.spare is None or self.failure:
            return self.failure
        try:
            return (self.spare / _WHY).read_text(encoding="utf-8")
        except OSError:
            return ""

    def find_notes(self, key: str) -> LockedTake | None:
        """Return the take stored under a key; None if it is missing or damaged.

        Its state is that of composing: later decisions about the take are not in it.
        """
        data = self._find("notes", key)
        try:
            return None if data is None else take_from_text(data.decode())
        except (CheckError, ValueError):
            return None

    def keep_notes(self, key: str, take: LockedTake) -> None:
        """Store a composed take; a cache that cannot be written is ignored."""
        with contextlib.suppress(BundleError):
            self._keep(lambda root: keep_entry(root, "notes", key, take_to_text(take).encode()))

    def find_track(self, key: str) -> TrackEntry | None:
        """Return a rendered track's stored index entry; None if it or a file is damaged."""
        data = self._find("tracks", key)
        try:
            entry = None if data is None else TrackEntry.model_validate_json(data)
        except ValidationError:
            return None
        is_whole = entry is not None and all(self._holds(file) for file in entry.all_files())
        return entry if is_whole else None

    def keep_track(self, key: str, entry: TrackEntry, files: dict[str, bytes]) -> None:
        """Store a rendered track; BundleError if its files cannot be written anywhere."""
        for listed in entry.all_files():
            if not self._holds(listed):
                content = files[listed.path]
                self._keep(partial(_keep_file, sha256=listed.sha256, content=content))
        self._keep(lambda root: keep_entry(root, "tracks", key, entry.model_dump_json().encode()))

    def path_of(self, file: FileEntry) -> Path:
        """Return the path of a bundle file's content: in the cache, or where this build has it."""
        own = self.spare and entry_path(self.spare, "files", file.sha256)
        return own if own and own.exists() else entry_path(self.root, "files", file.sha256)

    def _find(self, kind: str, key: str) -> bytes | None:
        """Return what an entry of the cache, or of this build, holds; None if neither has it."""
        found = find_entry(self.root, kind, key)
        return find_entry(self.spare, kind, key) if found is None and self.spare else found

    def _keep(self, write: Callable[[Path], None]) -> None:
        """Write below the cache or, where that fails, below the spare folder.

        BundleError if neither can be written.
        """
        try:
            write(self.root)
        except BundleError as error:
            if self.spare is None:
                raise
            try:
                (self.spare / _WHY).write_text(_unkept(str(error)), encoding="utf-8")
                write(self.spare)
            except (BundleError, OSError) as second:
                raise BundleError(
                    f"{error}; there is no place beside the bundle either"
                ) from second

    def prune(self) -> None:
        """Remove entries unused for 30 days, then the oldest, until at most 2 GiB are left.

        Runs at most once an hour and leaves files that are being written. Times in the future are
        those of a clock that was set back: what is dated further ahead than the same limits counts
        as old too, or it would stay for years.
        """
        stamp = self.root / "pruned"
        now = time.time()
        with contextlib.suppress(OSError):
            if abs(now - stamp.stat().st_mtime) < _PRUNE_SECONDS:
                return
        with contextlib.suppress(OSError):
            stamp.touch()
        found = sorted(_entries(self.root / LAYOUT), key=lambda entry: abs(now - entry[0]))
        total = 0
        for used, size, path in found:
            total += size
            away = abs(now - used)
            is_old = away > _MAX_AGE_SECONDS or total > _MAX_BYTES
            is_left = path.suffix == PARTIAL and away > _FORGOTTEN_SECONDS
            if is_left or (is_old and path.suffix != PARTIAL):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _holds(self, file: FileEntry) -> bool:
        """Return whether a bundle file is in the cache undamaged, and note its use."""
        path = self.path_of(file)
        try:
            with path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
            os.utime(path)
        except OSError:
            return False
        return found == file.sha256


def _keep_file(root: Path, *, sha256: str, content: bytes) -> None:
    """Store the content of a bundle's file below a folder; BundleError if that fails."""
    write_entry(root, entry_path(root, "files", sha256), content)


def _entries(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield (time of last use, size in bytes, path) of every file below a folder."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            with contextlib.suppress(OSError):
                found = path.stat()
                yield found.st_mtime, found.st_size, path


@contextmanager
def open_cache(near: Path, *, is_wanted: bool) -> Iterator[Cache]:
    """Open the user's cache, or a temporary one if `is_wanted` is false or it cannot be written.

    near: the folder beside which a temporary cache is created, so that both are on one disk.
    """
    failure = ""
    if is_wanted:
        root = cache_folder()
        try:
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root):
                pass
        except OSError as error:
            failure = _unkept(str(unwritten_cache(root, error)))
        else:
            with _temporary(near) as spare:
                cache = Cache(root, spare)
                yield cache
            cache.prune()
            return
    with _temporary(near) as root:
        yield Cache(root, failure=failure)


def _unkept(problem: str) -> str:
    """Return the warning of a build whose finished tracks the next build cannot take up."""
    return f"what this build made is not kept for the next one: {problem}"


@contextmanager
def _temporary(near: Path) -> Iterator[Path]:
    """Create a temporary folder for this process, and remove those that killed processes left."""
    where: Path | None = near
    try:
        near.mkdir(parents=True, exist_ok=True)
        root = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=near))
    except OSError:
        where = None
        root = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX))
    with try_hold(root):
        if where is not None:
            _sweep(where)
        try:
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what interrupted builds left, unless another build uses it."""
    for leftover in folder.glob(f"{_WORK_PREFIX}*"):
        with try_hold(leftover) as is_free:
            if is_free:
                shutil.rmtree(leftover, ignore_errors=True)
