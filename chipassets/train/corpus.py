"""A corpus: pieces on the 16th grid, each with its source, licence and style.

The file is JSON lines: a header, then one piece per line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np

from chipassets.compose.codec import Note
from chipassets.errors import UsageError
from chipassets.strictjson import loads
from chipassets.train.music import MAX_STEPS, Metre
from chipassets.train.whole import whole_file

CORPUS_VERSION = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece on the 16th grid; licence and style are "" if unknown."""

    file: str
    source: str
    licence: str
    style: str
    content_sha256: str
    notes: tuple[Note, ...]
    metres: tuple[Metre, ...]


def write_corpus(pieces: list[Piece], path: Path) -> None:
    """Write the pieces for `load_corpus`; the file is written atomically."""
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
    """Yield the pieces of a corpus file; UsageError, with the line, if it is not valid."""
    number = 1
    try:
        with path.open("rb") as handle:
            _check_header(loads(_line(handle)))
            for line in iter(lambda: _line(handle), b""):
                number += 1
                yield _piece(loads(line))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        why = f"no {error}" if isinstance(error, KeyError) else error
        raise UsageError(
            f"{path} is not a corpus file (line {number}: {why}); make one with "
            "`chipassets train corpus`"
        ) from error


def _line(handle: BinaryIO) -> bytes:
    """Return the next line; ValueError if it is too long."""
    line = handle.readline(_MOST_LINE_BYTES + 1)
    if len(line) > _MOST_LINE_BYTES:
        raise ValueError(f"longer than {_MOST_LINE_BYTES >> 20} MiB")
    return line


def _check_header(header: object) -> None:
    if not isinstance(header, dict) or header.get("chipassets_corpus") != CORPUS_VERSION:
        raise ValueError("no corpus header")


def _piece(entry: object) -> Piece:
    """Return the piece of a line; ValueError, KeyError or TypeError if it is not valid."""
    if not isinstance(entry, dict):
        raise TypeError(f"{str(entry)[:40]!r} instead of a piece")
    texts = {name: _text(entry, name) for name in _TEXTS}
    if not _DIGEST.fullmatch(texts["content_sha256"]):
        raise ValueError("content_sha256 is no SHA-256")
    metres = tuple(Metre(*(_whole(metre, *bound) for bound in _METRE)) for metre in entry["metres"])
    return Piece(**texts, notes=_notes(entry["notes"]), metres=metres)


def _notes(found: object) -> tuple[Note, ...]:
    """Return notes (start, duration, pitch) in order and within two hours."""
    notes = np.array(found)
    if notes.ndim != 2 or notes.shape[1] != 3 or notes.dtype.kind != "i":
        raise ValueError("its notes are not [start, duration, pitch] in whole numbers")
    starts, durations, pitches = notes.T
    if starts.min() < 0 or durations.min() < 1 or (starts + durations).max() > 2 * MAX_STEPS:
        raise ValueError(f"a note beyond the steps 0 to {MAX_STEPS}")
    if pitches.min() < 0 or pitches.max() > 127:
        raise ValueError("a pitch beyond 0 to 127")
    if (np.diff(starts) < 0).any():
        raise ValueError("its notes are not in order")
    return tuple(map(tuple, notes.tolist()))


def _whole(values: dict[str, object], name: str, low: int, high: int) -> int:
    """Return a whole number of the entry; ValueError if it is outside."""
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {str(value)[:40]}, not a whole number from {low} to {high}")
    return value


def _text(entry: dict[str, object], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str) or len(value) > _MOST_LETTERS:
        raise ValueError(f"{name} is not a text of at most {_MOST_LETTERS} letters")
    return value


_TEXTS = ("file", "source", "licence", "style", "content_sha256")
_METRE = (("start_step", 0, MAX_STEPS), ("numerator", 1, 255), ("denominator", 1, 128))
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_LINE_BYTES = 64 << 20
_MOST_LETTERS = 10_000
