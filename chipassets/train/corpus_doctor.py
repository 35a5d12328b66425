"""The corpus doctor: reads a folder of music, repairs what it can, and reports on every file.

A `sources.csv` (columns file, source, licence, style) in the folder, or given by path, says where
each file comes from; rows without a file, and files without a row, are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chipassets.errors import UsageError
from chipassets.train.corpus import Piece
from chipassets.train.reading import ReadFile, is_music, read_files, total_repairs
from chipassets.train.slices import SliceRules, cut
from chipassets.train.sources import Sources, printable_name, read_sources
from chipassets.train.whole import whole_file

SAME_MUSIC = "same music as another file"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one file: its pieces and how they were repaired, or why it was left out.

    sequences: training sequences that the default rules cut from its pieces. unusable: the number
    of slices left out, by reason.
    """

    file: str
    pieces: int
    notes: int
    bars: float
    tempo_bpm: float
    sequences: int
    repairs: dict[str, int]
    unusable: dict[str, int]
    left_out: str = ""
    same_as: str = ""
    """The file with a piece that equals one of this file, which was dropped."""


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """The results for all files: how many were read, what was repaired, why others were left."""

    files: int
    pieces: int
    files_with_material: int
    repairs: dict[str, int]
    left_out: dict[str, int]
    unusable: dict[str, int]
    left_out_files: dict[str, str]
    unmatched_rows: dict[str, int]
    """The line of each row of the table of sources whose file was not found, by file."""
    files_without_row: int
    """The number of files without a row in the table of sources; 0 without a table."""
    outcomes: tuple[Outcome, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return everything but the single files as JSON values."""
        values = asdict(self)
        del values["outcomes"]
        return values


def read_corpus(
    folder: Path,
    sources_csv: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    jobs: int = 1,
    seconds_per_file: float = 5.0,
) -> tuple[list[Piece], CorpusReport]:
    """Return the pieces of all music files below a folder, in path order, and the report.

    A piece that equals an earlier one except for transposition is left out. UsageError if the
    folder does not exist, or has no music file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that holds your music files")
    paths = sorted(path for path in folder.rglob("*") if is_music(path))
    if not paths:
        raise UsageError(
            f"{folder} holds no .mid file and none of a tracker (.mod, .uge, .p8, FamiTracker's "
            "text); give the folder that holds your music files"
        )
    table = _sources(folder, sources_csv)
    without_row = 0
    pieces: list[Piece] = []
    outcomes: list[Outcome] = []
    seen: dict[str, str] = {}
    for number, result in enumerate(read_files(paths, jobs, seconds_per_file), start=1):
        name = printable_name(result.path.relative_to(folder))
        row = table.row(name)
        without_row += table.path is not None and not row
        fresh, same_as = _new_pieces(name, result, row, seen)
        pieces += fresh
        outcomes.append(_outcome(name, result, fresh, same_as))
        if progress:
            progress(number, len(paths))
    return pieces, _report(pieces, outcomes, table.unmatched, without_row)


def _sources(folder: Path, named: Path | None) -> Sources:
    """Return the sources of a named file, or of the folder's sources.csv if there is one."""
    path = named or folder / "sources.csv"
    if path.exists():
        return read_sources(path)
    if named is not None:
        raise UsageError(f"{path} does not exist; leave --sources out or name an existing file")
    return Sources()


def _new_pieces(
    name: str, result: ReadFile, row: dict[str, str], seen: dict[str, str]
) -> tuple[list[Piece], str]:
    """Return the pieces that no earlier file has, and an earlier file that has another of them."""
    origin = (row.get("source", ""), row.get("licence", ""), row.get("style", ""))
    fresh, same_as = [], ""
    for number, music in enumerate(result.pieces, start=1):
        digest = music.content_sha256
        if digest in seen:
            same_as = seen[digest]
            continue
        seen[digest] = name
        title = name if len(result.pieces) == 1 else f"{name}#{number}"
        fresh.append(Piece(title, *origin, digest, music.notes, music.metres))
    return fresh, same_as


def _outcome(name: str, result: ReadFile, fresh: list[Piece], same_as: str) -> Outcome:
    """Return the result for a file; fresh: its pieces that no earlier file has."""
    unusable: Counter[str] = Counter()
    sequences = sum(1 for piece in fresh for _ in cut(piece, SliceRules(), unusable))
    steps = [max(start + duration for start, duration, _ in piece.notes) for piece in fresh]
    left_out = result.refused
    if not fresh and not left_out:
        left_out = SAME_MUSIC
    repairs = dict(+total_repairs(result.pieces)) if fresh else {}
    if same_as and fresh:
        repairs["duplicate_tunes_dropped"] = len(result.pieces) - len(fresh)
    return Outcome(
        file=name,
        pieces=len(fresh),
        notes=sum(len(piece.notes) for piece in fresh),
        bars=sum(steps) / 16,
        tempo_bpm=round(result.pieces[0].tempo_bpm, 2) if fresh else 0.0,
        sequences=sequences,
        repairs=repairs,
        unusable=dict(unusable),
        left_out=left_out,
        same_as=same_as,
    )


def _report(
    pieces: list[Piece],
    outcomes: list[Outcome],
    unmatched_rows: dict[str, int],
    files_without_row: int,
) -> CorpusReport:
    """Return the results for all files, added up."""
    repairs: Counter[str] = Counter()
    unusable: Counter[str] = Counter()
    for outcome in outcomes:
        repairs.update(outcome.repairs)
        unusable.update(outcome.unusable)
    refused = {outcome.file: outcome.left_out for outcome in outcomes if outcome.left_out}
    return CorpusReport(
        files=len(outcomes),
        pieces=len(pieces),
        files_with_material=sum(1 for outcome in outcomes if outcome.sequences),
        repairs=dict(repairs),
        left_out=dict(sorted(Counter(refused.values()).items())),
        unusable=dict(sorted(unusable.items())),
        left_out_files=refused,
        unmatched_rows=unmatched_rows,
        files_without_row=files_without_row,
        outcomes=tuple(outcomes),
    )


def write_report(report: CorpusReport, path: Path) -> None:
    """Write one JSON line for every file of the corpus, atomically."""
    lines = [json.dumps(asdict(outcome), ensure_ascii=False) for outcome in report.outcomes]
    with whole_file(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
