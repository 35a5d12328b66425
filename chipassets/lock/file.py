"""The lock's file: its path, and how it is read, changed by several programs, and merged."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chipassets.bundle.files import replace_file, resolved, sweep_partial, unwritten
from chipassets.bundle.folder_lock import held
from chipassets.errors import BundleError, CheckError
from chipassets.lock.conflict import conflict_error, has_conflict
from chipassets.lock.entries import Lock
from chipassets.lock.lock_text import ADVICE, lock_from_text, lock_to_text
from chipassets.plainfile import read_plain

_MAX_BYTES = 1 << 30
_HEAD_BYTES = 4096
_MAIN_SUFFIX = ".yaml"


Watch = Callable[[Lock, Lock], None]
"""Called with the lock before and after a change."""


def lock_path(manifest: Path) -> Path:
    """Return the path of a manifest's lock: `game.yaml` has `game.lock`.

    If two manifests share the name before the suffix, `game.lock` belongs to the one that it names,
    else to `game.yaml`. The other, `game.yml`, has `game.yml.lock`.
    """
    short, full = manifest.with_suffix(".lock"), manifest.with_name(f"{manifest.name}.lock")
    if full.exists():
        return full
    owner = _owner(short)
    main = manifest.with_suffix(_MAIN_SUFFIX)
    if not owner:  # there is no lock, or one of an old version that names no manifest
        return short if _is_named(manifest, main.name) or not main.exists() else full
    is_free = _is_named(manifest, owner) or not manifest.with_name(owner).exists()
    return short if is_free else full


def _is_named(manifest: Path, name: str) -> bool:
    """Return whether a manifest has a name in its folder, also where capitals make no difference.

    There `Game.yaml` may be typed for `game.yaml`.
    """
    if manifest.name == name:
        return True
    if manifest.name.casefold() != name.casefold():
        return False
    try:
        return manifest.samefile(manifest.with_name(name))
    except OSError:
        return False


def lock_files(manifest: Path) -> list[Path]:
    """Return every file that determines a manifest's lock and its content, existing or not.

    None for a path without a name (`.` or `/`), which is no manifest.
    """
    if not manifest.name:
        return []
    short, full = manifest.with_suffix(".lock"), manifest.with_name(f"{manifest.name}.lock")
    owner = _owner(short)
    others = [manifest.with_name(owner)] if owner else []
    return [short, full, manifest.with_suffix(_MAIN_SUFFIX), *others]


def _owner(lock: Path) -> str:
    """Return the name of the manifest that a lock file names; "" if there is none."""
    try:
        head = read_plain(lock, _HEAD_BYTES).decode(errors="replace")
    except (OSError, ValueError):
        return ""
    _, found, rest = head.partition('"manifest":')
    try:
        name = json.JSONDecoder().raw_decode(rest.lstrip())[0] if found else ""
    except ValueError:
        return ""
    return name if isinstance(name, str) and "/" not in name and "\\" not in name else ""


def read_lock(manifest: Path) -> Lock:
    """Return the lock of a manifest; an empty one if there is no file.

    CheckError as in `lock_from_text`, for conflict markers, naming the tracks, and if there is no
    file, but the lock of a manifest that is gone: then the manifest was probably renamed.
    """
    path = lock_path(manifest)
    if not path.exists():
        _refuse_renamed(manifest, path)
    if not path.exists() and path != manifest.with_suffix(".lock"):
        # Older versions kept one lock for both manifests: its content starts both locks.
        shared = manifest.with_suffix(".lock")
        return replace(read_lock_file(shared), manifest="") if not _owner(shared) else Lock()
    return read_lock_file(path)


def _refuse_renamed(manifest: Path, wanted: Path) -> None:
    """Raise CheckError if the folder has a lock whose manifest is missing."""
    for lock in sorted(manifest.parent.glob("*.lock")):
        owner = _owner(lock)
        users = [lock.with_suffix(suffix) for suffix in (_MAIN_SUFFIX, ".yml")]
        if owner and not any(user.exists() for user in (lock.with_name(owner), *users)):
            raise CheckError(
                f"{lock} holds the music and the decisions of {owner}, which is gone; if "
                f"{manifest.name} is that file under a new name, rename the lock to {wanted.name} "
                f"too; if not, move {lock.name} away"
            )


def read_lock_file(path: Path) -> Lock:
    """Return the lock in a file; empty if there is none. CheckError as in `read_lock`."""
    text = read_text(path)
    if text is None:
        return Lock()
    if has_conflict(text):
        raise conflict_error(text, path)
    return lock_from_text(text, path)


def read_text(path: Path) -> str | None:
    """Return the text of a lock file, None if there is none; CheckError if it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CheckError(f"{path} is larger than 1 GiB, so it is not a lock; {ADVICE}")
        return read_plain(path).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckError(f"{path} is not a readable lock ({error}); {ADVICE}") from error


def change_lock(manifest: Path, change: Callable[[Lock], Lock], watch: Watch | None = None) -> Lock:
    """Write the result of `change` on the present lock, and return it.

    No other process changes the lock in between. `watch` is called with the lock before and after,
    once it is written. BundleError if it cannot be written.
    """
    path = lock_path(manifest)
    target = resolved(path)
    try:
        with held(target.parent) as alone:
            before = read_lock(manifest)
            name = before.manifest if _is_named(manifest, before.manifest) else manifest.name
            after = replace(change(before), manifest=name)
            if after != before or not target.exists():
                sweep_partial(target, alone=alone)
                replace_file(target, lock_to_text(after).encode())
            if watch is not None:
                watch(before, after)
    except OSError as error:
        raise BundleError(unwritten(path, error)) from error
    return after


def try_lock(manifest: Path) -> None:
    """Check that the lock can be written, before a build composes; BundleError if not."""
    path = lock_path(manifest)
    target = resolved(path)
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            return
    except OSError as error:
        if not os.access(target, os.W_OK):
            reason = error.strerror or error
            raise BundleError(f"the lock {path} cannot be written: {reason}") from error
