"""Unpacks a bundle from a zip file; the file is not trusted."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo, is_zipfile

from .index import INDEX_NAME
from .tracks import LibraryError

MOST_FILES = 4096
MOST_BYTES = 512 << 20
"""The most bytes of all files together, unpacked: hours of music."""
MOST_RATIO = 200
"""The largest compression ratio of a file; an index has about 10, a zip bomb 1000."""
_SMALL_BYTES = 1 << 20
"""A file up to this size may have any ratio: silence compresses well."""
_CHUNK_BYTES = 1 << 20
_LONGEST_PATH, _LONGEST_NAME = 1024, 255


def unpack(path: Path) -> Path:
    """Return a new folder with the bundle of a zip; it is removed when the program ends.

    The index may be at the top of the zip or in its only folder. Raises LibraryError, and leaves
    nothing behind, for a file that is not a zip, has paths outside the folder or exceeds the
    limits.
    """
    if path.suffix.lower() != ".zip" and not is_zipfile(path):
        raise LibraryError(f"{path} is not a bundle; {_instead(path)}")
    try:
        folder = Path(tempfile.mkdtemp(prefix="chipassets-"))
    except OSError as error:
        raise LibraryError(
            f"{path} cannot be unpacked: there is no folder for temporary files ({error})"
        ) from error
    try:
        with ZipFile(path) as archive:
            entries = _check(path, archive.infolist())
            _extract(path, archive, entries, folder)
        found = _find_bundle(folder)
    # zipfile raises many kinds of errors, and any exception, Ctrl-C too, must leave nothing behind.
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, LibraryError) or not isinstance(error, Exception):
            raise
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise LibraryError(f"{path} cannot be unpacked ({why}); pack the bundle again") from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _unpacked[found] = folder
    return found


def _instead(path: Path) -> str:
    """Return what to name in the place of a file that is neither a bundle nor a zip."""
    if path.name == INDEX_NAME:
        return f"name its folder, {path.parent}"
    if path.suffix.lower() in (".yaml", ".yml"):
        return f"`chipassets build {path}` makes one of this manifest, by default in build/GAME"
    return f"name a folder with {INDEX_NAME}, or a zip of one"


_unpacked: dict[Path, Path] = {}
"""The temporary folder of each unpacked bundle."""


def discard(found: Path) -> None:
    """Remove the folder if `unpack` made it: it turned out to hold no valid bundle."""
    folder = _unpacked.pop(found, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _check(path: Path, found: list[ZipInfo]) -> list[ZipInfo]:
    """Return the entries that are files, after checking their headers."""
    if len(found) > MOST_FILES:
        raise LibraryError(f"{path} holds {len(found)} files; a bundle has at most {MOST_FILES}")
    for entry in found:
        if not _is_name(entry.filename):
            raise LibraryError(f"{path} holds an entry whose name is not a valid file name: "
                               f"{entry.filename[:60]!r}")  # fmt: skip
    entries = [entry for entry in found if not entry.is_dir()]
    for entry in entries:
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            # Other methods are rare, and LZMA allocates as much memory as its header says.
            raise LibraryError(
                f"{path}: {entry.filename!r} is packed by method {entry.compress_type}, and a "
                "bundle's files by deflate or not at all; pack the bundle again"
            )
        if _climbs(entry.filename):
            raise LibraryError(f"{path}: {entry.filename!r} points outside the bundle")
        if entry.file_size > max(_SMALL_BYTES, entry.compress_size * MOST_RATIO):
            raise LibraryError(
                f"{path}: {entry.filename!r} unpacks to {entry.file_size} bytes from "
                f"{entry.compress_size}; music does not compress so well, so it is refused"
            )
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries):
        raise LibraryError(f"{path} holds two files of one name; pack the bundle again")
    return entries


def _is_name(name: str) -> bool:
    """Return whether every system allows a file of this name."""
    if not 0 < len(name) <= _LONGEST_PATH or not name.isprintable():
        return False  # surrogates and control characters are not printable
    return all(len(part.encode()) <= _LONGEST_NAME for part in name.split("/"))


def _climbs(name: str) -> bool:
    """Return whether a name in an archive could lead out of its folder."""
    place = PurePosixPath(name)
    return place.is_absolute() or ".." in place.parts or "\\" in name or ":" in name


def _extract(path: Path, archive: ZipFile, entries: list[ZipInfo], folder: Path) -> None:
    """Write the files and count their bytes: the sizes in a zip's directory may be wrong."""
    left = MOST_BYTES
    for entry in entries:
        target = folder / entry.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written as plain bytes: an entry that claims to be a link becomes a plain file.
        with archive.open(entry) as packed, target.open("xb") as file:
            while chunk := packed.read(min(_CHUNK_BYTES, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise LibraryError(
                        f"{path} unpacks to more than {MOST_BYTES >> 20} MiB; it is not a bundle"
                    )
                file.write(chunk)


def _find_bundle(folder: Path) -> Path:
    """Return the folder of the bundle: the unpacked one, or the only one inside."""
    inside = list(folder.iterdir())
    is_wrapped = len(inside) == 1 and (inside[0] / INDEX_NAME).is_file()
    return inside[0] if is_wrapped else folder
