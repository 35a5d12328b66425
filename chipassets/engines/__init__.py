"""Files for game engines: one table of exporters, one module for each engine.

An exporter turns a finished bundle into items: paths and bytes. `place` writes them to a folder and
leaves files of others alone.
"""

from __future__ import annotations

from chipassets.engines.kit import Exporter, Item, Music
from chipassets.engines.placing import Placed, place, recorded_files
from chipassets.engines.table import EXPORTERS
from chipassets.engines.targets import (
    Exported,
    check_targets,
    export,
    export_m4a,
    export_targets,
    found_files,
    record_paths,
    stale_targets,
)

__all__ = [
    "EXPORTERS",
    "Exported",
    "Exporter",
    "Item",
    "Music",
    "Placed",
    "check_targets",
    "export",
    "export_m4a",
    "export_targets",
    "found_files",
    "place",
    "record_paths",
    "recorded_files",
    "stale_targets",
]
