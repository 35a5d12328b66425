"""The bundle: its index, and reading, checking and replacing it on disk."""

from __future__ import annotations

from chipassets.bundle.files import resolved, try_file, write_file
from chipassets.bundle.index import (
    ATTRIBUTES_PATH,
    FORMAT,
    CartridgeEntry,
    DroppedEntry,
    FileEntry,
    Index,
    KeysEntry,
    LayerEntry,
    LinkEntry,
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
from chipassets.bundle.names import default_folder
from chipassets.bundle.packed import open_folder
from chipassets.bundle.place import (
    find_strangers,
    index_files,
    open_place,
    prepare_place,
    try_place,
)
from chipassets.bundle.store import (
    fault_finder,
    file_entry,
    find_faults,
    read_consistent,
    read_index,
    read_whole,
    write_bundle,
)

__all__ = [
    "ATTRIBUTES_PATH",
    "FORMAT",
    "CartridgeEntry",
    "DroppedEntry",
    "FileEntry",
    "Index",
    "KeysEntry",
    "LayerEntry",
    "LinkEntry",
    "LoopEntry",
    "ModelEntry",
    "MoodEvidence",
    "SceneEvidence",
    "SeamEntry",
    "SectionEntry",
    "StatementEntry",
    "TakeEntry",
    "TrackEntry",
    "default_folder",
    "fault_finder",
    "file_entry",
    "find_faults",
    "find_strangers",
    "index_files",
    "index_schema",
    "open_folder",
    "open_place",
    "prepare_place",
    "read_consistent",
    "read_index",
    "read_whole",
    "resolved",
    "try_file",
    "try_place",
    "write_bundle",
    "write_file",
]
