"""The lock: the composed notes of every track as text, beside the manifest and committed with it.

A build whose plan still asks for the same notes takes them from here instead of composing: on
another machine, where floating-point sums may differ in the last bit, the music stays the same.
Decisions about takes are here too, and stay until someone changes them.
"""

from __future__ import annotations

from chipassets.lock.entries import (
    ACCEPTED,
    Choices,
    Lock,
    LockedTake,
    Rejection,
    TakeRow,
    Version,
    notes_sha256,
)
from chipassets.lock.file import (
    Watch,
    change_lock,
    lock_files,
    lock_path,
    read_lock,
    read_text,
    try_lock,
)
from chipassets.lock.lock_text import line_of, take_from_text, take_to_text
from chipassets.lock.merging import merge_locks, merge_takes

__all__ = [
    "ACCEPTED",
    "Choices",
    "Lock",
    "LockedTake",
    "Rejection",
    "TakeRow",
    "Version",
    "Watch",
    "change_lock",
    "line_of",
    "lock_files",
    "lock_path",
    "merge_locks",
    "merge_takes",
    "notes_sha256",
    "read_lock",
    "read_text",
    "take_from_text",
    "take_to_text",
    "try_lock",
]
