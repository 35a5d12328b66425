"""A Godot 4 project as a .pck, the file that an exported game runs from."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path

_MAGIC, _FORMAT = 0x43504447, 2
_BASE_AT = 24
"""Where the head says at which byte the files begin."""


def pack_folder(folder: Path) -> dict[str, bytes]:
    """Return a project's files by path."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def encode_pck(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a pack of format 2, offsets relative to where the files begin."""
    head = struct.pack("<IIIIIIQ", _MAGIC, _FORMAT, 4, 0, 0, 2, 0) + bytes(64)
    entries, body = [struct.pack("<I", len(files))], b""
    for path, data in files.items():
        name = f"res://{path}".encode()
        name += bytes(-len(name) % 4)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        place = struct.pack("<QQ", len(body), len(data)) + digest + struct.pack("<I", 0)
        entries.append(struct.pack("<I", len(name)) + name + place)
        body += data + bytes(-len(data) % 16)
    start = head + b"".join(entries)
    base = len(start) + -len(start) % 16
    start = start[:_BASE_AT] + struct.pack("<Q", base) + start[_BASE_AT + 8 :]
    return start.ljust(base, b"\0") + body
