"""The output folder of a build, checked before composing starts."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from chipassets.bundle.files import resolved
from chipassets.bundle.index import ATTRIBUTES_PATH, INDEX_NAME, claimed_by_index
from chipassets.bundle.swap import SWAP_NAME, recover
from chipassets.errors import BundleError
from chipassets.plainfile import read_plain

MAX_INDEX_BYTES = 256 << 20

_NOTHING = frozenset(
    (".gitkeep", ".gitignore", ATTRIBUTES_PATH, ".keep", ".DS_Store", "Thumbs.db", "desktop.ini")
)
"""Files that may be in a folder that counts as empty."""


_CONFLICT = b"\n<<<<<<< "


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a bundle, links resolved, and the paths that its index lists."""

    folder: Path
    listed: frozenset[str]


def open_place(folder: Path, game: str) -> Place:
    """Return the place of a game's bundle; writes nothing.

    BundleError unless the folder is new, empty, or has an index of this game.
    """
    target = resolved(folder)
    try:
        if not target.exists():
            return Place(target, frozenset())
        if not target.is_dir():
            raise BundleError(f"{folder} is a file; choose another folder with -o")
        claim = _claim(target)
        if claim is None and any(entry.name not in _NOTHING for entry in target.iterdir()):
            raise BundleError(_foreign(folder, has_index=(target / INDEX_NAME).exists()))
    except OSError as error:
        reason = error.strerror or error
        raise BundleError(f"{folder} cannot be read: {reason}; choose another with -o") from (error)
    owner, listed = claim or (game, frozenset())
    if _normalized(owner) != _normalized(game):
        raise BundleError(
            f"{folder} holds the bundle of another game, {owner!r} (this one is {game!r}), which "
            "is never replaced: choose another folder with -o, or remove that one first"
        )
    return Place(target, listed)


def index_files(folder: Path) -> tuple[Path, ...]:
    """Return the files, existing or not, that determine which files of a folder are the bundle's.

    They are the index, the .gitattributes, and the traces of an interrupted replacement.
    """
    return folder / INDEX_NAME, folder / ATTRIBUTES_PATH, folder / SWAP_NAME


def find_strangers(folder: Path, listed: Collection[str]) -> list[str]:
    """Return the files of a bundle's folder that are not its own, in order.

    listed: the paths in its index. Nothing that an operating system leaves in every folder counts.
    """
    own = {*listed, INDEX_NAME, ATTRIBUTES_PATH}
    found = (
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.name not in _NOTHING and (path.is_symlink() or not path.is_dir())
    )
    return sorted(path for path in found if path not in own)


def prepare_place(folder: Path, game: str) -> Place:
    """Return the place of a game's bundle, after finishing an interrupted replacement.

    BundleError as in `open_place`, and if the replacement cannot be finished.
    """
    target = resolved(folder)
    try:
        if target.parent.is_dir():
            recover(target)
    except OSError as error:
        raise BundleError(_no_writing(folder, error)) from error
    return open_place(folder, game)


def try_place(place: Place) -> None:
    """Create and remove a folder where the bundle will be staged; BundleError if that fails.

    So a build does not learn only after hours of composing that it cannot write.
    """
    folder = place.folder
    where = folder if folder.exists() and not swaps_whole(folder) else folder.parent
    while not where.exists():
        where = where.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".chipassets-trial-", dir=where):
            pass
    except OSError as error:
        raise BundleError(_no_writing(folder, error)) from error


def _no_writing(folder: Path, error: OSError) -> str:
    """Return the message of a folder into which nothing can be written."""
    return (
        f"nothing can be written into {folder}: {error.strerror or error}; choose another folder "
        "with -o, or change its permissions"
    )


def swaps_whole(folder: Path) -> bool:
    """Return whether a bundle's folder, resolved, can be replaced as a whole.

    It cannot if it is a mount point, or the working directory of this process or its shell.
    """
    if not folder.exists():
        return True
    if os.path.ismount(folder) or folder.stat().st_dev != folder.parent.stat().st_dev:
        return False
    try:
        inside = Path(os.path.realpath(Path.cwd())).is_relative_to(folder)
    except FileNotFoundError:
        inside = False
    return not inside and os.access(folder.parent, os.W_OK | os.X_OK)


def _claim(target: Path) -> tuple[str, frozenset[str]] | None:
    """Return what the index in a folder claims; None without a readable one."""
    index = target / INDEX_NAME
    if not index.is_file() or index.stat().st_size > MAX_INDEX_BYTES:
        return None
    return claimed_by_index(index.read_bytes())


def _foreign(folder: Path, *, has_index: bool) -> str:
    """Return the message of a folder that is not empty and no bundle."""
    if has_index and _CONFLICT in read_plain(folder / INDEX_NAME):
        return (
            f"a merge left conflict markers in {folder / INDEX_NAME}; all of a bundle is made from "
            "the manifest and its lock: remove the folder and build again"
        )
    what = f"its {INDEX_NAME} is not one that" if has_index else f"it has no {INDEX_NAME} that"
    return (
        f"{folder} is not empty, and {what} chipassets can read, so it is not a bundle and stays "
        "as it is; choose another folder with -o, or, if it is a damaged bundle, remove it"
    )


def _normalized(game: str) -> str:
    return unicodedata.normalize("NFC", game)
