"""Files that users name, opened only if they are plain files."""

from __future__ import annotations

import errno
import stat
from pathlib import Path


def read_plain(path: Path, most: int = -1) -> bytes:
    """Return the content of a plain file, at most `most` bytes of it.

    OSError for everything else: opening a pipe waits for its writer, and a device may never end.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a folder has an error of its own
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    with path.open("rb") as file:
        return file.read(most)
