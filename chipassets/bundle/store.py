"""Writes a bundle, the only module that does so: beside the old one, then in its place."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from chipassets.bundle.files import is_forgotten, resolved, take_mode, unwritten
from chipassets.bundle.folder_lock import held
from chipassets.bundle.index import INDEX_NAME, FileEntry, Index, index_from_bytes, index_to_bytes
from chipassets.bundle.place import MAX_INDEX_BYTES, Place, prepare_place, swaps_whole
from chipassets.bundle.swap import SWAP_NAME, replace_contents, replace_folder
from chipassets.errors import BundleError, CheckError
from chipassets.plainfile import read_plain

_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a pointer of Git LFS begins (its specification, "The Pointer")."""

_PATIENCE_SECONDS = 10.0
"""How long a reader waits for a replacement in progress."""
_POLL_SECONDS = 0.05
_CHUNK_BYTES = 1 << 20

Result = TypeVar("Result")
_MOST_NAMED = 3
"""The most bundles that a refused folder's message names."""


def file_entry(path: str, data: bytes) -> FileEntry:
    """Return the index entry of a file with that content."""
    return FileEntry(path=path, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def read_index(folder: Path) -> Index:
    """Return the index of the bundle in a folder; CheckError if it is missing or invalid."""
    path = folder / INDEX_NAME
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise CheckError(
                f"{path} is larger than {MAX_INDEX_BYTES >> 20} MiB; build the bundle again"
            )
        return index_from_bytes(read_plain(path))
    except OSError as error:
        if not folder.exists():
            raise CheckError(f"there is no folder {folder}; build the bundle first") from error
        reason = error.strerror or error
        raise CheckError(
            f"{folder} holds no readable bundle ({path.name}: {reason}){_bundles_below(folder)}"
        ) from error


def _bundles_below(folder: Path) -> str:
    """Return a question that names the bundles in `folder` and its folder build; "" for none."""
    found = [
        path.parent for name in ("*", "build/*") for path in folder.glob(f"{name}/{INDEX_NAME}")
    ]
    named = " or ".join(str(one) for one in sorted(found)[:_MOST_NAMED])
    return f"; did you mean {named}?" if named else ""


def read_consistent(folder: Path, read: Callable[[Index], Result]) -> Result:
    """Return the result of `read` on the bundle's index and files, all of the same build.

    If a build replaces the bundle meanwhile, waits for it and reads again. CheckError as in
    `read_index`, and what `read` raises.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        before = _stamp(folder)
        try:
            found = read(read_index(folder))
            if before is not None and _stamp(folder) == before:
                return found
        except (CheckError, FileNotFoundError):
            if before is not None and _stamp(folder) == before:
                raise
        if time.monotonic() > deadline:
            raise CheckError(
                f"{folder} keeps changing: a build was stopped while it replaced files, or builds "
                "run one after another; build again"
            )
        time.sleep(_POLL_SECONDS)


def _stamp(folder: Path) -> tuple[int, ...] | None:
    """Return a value that changes whenever a bundle is replaced; None during a replacement."""
    target = resolved(folder)  # "." has no name
    aside = target.with_name(f".{target.name}.replaced") if target.name else target
    try:
        if (target / SWAP_NAME).exists() or (aside.exists() and not target.exists()):
            return None
        found = (target / INDEX_NAME).stat()
    except (OSError, ValueError):
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def read_whole(folder: Path) -> tuple[Index, list[str]]:
    """Return the index of a bundle and its faults, of the same build.

    Errors as in `read_consistent`.
    """
    return read_consistent(folder, lambda index: (index, find_faults(folder, index.files())))


def find_faults(folder: Path, entries: Iterable[FileEntry]) -> list[str]:
    """Return one line for each entry whose file is missing, outside the bundle, or changed."""
    return fault_finder(folder)(entries)


def fault_finder(folder: Path) -> Callable[[Iterable[FileEntry]], list[str]]:
    """Return `find_faults` of a folder, for several calls: each folder's links are followed once.

    A bundle has a thousand files in a few folders.
    """
    is_inside: dict[Path, bool] = {}

    def leads_inside(path: Path) -> bool:
        if path not in is_inside:
            is_inside[path] = path.resolve().is_relative_to(folder.resolve())
        return is_inside[path]

    def find(entries: Iterable[FileEntry]) -> list[str]:
        return [fault for entry in entries if (fault := _fault(folder, entry, leads_inside))]

    return find


def _fault(folder: Path, entry: FileEntry, leads_inside: Callable[[Path], bool]) -> str | None:
    """Return what is wrong with an entry's file, None if nothing is."""
    path = folder / entry.path
    try:
        if not leads_inside(path if path.is_symlink() else path.parent):
            return f"{entry.path}: is outside the bundle"
        size = path.stat().st_size
        if size != entry.bytes:
            if _is_pointer(path):
                return f"{entry.path}: is a pointer of Git LFS, not the file; run: git lfs pull"
            return f"{entry.path}: {size} bytes instead of {entry.bytes}"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, RuntimeError, ValueError) as error:
        return f"{entry.path}: {getattr(error, 'strerror', None) or error}"
    return None if found == entry.sha256 else f"{entry.path}: content changed since the build"


