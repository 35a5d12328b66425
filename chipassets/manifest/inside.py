"""Files that a manifest names: they must lie in its folder or below it."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from chipassets.manifest.refusal import Refusal, refuse
from chipassets.midi.reader import MIDI_SUFFIXES
from chipassets.nearest import did_you_mean


def file_inside(folder: Path, name: Any) -> Path:
    """Return the path of an existing file in the folder or below it; Refusal otherwise.

    Symbolic links are followed first: one that leads out of the folder is refused like `..`.
    """
    example = "write a path like themes/hero.mid"
    if not isinstance(name, str) or not name.strip():
        raise refuse("a file is named by its path", example)
    if "\\" in name:
        raise refuse("paths have forward slashes on every system",
                     f"write {name.replace(chr(92), '/')}")  # fmt: skip
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
        raise refuse("a path starts at the manifest's folder, so that the game can move", example)
    try:
        return _existing(folder, name)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, Refusal):
            raise
        raise refuse("the path leads to no file that can be read", example) from None


def _existing(folder: Path, name: str) -> Path:
    """Return the resolved path of a file in the folder; Refusal if it is not one."""
    path = as_spelled(folder, name).resolve()
    if ".." in PurePosixPath(name).parts or not path.is_relative_to(folder.resolve()):
        raise refuse("the file lies outside the manifest's folder",
                     "copy it into the manifest's folder and name it there")  # fmt: skip
    if path.is_dir():
        raise refuse("it is a folder", "name a file in it")
    if path.exists() and not path.is_file():
        raise refuse("it is a pipe or a device", "name a file")
    if not path.is_file():
        raise refuse("there is no such file in the manifest's folder", _nearest(path))
    return path


def as_spelled(folder: Path, name: str) -> Path:
    """Return the path below the folder in the spelling of the file system.

    Accented letters may be composed (NFC), as people type them, or decomposed (NFD), as macOS may
    store them: if there is no file of the given spelling, one that is equal after NFC is taken.
    """
    path = folder
    for part in PurePosixPath(name).parts:
        if not part.isascii() and not (path / part).exists() and path.is_dir():
            wanted = unicodedata.normalize("NFC", part)
            names = (other.name for other in path.iterdir())
            part = next(
                (other for other in names if unicodedata.normalize("NFC", other) == wanted), part
            )
        path /= part
    return path


def _nearest(path: Path) -> str:
    """Return the advice for a missing file: a similar name beside it, if there is one."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent.name} either; put it there"
    wanted = MIDI_SUFFIXES | {path.suffix.lower()}
    others = sorted(
        other.name for other in path.parent.iterdir() if other.suffix.lower() in wanted
    )[:20]
    return did_you_mean(path.name, others, "files there") if others else "put it there"
