"""The files that determine a plan and its notes."""

from __future__ import annotations

from pathlib import Path

from chipassets.lock import lock_files
from chipassets.manifest.named import named_files


def sources_of(manifest: Path, model: str | None) -> list[Path]:
    """Return every file that determines a manifest's plan and lock, existing or not.

    model: the model of the command line, in place of the manifest's.
    """
    paths = [manifest, *lock_files(manifest), *named_files(manifest)]
    if model is not None and Path(model).name:  # `.` and `/` have no name, and are no models
        paths += [Path(model), Path(model).with_suffix(".ngrams")]
    return paths
