"""Stored outputs of commands that had nothing to do, valid while nothing has changed.

Validity depends on content: the hash of every file that the command read, the targets of folders
and links, and, through the key, the installed package, the command line and everything else that
affects the output. Times and sizes of the user's files do not matter.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chipassets.errors import BundleError
from chipassets.stored.cache_files import cache_folder, find_entry, keep_entry

Said = list[tuple[str, str]]
"""Pieces of text in the order in which they were written, each with its stream's name."""

NO_FILE = ""
NO_PLAIN_FILE = "?"

_KIND = "answers"
_PACKAGE = Path(__file__).parents[1]
_LIBRARIES = ("site-packages", "dist-packages")
_VARIABLES = (
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "TERM",
)
_FAMILIES = ("CHIPASSETS_", "JUPYTER_", "LC_", "PYTHON", "TTY_", "XDG_")
"""The environment variables that affect the output."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The files that a stored output depends on.

    files: by path the SHA-256 of the content, NO_FILE or NO_PLAIN_FILE. places: the targets of the
    folders of these files, and of the files that are links.
    """

    files: dict[str, str]
    places: dict[str, str]

    @classmethod
    def of(cls, paths: Iterable[Path], known: Mapping[Path, str] | None = None) -> Basis:
        """Read these files now; the hashes of those in `known` were computed a moment ago."""
        files = {path.absolute(): _content(path) for path in paths}
        files |= {path.absolute(): sha256 for path, sha256 in (known or {}).items()}
        folders = dict.fromkeys(path.parent for path in files)
        links = (path for path in files if _is_link(path))
        return cls(
            {str(path): found for path, found in files.items()},
            {str(path): os.path.realpath(path) for path in (*folders, *links)},
        )

    def holds(self) -> bool:
        """Return whether every file and folder is unchanged."""
        if any(os.path.realpath(name) != where for name, where in self.places.items()):
            return False
        return all(
            _content(Path(name)) == found and (name in self.places or not _is_link(Path(name)))
            for name, found in self.files.items()
        )


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # a name that is too long
        return False


def _content(path: Path) -> str:
    """Return the hash of a file, NO_FILE, or NO_PLAIN_FILE for a folder or an unreadable file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return NO_PLAIN_FILE
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return NO_FILE
    except (OSError, ValueError):
        return NO_PLAIN_FILE


def answer_key(words: Sequence[str], streams: Sequence[object]) -> str | None:
    """Return the key of a command's output; None if the output must not be stored.

    words: the command line. streams: the properties of the streams that affect the output.
    """
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in _VARIABLES or name.startswith(_FAMILIES)
    }
    try:
        asked = [
            str(Path.cwd()),
            list(words),
            list(streams),
            sorted(variables.items()),
            _installed(),
        ]
    except OSError:
        return None
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _installed() -> list[object]:
    """Return the interpreter, the state of the package's files, and the installed libraries.

    Of the package's files size, times and inode: installing or editing changes them. Installing,
    upgrading or removing a library changes the times of its folder.
    """
    found: list[object] = [sys.version, sys.executable]
    folders = [str(_PACKAGE)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                else:
                    found.append((entry.path, *_stamp(entry.stat())))
    libraries = (path for path in map(Path, sys.path) if path.name in _LIBRARIES)
    return found + [(str(path), *_stamp(path.stat())) for path in libraries if path.is_dir()]


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def find_answer(key: str) -> Said | None:
    """Return the stored output of the command, if everything that it depends on is unchanged."""
    data = find_entry(cache_folder(), _KIND, key)
    if data is None:
        return None
    kept = json.loads(data)
    if not Basis(kept["files"], kept["places"]).holds():
        return None
    return [(stream, text) for stream, text in kept["said"]]


def keep_answer(key: str, basis: Basis, said: Said) -> None:
    """Store the output of a command; a cache that cannot be written is ignored."""
    kept = {"files": basis.files, "places": basis.places, "said": said}
    try:
        keep_entry(cache_folder(), _KIND, key, json.dumps(kept).encode())
    except BundleError:
        return


def has_own_encoder() -> bool:
    """Return whether the encoder is part of its package: a system library may change unnoticed."""
    return "soundfile" not in sys.modules or "_soundfile_data" in sys.modules
