"""Reads bytes in order; every error names the offset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Cursor:
    """A position in a file; every read advances it, or raises ValueError with the offset."""

    data: bytes
    offset: int = 0

    def take(self, count: int, what: str) -> bytes:
        """Return the next `count` bytes; ValueError if the file ends before."""
        piece = self.data[self.offset : self.offset + count]
        if self.offset < 0 or len(piece) < count:
            raise self.error(f"the file ends within the {what}")
        self.offset += count
        return piece

    def number(self, size: int, what: str, big_endian: bool = False) -> int:
        """Return the next `size` bytes as an unsigned number, by default little-endian."""
        return int.from_bytes(self.take(size, what), "big" if big_endian else "little")

    def expect(self, wanted: bytes, what: str) -> None:
        """Skip the bytes `wanted`; ValueError for other bytes."""
        start = self.offset
        found = self.take(len(wanted), what)
        if found != wanted:
            self.offset = start
            raise self.error(f"{what} should be {wanted.hex(' ')}, found {found.hex(' ')}")

    def error(self, message: str) -> ValueError:
        """Return a ValueError with the offset before the message."""
        return ValueError(f"offset {self.offset:#x}: {message}")


def refuse_difference(found: bytes, canonical: bytes) -> None:
    """Raise ValueError at the first byte where a file differs from its canonical form.

    A reader that ends with this accepts exactly what the writer writes.
    """
    if found == canonical:
        return
    pairs = zip(found, canonical, strict=False)
    offset = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(canonical)))
    raise ValueError(f"offset {offset:#x}: differs from what this writer writes")
