"""Opens a bundle that may be packed as a zip."""

from __future__ import annotations

from pathlib import Path

from chipassets.errors import CheckError


def open_folder(path: Path) -> Path:
    """Return the folder of a bundle; a zip is unpacked into a temporary folder.

    The folder is removed when the program ends. CheckError for a file that is not a zip, that has
    paths outside its folder or that is too large when unpacked.
    """
    if not path.is_file():
        return path
    # Imported here: a build does not need the runtime.
    from chipassets.runtime.archive import unpack
    from chipassets.runtime.tracks import LibraryError

    try:
        return unpack(path)
    except LibraryError as error:
        raise CheckError(str(error)) from error
