"""The one module that writes a bundle: beside first, then in place of the old one."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chipassets.bundle.index import INDEX_NAME, FileEntry, Index, index_from_bytes, index_to_bytes
from chipassets.bundle.swap import recover, replace_folder
from chipassets.errors import BundleError, CheckError

_MAX_INDEX_BYTES = 16 << 20


def file_entry(path: str, data: bytes) -> FileEntry:
    """Return the index entry of a file with that content."""
    return FileEntry(path=path, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def read_index(folder: Path) -> Index:
    """Return the index of the bundle in a folder; CheckError if it is missing or invalid."""
    path = folder / INDEX_NAME
    try:
        if path.stat().st_size > _MAX_INDEX_BYTES:
            raise CheckError(f"{path} is larger than 16 MiB; build the bundle again")
        return index_from_bytes(path.read_bytes())
    except OSError as error:
        reason = error.strerror or error
        raise CheckError(f"{folder} holds no readable bundle ({path.name}: {reason})") from error


def find_faults(folder: Path, entries: list[FileEntry]) -> list[str]:
    """Return one line for each entry whose file is missing, a link out, or of other content."""
    return [fault for entry in entries if (fault := _fault(folder, entry))]


def _fault(folder: Path, entry: FileEntry) -> str | None:
    path = folder / entry.path
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return f"{entry.path}: leads out of the bundle"
        size = path.stat().st_size
        if size != entry.bytes:
            return f"{entry.path}: {size} bytes instead of {entry.bytes}"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{entry.path}: {error.strerror or error}"
    return None if found == entry.sha256 else f"{entry.path}: content changed since the build"


def write_bundle(folder: Path, index: Index, files: Mapping[str, bytes]) -> None:
    """Make the folder hold the index and every file that it lists, in one step.

    `files` maps path to content; what it does not name is taken over from the bundle that is
    there now. Files that no index lists (an engine's import settings, say) stay.

    Raises:
        BundleError: the folder is not a bundle, or something can't be written. The old bundle
            is whole then.
    """
    try:
        recover(folder)
        _refuse_foreign(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with _staging(folder) as staging:
            _fill(staging, folder, index, files)
            replace_folder(staging, folder)
    except OSError as error:
        raise BundleError(
            f"cannot write {error.filename or folder}: {error.strerror or error}; "
            "the old bundle, if there was one, is untouched"
        ) from error


def write_file(path: Path, data: bytes) -> None:
    """Make the file hold the data in one step; BundleError leaves the old file as it was."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BundleError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that no build has made."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BundleError(f"{folder} is a file; choose another folder with -o")
    if any(folder.iterdir()) and not (folder / INDEX_NAME).is_file():
        raise BundleError(
            f"{folder} is not empty and holds no {INDEX_NAME}, so it is not a bundle; "
            "choose another folder with -o"
        )


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    prefix = f".{folder.name}.staging-{os.getpid()}-"
    staging = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    staging.chmod(0o777 & ~_umask())
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed builds of this bundle left behind."""
    for leftover in folder.parent.glob(f".{folder.name}.staging-*"):
        owner = leftover.name.rsplit("-", 2)[1]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def _is_running(process: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end the process there; a leftover does no harm
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _fill(staging: Path, old: Path, index: Index, files: Mapping[str, bytes]) -> None:
    listed = {entry.path for entry in index.files()} | {INDEX_NAME}
    for path in _foreign_files(old) - listed:
        _take_over(old / path, staging / path)
    for entry in index.files():
        if entry.path in files:
            _write_through(staging / entry.path, files[entry.path])
        else:
            _take_over(old / entry.path, staging / entry.path)
    _write_through(staging / INDEX_NAME, index_to_bytes(index))


def _foreign_files(folder: Path) -> set[str]:
    """The files below the folder that its index does not list."""
    try:
        known = {entry.path for entry in read_index(folder).files()} | {INDEX_NAME}
    except CheckError:
        # A damaged index tells nothing about what is the user's: keep everything.
        known = {INDEX_NAME}
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {path.relative_to(folder).as_posix() for path in found} - known


def _take_over(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target, follow_symlinks=False)


def _write_through(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
