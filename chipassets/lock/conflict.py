"""Conflict markers: reads a lock that a merge left with them, and resolves it by track."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from chipassets.errors import CheckError
from chipassets.lock.entries import Lock
from chipassets.lock.lock_text import lock_from_text, lock_to_text

_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


def has_conflict(text: str) -> bool:
    """Return whether the text has a merge's conflict markers."""
    starts = {line[:7] for line in text.splitlines()}
    return _OURS in starts and _THEIRS in starts


def conflict_sides(text: str) -> tuple[str, str]:
    """Return the two versions of the text that the markers separate."""
    sides: tuple[list[str], list[str]] = ([], [])
    wanted: tuple[int, ...] = (0, 1)
    for line in text.splitlines(keepends=True):
        if line.startswith(_OURS):
            wanted = (0,)
        elif line.startswith(_BASE):
            wanted = ()
        elif line.startswith(_MIDDLE) and wanted != (0, 1):
            wanted = (1,)
        elif line.startswith(_THEIRS):
            wanted = (0, 1)
        else:
            for side in wanted:
                sides[side].append(line)
    return "".join(sides[0]), "".join(sides[1])


def conflicting_tracks(text: str, path: Path) -> tuple[Lock, Lock, list[str]]:
    """Return both sides of a lock with markers, and the tracks in which they differ.

    CheckError if a side is not a valid lock.
    """
    ours, theirs = (lock_from_text(side, path) for side in conflict_sides(text))
    names = sorted(ours.takes.keys() | theirs.takes.keys())
    return ours, theirs, [n for n in names if ours.takes.get(n) != theirs.takes.get(n)]


def conflict_error(text: str, path: Path) -> CheckError:
    """Return the error that says where a lock is in conflict, in which tracks, and what to do."""
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith(_OURS))
    try:
        names = conflicting_tracks(text, path)[2]
    except CheckError:
        names = []
    tracks = f", in {', '.join(names)}" if names else ""
    example = f" {names[0]}" if names else ""
    return CheckError(
        f"{path}:{line}: a merge left conflict markers here{tracks}; keep a side of each track: "
        f"chipassets lock resolve {path} --ours{example} (or --theirs; no track means all)"
    )


def conflicted_text(merged: Lock, theirs: Lock, names: Collection[str]) -> str:
    """Return the merged lock as text, with markers around these tracks, ours first."""
    mine, other = (
        lock_to_text(merged),
        lock_to_text(
            Lock(
                {**merged.takes, **{n: theirs.takes[n] for n in names}},
                merged.manifest,
                merged.home,
            )
        ),
    )
    out: list[str] = []
    mine_parts, other_parts = _by_track(mine), _by_track(other)
    for name, part in mine_parts:
        if name in names:
            rest = dict(other_parts)[name]
            out += [f"{_OURS} ours\n", *part, f"{_MIDDLE}\n", *rest, f"{_THEIRS} theirs\n"]
        else:
            out += part
    return "".join(out)


def _by_track(text: str) -> list[tuple[str, list[str]]]:
    """Return the lines of a lock, in order, by the track to which they belong."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines(keepends=True):
        if line.startswith('  "') and line.endswith(": {\n"):
            parts.append((json.loads(line.strip().removesuffix(": {")), []))
        if line.startswith(" }"):
            parts.append(("", []))
        parts[-1][1].append(line)
    return parts
