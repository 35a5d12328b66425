"""A bundle that may be packed as a zip."""

from __future__ import annotations

from pathlib import Path

from chipassets.errors import CheckError


def open_folder(path: Path) -> Path:
    """Return the folder of a bundle; a zip is unpacked into one that goes when the program ends.

    CheckError for what is no zip, climbs out of its folder or unpacks beyond measure.
    """
    if not path.is_file():
        return path
    # A build has no need of the runtime, and should not wait for it.
    from chipassets.runtime.archive import unpack
    from chipassets.runtime.tracks import LibraryError

    try:
        return unpack(path)
    except LibraryError as error:
        raise CheckError(str(error)) from error
