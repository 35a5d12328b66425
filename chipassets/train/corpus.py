"""A corpus: pieces on the 16th grid, each with its source, licence and style.

The file is JSON lines: a header, then one piece a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from chipassets.compose.codec import Note
from chipassets.errors import UsageError
from chipassets.train.music import Metre
from chipassets.train.whole import whole_file

CORPUS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece on the 16th grid; licence and style are "" when nobody said."""

    file: str
    source: str
    licence: str
    style: str
    content_sha256: str
    notes: tuple[Note, ...]
    metres: tuple[Metre, ...]


def write_corpus(pieces: list[Piece], path: Path) -> None:
    """Write the pieces so that `load_corpus` gives equal ones; the file appears whole or not."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps({"chipassets_corpus": CORPUS_VERSION, "pieces": len(pieces)}))
        for piece in pieces:
            handle.write("\n" + json.dumps(_entry(piece), separators=(",", ":")))
        handle.write("\n")


def _entry(piece: Piece) -> dict[str, object]:
    """Return the piece as JSON values."""
    values = {entry.name: getattr(piece, entry.name) for entry in fields(piece)}
    return values | {"metres": [asdict(metre) for metre in piece.metres]}


def load_corpus(path: Path) -> Iterator[Piece]:
    """Yield the pieces of a corpus file; UsageError when it is not one."""
    try:
        with path.open(encoding="utf-8") as handle:
            _check_header(json.loads(handle.readline()))
            for line in handle:
                yield _piece(json.loads(line))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a corpus file ({error}); make one with `chipassets train corpus`"
        ) from error


def _check_header(header: object) -> None:
    if not isinstance(header, dict) or header.get("chipassets_corpus") != CORPUS_VERSION:
        raise ValueError("no corpus header")


def _piece(entry: dict[str, object]) -> Piece:
    notes = tuple(map(tuple, np.array(entry.pop("notes"), np.int64).reshape(-1, 3).tolist()))
    metres = tuple(Metre(**metre) for metre in entry.pop("metres"))  # type: ignore[attr-defined]
    return Piece(**entry, notes=notes, metres=metres)  # type: ignore[arg-type]
