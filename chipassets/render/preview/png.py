"""PNG as bytes (ISO/IEC 15948): eight bits a channel, red, green and blue."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _TRUE_COLOUR = 8, 2
_UP = 2
_ROWS_AT_ONCE = 256


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return the picture [height, width, 3]; the same pixels give the same bytes."""
    height, width, _ = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _TRUE_COLOUR, 0, 0, 0)
    rows = pixels.reshape(height, width * 3)
    packer = zlib.compressobj(6)
    data = []
    above = np.zeros((1, width * 3), dtype=np.uint8)
    for start in range(0, height, _ROWS_AT_ONCE):
        block = rows[start : start + _ROWS_AT_ONCE]
        # Every row is stored as the difference from the one above: most rows of a chart repeat.
        lines = np.full((len(block), 1 + width * 3), _UP, dtype=np.uint8)
        lines[:, 1:] = block - np.concatenate((above, block[:-1]))
        data.append(packer.compress(lines.tobytes()))
        above = block[-1:]
    data.append(packer.flush())
    chunks = ((b"IHDR", head), (b"IDAT", b"".join(data)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of PNG with its checksum."""
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
