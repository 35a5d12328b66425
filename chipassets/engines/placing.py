"""Writes an engine's files to a folder that others write to as well.

The hashes of written files are recorded beside them: a file that is not in the record, or that a
person has changed since, is never touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chipassets.bundle import write_file
from chipassets.bundle.files import resolved
from chipassets.engines.kit import Item
from chipassets.errors import BundleError
from chipassets.plainfile import read_plain

RECORD = ".chipassets-{engine}.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """What was done, or would be: files written, removed, and left because they are not ours.

    kept: files that are no longer wanted, but were changed by a person since they were written.
    """

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_change(self) -> bool:
        """Whether anything was, or would be, written or removed."""
        return bool(self.written or self.removed)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the record: the hashes that count as ours, and the one that was wanted."""

    hashes: tuple[str, ...]
    wanted: str


def record_name(engine: str) -> str:
    """Return the name of the file, in an engine's folder, that records what was placed there."""
    return RECORD.format(engine=engine)


def place(
    engine: str,
    folder: Path,
    items: Iterable[Item],
    *,
    given: Collection[str] = (),
    dry: bool = False,
) -> Placed:
    """Make the folder hold the items, and return what that took.

    Each file is replaced in one step, files of the record that are not wanted any more are removed,
    and the record is written before and behind, so that a stop at any moment leaves whole files
    that are still known as ours. With `dry` nothing is written.

    given: paths that belong to the game once they are written, as an example's: they are never
    removed.

    Raises:
        BundleError: a file cannot be read or written, or an item leads out of the folder.
    """
    wanted = {item.path: item for item in items}
    record_path = folder / record_name(engine)
    record = _read_record(record_path)
    placed = Placed()
    after: dict[str, _Entry] = {}
    for path, item in wanted.items():
        if _leads_outside(folder, path):
            raise BundleError(f"{folder / path} leads out of {folder}; remove the link there")
        digest = hashlib.sha256(item.data).hexdigest()
        found, known = _hash_of(folder / path), record.get(path)
        placed.found[path] = found
        if found == digest or (found and item.is_engines and known and known.wanted == digest):
            after[path] = _Entry((digest,), digest)
        elif found and not (known and (found in known.hashes or item.is_engines)):
            placed.left.append(path)
        else:
            placed.written.append(path)
            after[path] = _Entry((digest,), digest)
    for path, known in record.items():
        if path in wanted or path in given:
            continue
        found = placed.found[path] = _hash_of(folder / path)
        is_ours = found in known.hashes or (found and _goes_with_its_file(path, record, wanted))
        if is_ours and not _leads_outside(folder, path):
            placed.removed.append(path)
        elif found:
            placed.kept.append(path)
    if not dry:
        _carry_out(folder, record_path, wanted, placed, record, after)
    return placed


def recorded_files(top: Path) -> dict[str, bool]:
    """Return the files in and under a folder that records of engines list, and these records.

    The keys are paths from `top`; the value is False for a file that is not as it was written.
    BundleError for a file that cannot be read.
    """
    found = {}
    for record in sorted(top.rglob(record_name("*"))):
        listed = _read_record(record)
        if listed:
            found[record.relative_to(top).as_posix()] = True
        for name, entry in listed.items():
            path = record.parent / name
            if digest := _hash_of(path):
                found[path.relative_to(top).as_posix()] = digest in entry.hashes
    return found


def _carry_out(
    folder: Path,
    record_path: Path,
    wanted: dict[str, Item],
    placed: Placed,
    record: dict[str, _Entry],
    after: dict[str, _Entry],
) -> None:
    """Write and remove files; while that lasts the record lists old and new hashes.

    record: the entries before. after: those at the end.
    """
    if placed.is_change:
        both = {
            path: _Entry(entry.hashes + (record[path].hashes if path in record else ()), "")
            for path, entry in after.items()
        }
        _write_record(record_path, record | both)
    for number, path in enumerate(placed.written):
        try:
            write_file(folder / path, wanted[path].data)
        except BundleError as error:
            done = f"{number} of {len(placed.written)} files are written, all of them whole"
            raise BundleError(f"{error}; {done}; the next export writes the rest") from error
    try:
        for path in placed.removed:
            (folder / path).unlink(missing_ok=True)
            _remove_empty((folder / path).parent, folder)
    except OSError as error:
        raise BundleError(f"cannot remove {error.filename}: {error.strerror or error}") from error
    if placed.is_change or after != record:
        _write_record(record_path, after)


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, up to `top`, as far as they are empty."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _goes_with_its_file(path: str, record: Container[str], wanted: Container[str]) -> bool:
    """Return whether a file holds an engine's settings for a file of ours that is removed too.

    The engine writes its own values there, so its hash says nothing; without the other file it is
    useless.
    """
    file = path.removesuffix(".import")
    return file != path and file in record and file not in wanted


def _leads_outside(folder: Path, path: str) -> bool:
    """Return whether a link takes a file out of the folder; BundleError for links in a circle."""
    return not resolved(folder / path).is_relative_to(resolved(folder))


def _hash_of(path: Path) -> str:
    """Return the hash of a file, "" if there is none, "?" for a folder or a special file."""
    try:
        if not path.is_file():
            return "?" if path.exists() or path.is_symlink() else ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror or error}") from error


def _read_record(path: Path) -> dict[str, _Entry]:
    """Return the record, empty if it is missing or damaged: then no file counts as ours."""
    try:
        found = json.loads(read_plain(path))
        if found["format"] != _FORMAT:
            return {}
        return {
            str(name): _Entry(tuple(str(one) for one in entry["sha256"]), str(entry["wanted"]))
            for name, entry in found["files"].items()
            if not Path(name).is_absolute() and ".." not in Path(name).parts
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _write_record(path: Path, entries: dict[str, _Entry]) -> None:
    listed = {
        name: {"sha256": list(entry.hashes), "wanted": entry.wanted}
        for name, entry in sorted(entries.items())
    }
    data = json.dumps({"format": _FORMAT, "files": listed}, indent=2, ensure_ascii=False) + "\n"
    write_file(path, data.encode())
