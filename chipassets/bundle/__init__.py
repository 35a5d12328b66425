"""The bundle: its index, and reading, checking and replacing it on disk."""

from __future__ import annotations

from chipassets.bundle.index import (
    FORMAT,
    DroppedEntry,
    FileEntry,
    Index,
    KeysEntry,
    LayerEntry,
    LoopEntry,
    ModelEntry,
    MoodEvidence,
    SceneEvidence,
    SeamEntry,
    SectionEntry,
    StatementEntry,
    TakeEntry,
    TrackEntry,
    index_schema,
)
from chipassets.bundle.packed import open_folder
from chipassets.bundle.store import file_entry, find_faults, read_index, write_bundle, write_file

__all__ = [
    "FORMAT",
    "DroppedEntry",
    "FileEntry",
    "Index",
    "KeysEntry",
    "LayerEntry",
    "LoopEntry",
    "ModelEntry",
    "MoodEvidence",
    "SceneEvidence",
    "SeamEntry",
    "SectionEntry",
    "StatementEntry",
    "TakeEntry",
    "TrackEntry",
    "file_entry",
    "find_faults",
    "index_schema",
    "open_folder",
    "read_index",
    "write_bundle",
    "write_file",
]
