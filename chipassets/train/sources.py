"""`sources.csv`: where each file comes from; accepts the usual variants of spreadsheets."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from chipassets.errors import UsageError

Row = dict[str, str]

_MOST_BYTES = 64 << 20
_DELIMITERS = ",;\t|"
_FILE = "file"
_SPELLINGS = {"license": "licence", "filename": "file", "path": "file"}
"""Other names of the columns."""


@dataclass(slots=True)
class Sources:
    """The rows of a table by file, and those that no file has asked for."""

    path: Path | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    unmatched: dict[str, int] = field(default_factory=dict)
    """The line of each row that no file has asked for yet."""

    def row(self, name: str) -> Row:
        """Return the row of a file, empty if there is none."""
        key = _key(name)
        self.unmatched.pop(key, None)
        return self.rows.get(key, {})


def read_sources(path: Path) -> Sources:
    """Return the table in a file: UTF-8 with or without a BOM, UTF-16 or Windows's cp1252.

    Cells may be separated by commas, semicolons, tabs or bars; column names may be in capitals,
    `license` is accepted for `licence`, and a path may have backslashes. UsageError if it cannot be
    read, has no column `file`, or has two different rows for one file.
    """
    text, delimiter = _table(_text(path))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = _names(next(iter(text.splitlines()), ""), delimiter)
        if _FILE not in columns:
            said = ", ".join(column for column in columns if column) or "none"
            raise UsageError(
                f"{path} has no column {_FILE!r}, so its rows cannot be assigned to files; its "
                f"columns are {said}. Begin it with a line like file,source,licence,style"
            )
        next(reader)
        return Sources(path, *_rows(path, reader, columns))
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {reader.line_num}: not a table ({error}); save it as CSV"
        ) from error


def _rows(path: Path, reader: Any, columns: list[str]) -> tuple[dict[str, Row], dict[str, int]]:
    """Return the rows that name a file, by file, and the line in which each ends."""
    rows: dict[str, Row] = {}
    lines: dict[str, int] = {}
    for cells in reader:
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        key = _key(row.get(_FILE, ""))
        if not key:
            continue
        if rows.setdefault(key, row) != row:
            raise UsageError(
                f"{path}, line {reader.line_num}: {row[_FILE]} is in line {lines[key]} too, with "
                "other values; keep one of the two"
            )
        lines.setdefault(key, reader.line_num)
    return rows, lines


def _text(path: Path) -> str:
    """Return the text of a table in one of the usual encodings; UsageError if unreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error})") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than {_MOST_BYTES >> 20} MiB; no table is that long")
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _encodings(data: bytes) -> tuple[str, ...]:
    """Return the encodings to try: UTF-16 if the table says so, else UTF-8, then Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _table(text: str) -> tuple[str, str]:
    """Return the text from its header on, and the separator of its cells."""
    lines = text.splitlines(keepends=True)
    while lines and not lines[0].strip():
        del lines[0]
    if lines and lines[0].strip().lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return "".join(lines[1:]), lines[0].strip()[-1]  # Excel's line that names the separator
    header = lines[0] if lines else ""
    return "".join(lines), max(_DELIMITERS, key=lambda sign: _FILE in _names(header, sign))


def _names(header: str, delimiter: str) -> list[str]:
    """Return the column names of a header, in small letters and our spelling."""
    cells = next(csv.reader([header], delimiter=delimiter), [])
    names = [cell.strip().strip("\"'").lower() for cell in cells]
    return [_SPELLINGS.get(name, name) for name in names]


def _key(name: str) -> str:
    """Return the file name in a normal form: forward slashes, composed accents."""
    parts = PurePosixPath(unicodedata.normalize("NFC", name.strip().replace("\\", "/"))).parts
    return "/".join(part for part in parts if part != ".")


def printable_name(path: Path) -> str:
    """Return a relative path as text that any file can hold; bytes that are no UTF-8 as `\\x97`."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
