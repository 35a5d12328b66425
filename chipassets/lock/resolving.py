"""Merges lock files, and resolves conflicts by taking one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chipassets.bundle import write_file
from chipassets.errors import BundleError, CheckError, UsageError
from chipassets.lock.conflict import conflicted_text, conflicting_tracks, has_conflict
from chipassets.lock.entries import Lock
from chipassets.lock.file import lock_path, read_text
from chipassets.lock.lock_text import lock_from_text, lock_to_text
from chipassets.lock.merging import merge_locks
from chipassets.nearest import did_you_mean


def find_conflicted(words: Sequence[str]) -> tuple[Path, list[str]]:
    """Return the lock and the tracks that words name; the first may be a lock or a manifest.

    UsageError if no lock, or several, in the working directory have conflict markers.
    """
    if words and Path(words[0]).suffix:
        path = Path(words[0])
        return path if path.suffix == ".lock" else lock_path(path), list(words[1:])
    found = [path for path in sorted(Path().glob("*.lock")) if _is_conflicted(path)]
    if len(found) != 1:
        what = "several locks have" if found else "no lock has"
        raise UsageError(f"{what} conflict markers in this folder; name the lock: game.lock")
    return found[0], list(words)


def _is_conflicted(path: Path) -> bool:
    """Return whether a file has the marks of a merge conflict; false if it cannot be read."""
    try:
        return has_conflict(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def resolve_lock(path: Path, names: Sequence[str], *, ours: bool) -> tuple[list[str], list[str]]:
    """Take one side of the tracks, or of all that are in conflict; return those taken and left.

    Raises:
        CheckError: the lock has no conflict markers, or a side of it is not a valid lock.
        UsageError: a track is not in conflict.
    """
    text = read_text(path)
    if text is None or not has_conflict(text):
        raise CheckError(f"{path} has no conflict markers: there is nothing to resolve")
    mine, other, conflicts = conflicting_tracks(text, path)
    for name in names:
        if name not in conflicts:
            raise UsageError(
                f"track {name!r} is not in conflict; "
                f"{did_you_mean(name, conflicts, 'tracks in conflict')}"
            )
    taken = list(names) or conflicts
    left = [name for name in conflicts if name not in taken]
    both = [name for name in left if name in mine.takes and name in other.takes]
    merged = mine
    for name in conflicts:
        side = (mine if ours else other) if name in taken else mine
        # A take that only one side has is kept, chosen or not, until a person decides.
        take = side.takes.get(name) or (other.takes.get(name) if name in left else None)
        merged = merged.without({name}) if take is None else merged.with_take(name, take)
    whole = conflicted_text(merged, other, both) if both else lock_to_text(merged)
    write_file(path, whole.encode())
    return taken, both


def merge_files(base: Path, ours: Path, theirs: Path) -> list[str]:
    """Write the merge of three lock files into `ours`; return the tracks in conflict.

    BundleError if one is missing.
    """
    sides = [_read(path) for path in (base, ours, theirs)]
    merged, conflicts = merge_locks(*sides)
    merged = replace(merged, manifest=sides[1].manifest or sides[2].manifest)
    text = conflicted_text(merged, sides[2], conflicts) if conflicts else lock_to_text(merged)
    write_file(ours, text.encode())
    return conflicts


def _read(path: Path) -> Lock:
    """Return a lock; an empty one for the empty file that git passes if there was none."""
    text = read_text(path)
    if text is None:
        raise BundleError(f"there is no file {path}; a side without a lock is an empty file")
    return lock_from_text(text, path) if text.strip() else Lock()
