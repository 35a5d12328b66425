"""The lock's file: where it lies, and how it is read, changed by several programs, and merged."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chipassets.bundle.files import replace_file, resolved, sweep_partial
from chipassets.bundle.guard import held
from chipassets.errors import BundleError, CheckError
from chipassets.lock.conflict import conflict_error, has_conflict
from chipassets.lock.entries import Lock
from chipassets.lock.lock_text import ADVICE, lock_from_text, lock_to_text

_MAX_BYTES = 1 << 30
_HEAD_BYTES = 4096
_MAIN_SUFFIX = ".yaml"


Watch = Callable[[Lock, Lock], None]
"""Who is told of a change: the lock as it was just before, and as it is since."""


def lock_path(manifest: Path) -> Path:
    """Return where the lock of a manifest lies: `game.yaml` has `game.lock`.

    Of two manifests that share the name before the suffix only one has that lock: the one that it
    names, else `game.yaml`. The other, `game.yml`, has `game.yml.lock`.
    """
    short, full = manifest.with_suffix(".lock"), manifest.with_name(f"{manifest.name}.lock")
    if full.exists():
        return full
    owner = _owner(short)
    main = manifest.with_suffix(_MAIN_SUFFIX)
    if not owner:  # there is none, or one of a version that named no manifest
        return short if manifest == main or not main.exists() else full
    is_free = owner == manifest.name or not manifest.with_name(owner).exists()
    return short if is_free else full


def lock_files(manifest: Path) -> list[Path]:
    """Return every file that decides which lock a manifest has and what it holds, there or not."""
    short, full = manifest.with_suffix(".lock"), manifest.with_name(f"{manifest.name}.lock")
    owner = _owner(short)
    others = [manifest.with_name(owner)] if owner else []
    return [short, full, manifest.with_suffix(_MAIN_SUFFIX), *others]


def _owner(lock: Path) -> str:
    try:
        with lock.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode(errors="replace")
    except (OSError, ValueError):
        return ""
    _, found, rest = head.partition('"manifest":')
    try:
        name = json.JSONDecoder().raw_decode(rest.lstrip())[0] if found else ""
    except ValueError:
        return ""
    return name if isinstance(name, str) and "/" not in name and "\\" not in name else ""


def read_lock(manifest: Path) -> Lock:
    """Return the lock of a manifest; without a file an empty one.

    CheckError as for `lock_from_text`, and with conflict markers, by track.
    """
    path = lock_path(manifest)
    if not path.exists() and path != manifest.with_suffix(".lock"):
        # What both manifests shared until an older version forgot half of it is the start of both.
        shared = manifest.with_suffix(".lock")
        return replace(read_lock_file(shared), manifest="") if not _owner(shared) else Lock()
    return read_lock_file(path)


def read_lock_file(path: Path) -> Lock:
    """Return the lock in a file; empty without one. CheckError as for `read_lock`."""
    text = read_text(path)
    if text is None:
        return Lock()
    if has_conflict(text):
        raise conflict_error(text, path)
    return lock_from_text(text, path)


def read_text(path: Path) -> str | None:
    """Return the text of a lock file, None without one; CheckError when it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CheckError(f"{path} is larger than 1 GiB, so it is not a lock; {ADVICE}")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckError(f"{path} is not a readable lock ({error}); {ADVICE}") from error


def change_lock(manifest: Path, change: Callable[[Lock], Lock], watch: Watch | None = None) -> Lock:
    """Make the lock what `change` makes of the lock as it is now, and return it.

    No other process changes it in between. `watch` is told of the lock before and after, once it is
    written. BundleError when it cannot be written.
    """
    path = lock_path(manifest)
    target = resolved(path)
    try:
        with held(target.parent) as alone:
            before = read_lock(manifest)
            after = replace(change(before), manifest=manifest.name)
            if after != before or not target.exists():
                sweep_partial(target, alone=alone)
                replace_file(target, lock_to_text(after).encode())
            if watch is not None:
                watch(before, after)
    except OSError as error:
        raise BundleError(f"cannot write {path}: {error.strerror or error}") from error
    return after


def try_lock(manifest: Path) -> None:
    """Find out whether the lock can be written, before a build composes; BundleError if not."""
    path = lock_path(manifest)
    target = resolved(path)
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            return
    except OSError as error:
        if not os.access(target, os.W_OK):
            reason = error.strerror or error
            raise BundleError(f"the lock {path} cannot be written: {reason}") from error
