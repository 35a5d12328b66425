"""Reading bytes in order, with the offset in every complaint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Cursor:
    """A place in a file; every read moves it on, and ValueError names the offset if it cannot."""

    data: bytes
    offset: int = 0

    def take(self, count: int, what: str) -> bytes:
        """Return the next `count` bytes; ValueError when the file ends before."""
        piece = self.data[self.offset : self.offset + count]
        if self.offset < 0 or len(piece) < count:
            raise self.error(f"the file ends within the {what}")
        self.offset += count
        return piece

    def number(self, size: int, what: str, big_endian: bool = False) -> int:
        """Return the next `size` bytes as an unsigned number, little-endian unless said."""
        return int.from_bytes(self.take(size, what), "big" if big_endian else "little")

    def expect(self, wanted: bytes, what: str) -> None:
        """Pass over `wanted`; ValueError for anything else."""
        start = self.offset
        found = self.take(len(wanted), what)
        if found != wanted:
            self.offset = start
            raise self.error(f"{what} should be {wanted.hex(' ')}, found {found.hex(' ')}")

    def error(self, message: str) -> ValueError:
        """The complaint with the offset in front."""
        return ValueError(f"offset {self.offset:#x}: {message}")


def refuse_difference(found: bytes, canonical: bytes) -> None:
    """Raise ValueError at the first byte where a file is not what its content would be written as.

    A reader that ends with this accepts exactly what the writer writes.
    """
    if found == canonical:
        return
    pairs = zip(found, canonical, strict=False)
    offset = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(canonical)))
    raise ValueError(f"offset {offset:#x}: not as this writer puts it")
