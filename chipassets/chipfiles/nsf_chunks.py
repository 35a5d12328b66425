"""The chunks of NSFe, which an NSF2 has after its data: titles, lengths and fades.

NESdev wiki, "NSFe" and "NSF2": a chunk is its length, four letters and its data; the last is
`NEND`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from chipassets.chipfiles.cursor import Cursor
from chipassets.chipfiles.lengths import PlayTime

_LENGTH_SIZE, _NAME_SIZE = 4, 4
_END = b"NEND"
_MOST_CHUNKS = 64


def chunk(name: str, data: bytes) -> bytes:
    """Return one chunk."""
    return struct.pack("<I", len(data)) + name.encode("ascii") + data


def song_chunks(times: Sequence[PlayTime], titles: Sequence[str]) -> bytes:
    """Return the chunks with the play time, the end and the title of each song."""
    return b"".join(
        (
            chunk("time", b"".join(struct.pack("<i", time.play_ms) for time in times)),
            chunk("fade", b"".join(struct.pack("<i", time.fade_ms) for time in times)),
            chunk("tlbl", _strings(titles)),
        )
    )


def author_chunk(title: str, author: str, copyright_line: str) -> bytes:
    """Return the chunk with the file's texts; the fourth, the ripper, is empty."""
    return chunk("auth", _strings((title, author, copyright_line, "")))


def end_chunk() -> bytes:
    """Return the chunk that ends the chunks."""
    return chunk(_END.decode("ascii"), b"")


def _strings(texts: Iterable[str]) -> bytes:
    return b"".join(text.replace("\0", " ").encode("utf-8", "replace") + b"\0" for text in texts)


def read_chunks(cursor: Cursor) -> dict[bytes, bytes]:
    """Return the chunks by name up to the last one; ValueError if they do not fit the file."""
    found: dict[bytes, bytes] = {}
    while len(found) < _MOST_CHUNKS:
        size = cursor.number(_LENGTH_SIZE, "chunks")
        name = cursor.take(_NAME_SIZE, "chunks")
        found[name] = cursor.take(size, "chunks")
        if name == _END:
            return found
    raise cursor.error(f"more than {_MOST_CHUNKS} chunks")


def read_strings(data: bytes) -> list[str]:
    """Return the texts of a chunk."""
    return [text.decode("utf-8", "replace") for text in data.split(b"\0")[:-1]]
