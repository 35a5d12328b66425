"""Data for an assembler: bytes, and addresses of other data, under labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of a label plus an offset, in two bytes, the lower first."""

    label: str
    offset: int = 0


Part = bytes | Ref


@dataclass(frozen=True, slots=True)
class Block:
    """Parts in order, under a label; `about` is a comment for readers."""

    label: str
    parts: tuple[Part, ...]
    about: str = ""

    @property
    def size(self) -> int:
        """The number of bytes."""
        return sum(2 if isinstance(part, Ref) else len(part) for part in self.parts)


def place(blocks: Sequence[Block], address: int) -> dict[str, int]:
    """Return the address of every block's label, the first at `address`."""
    labels = {}
    for block in blocks:
        labels[block.label] = address
        address += block.size
    return labels


def link(blocks: Sequence[Block], labels: Mapping[str, int]) -> bytes:
    """Return the blocks' bytes with the addresses filled in."""
    return b"".join(
        (labels[part.label] + part.offset).to_bytes(2, "little") if isinstance(part, Ref) else part
        for block in blocks
        for part in block.parts
    )


@dataclass(frozen=True, slots=True)
class Syntax:
    """An assembler's notation for data: a label, bytes, words, and the names of other labels."""

    label: str
    byte: str
    word: str


CA65 = Syntax("{}:", "    .byte ", "    .word ")
RGBDS = Syntax("{}:", "    db ", "    dw ")
_BYTES_A_LINE = 16


def text(blocks: Sequence[Block], syntax: Syntax) -> str:
    """Return the blocks as assembler source."""
    lines = []
    for block in blocks:
        lines.append(
            syntax.label.format(block.label) + (f" ; {block.about}" if block.about else "")
        )
        for part in _joined(block.parts):
            if isinstance(part, Ref):
                lines.append(
                    f"{syntax.word}{part.label}" + (f"+{part.offset}" if part.offset else "")
                )
                continue
            for at in range(0, len(part), _BYTES_A_LINE):
                row = part[at : at + _BYTES_A_LINE]
                lines.append(syntax.byte + ",".join(f"${byte:02X}" for byte in row))
    return "\n".join(lines) + "\n"


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with consecutive bytes joined."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += part
        else:
            found.append(part)
    return found