def _is_pointer(path: Path) -> bool:
    """Return whether the file is what Git LFS keeps in a file's place, by its first line."""
    return read_plain(path, len(_POINTER)) == _POINTER


def write_bundle(folder: Path, index: Index, files: Mapping[str, bytes | Path]) -> None:
    """Replace the folder's bundle by the index and all files that it lists, in one step.

    `files` maps paths to contents, or to files with the contents; other files of the index are
    taken from the present bundle. Only files that the old index lists are removed: other files,
    modes and empty folders stay.

    Raises:
        BundleError: the folder is not this game's bundle, a file differs from the index, or
            something cannot be written. The old bundle is then unchanged.
    """
    try:
        target = resolved(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with held(target.parent) as alone:
            place = prepare_place(folder, index.game)
            _refuse_strangers(place, index)
            _sweep(place.folder, alone=alone)
            if not (swaps_whole(place.folder) and _replace_whole(place, index, files)):
                _replace_contents(place, index, files)
    except OSError as error:
        why = unwritten(Path(error.filename or folder), error)
        raise BundleError(f"{why}; the old bundle, if there was one, is unchanged") from error


def _refuse_strangers(place: Place, index: Index) -> None:
    """Raise BundleError if a new file would replace one that no build wrote."""
    folders = {parent for entry in index.files() for parent in Path(entry.path).parents}
    for folder in sorted(folders - {Path()}):
        if (place.folder / folder).is_symlink():
            raise BundleError(
                f"{place.folder / folder} is a link, and the bundle has a folder of this name: "
                "remove the link, or choose another folder with -o"
            )
    for entry in index.files():
        path = place.folder / entry.path
        if entry.path not in place.listed and os.path.lexists(path):
            raise BundleError(
                f"{path} is not a file of the present bundle, and the new one has a file of this "
                "name: move it away, or choose another folder with -o"
            )
        if path.is_dir() and not path.is_symlink():
            raise BundleError(
                f"{path} is a folder, and the bundle has a file of this name; move it away"
            )


def _replace_whole(place: Place, index: Index, files: Mapping[str, bytes | Path]) -> bool:
    """Replace the folder by a new one; return False if the system does not allow it."""
    folder = place.folder
    with _staging(folder.parent, folder) as staging:
        if folder.exists():
            try:
                _take_over_rest(place, staging)
                _link_kept(place, staging, index, files)
            except OSError:  # the file system has no hard links, or a folder cannot be read
                return False
        take_mode(folder, staging, 0o777)
        _write_new(place, staging, index, files)
        try:
            replace_folder(staging, folder, (*place.listed, INDEX_NAME))
        except OSError:
            return False
    return True


def _replace_contents(place: Place, index: Index, files: Mapping[str, bytes | Path]) -> None:
    """Write the files in a staging folder, then put them in place of the old ones."""
    place.folder.mkdir(exist_ok=True)
    with _staging(place.folder, place.folder) as staging:
        _write_new(place, staging, index, files)
        replace_contents(staging, place.folder)


@contextmanager
def _staging(parent: Path, folder: Path) -> Iterator[Path]:
    """Make a folder beside the bundle for what is being written, and remove it at the end."""
    staging = Path(tempfile.mkdtemp(prefix=_staging_prefix(folder), dir=parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _staging_prefix(folder: Path) -> str:
    return f".{folder.name[:40]}.staging-"


def _sweep(folder: Path, *, alone: bool) -> None:
    """Remove what killed builds of this bundle left.

    `alone`: whether its parent is locked by us.
    """
    for parent in (folder.parent, folder):
        prefix = _staging_prefix(folder)
        leftovers = (
            [path for path in parent.iterdir() if path.name.startswith(prefix)]
            if (parent.is_dir())
            else []
        )
        for leftover in leftovers:
            if leftover.is_dir() and is_forgotten(leftover, alone=alone):
                shutil.rmtree(leftover, ignore_errors=True)


def _take_over_rest(place: Place, staging: Path) -> None:
    """Link all files that no index lists, and give folders their present modes."""
    known = {*place.listed, INDEX_NAME}
    for parent, folders, names in os.walk(place.folder, onerror=_raise):
        here = Path(parent).relative_to(place.folder)
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*names, *links):
            path = (here / name).as_posix()
            if path not in known:
                _make_parent(place, staging, path)
                os.link(place.folder / path, staging / path, follow_symlinks=False)
        for name in folders:
            old, new = place.folder / here / name, staging / here / name
            if name not in links and not _is_ours(place, here / name):
                new.mkdir(parents=True, exist_ok=True)
                take_mode(old, new, 0o777)


def _raise(error: OSError) -> None:
    """Raise the error, for `os.walk`, which would ignore it."""
    raise error


def _is_ours(place: Place, folder: Path) -> bool:
    """Return whether a folder exists only for files of the index, and may be removed with them."""
    start = f"{folder.as_posix()}/"
    return any(path.startswith(start) for path in place.listed)


def _link_kept(
    place: Place, staging: Path, index: Index, files: Mapping[str, bytes | Path]
) -> None:
    """Link the bundle's unchanged files into the staging folder."""
    for entry in index.files():
        if entry.path not in files:
            _make_parent(place, staging, entry.path)
            os.link(place.folder / entry.path, staging / entry.path, follow_symlinks=False)


def _write_new(
    place: Place, staging: Path, index: Index, files: Mapping[str, bytes | Path]
) -> None:
    """Write the index and all files that it lists into the staging folder.

    Files that `files` lacks stay where they are, or were linked there. BundleError if one is
    missing, or differs from its entry.
    """
    for entry in index.files():
        source = files.get(entry.path)
        if source is None:
            if place.folder in staging.parents or (staging / entry.path).exists():
                continue  # the file stays where it is, or was linked
            raise BundleError(f"{place.folder} has no {entry.path}; build again")
        _make_parent(place, staging, entry.path)
        sha256 = _write_through(staging / entry.path, source)
        if sha256 != entry.sha256:
            raise BundleError(f"{entry.path}: its new content is damaged; build again")
        take_mode(place.folder / entry.path, staging / entry.path, 0o666)
    index_path = staging / INDEX_NAME
    _write_through(index_path, index_to_bytes(index))
    take_mode(place.folder / INDEX_NAME, index_path, 0o666)


def _make_parent(place: Place, staging: Path, path: str) -> None:
    """Create the folders of a file, each with its mode in the old bundle."""
    for parent in reversed(Path(path).parents[:-1]):
        if not (staging / parent).exists():
            (staging / parent).mkdir()
            take_mode(place.folder / parent, staging / parent, 0o777)


def _write_through(path: Path, source: bytes | Path) -> str:
    """Write a file to the disk, and return the SHA-256 of the written bytes."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in _chunks(source):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _chunks(source: bytes | Path) -> Iterator[bytes]:
    """Yield the content of a file, or bytes, in pieces that fit into memory."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
