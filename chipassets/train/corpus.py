"""A corpus: every MIDI file of a folder read onto the grid, with its source, licence and style.

The file is JSON lines: a header, then one piece a line. A `sources.csv` (columns file, source,
licence, style) in the folder, or named, says where each file comes from.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from chipassets.compose.codec import Note
from chipassets.errors import UsageError
from chipassets.train.midi import Metre, RefusedFileError, read_midi

CORPUS_VERSION = 1
_SUFFIXES = {".mid", ".midi"}


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


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What became of the files: how many are in, what was repaired, and why others are out."""

    files: int
    pieces: int
    repairs: dict[str, int]
    left_out: dict[str, int]
    left_out_files: dict[str, str]


def read_corpus(
    folder: Path,
    sources_csv: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Piece], CorpusReport]:
    """Return the pieces of all MIDI files below a folder, in path order, and the report.

    A piece that equals an earlier one but for transposition is left out. UsageError when the
    folder holds no MIDI file.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not paths:
        raise UsageError(f"{folder} holds no .mid file; give the folder that holds your MIDI files")
    rows = _read_sources(sources_csv or folder / "sources.csv", required=sources_csv is not None)
    pieces: list[Piece] = []
    repairs: Counter[str] = Counter()
    refused: dict[str, str] = {}
    seen: set[str] = set()
    for number, path in enumerate(paths):
        name = path.relative_to(folder).as_posix()
        try:
            midi = read_midi(path)
        except RefusedFileError as error:
            refused[name] = str(error)
        else:
            digest = midi.content_sha256
            if digest in seen:
                refused[name] = "same music as another file"
            else:
                seen.add(digest)
                repairs.update(midi.repairs)
                row = rows.get(name, {})
                origin = (row.get("source", ""), row.get("licence", ""), row.get("style", ""))
                pieces.append(Piece(name, *origin, digest, midi.notes, midi.metres))
        if progress:
            progress(number + 1, len(paths))
    counted = dict(sorted(Counter(refused.values()).items()))
    return pieces, CorpusReport(len(paths), len(pieces), dict(repairs), counted, refused)


def _read_sources(path: Path, *, required: bool) -> dict[str, dict[str, str]]:
    if not path.exists():
        if required:
            raise UsageError(f"{path} does not exist; leave --sources out or name an existing file")
        return {}
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["file"]: row for row in csv.DictReader(handle) if row.get("file")}


def write_corpus(pieces: list[Piece], path: Path) -> None:
    """Write the pieces so that `load_corpus` gives equal ones; the file appears whole or not."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps({"chipassets_corpus": CORPUS_VERSION, "pieces": len(pieces)}))
        for piece in pieces:
            handle.write("\n" + json.dumps(asdict(piece), separators=(",", ":")))
        handle.write("\n")
    partial.replace(path)


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
    notes = tuple((int(s), int(d), int(p)) for s, d, p in entry.pop("notes"))  # type: ignore[attr-defined]
    metres = tuple(Metre(**metre) for metre in entry.pop("metres"))  # type: ignore[attr-defined]
    return Piece(**entry, notes=notes, metres=metres)  # type: ignore[arg-type]
