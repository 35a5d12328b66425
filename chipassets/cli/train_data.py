"""`chipassets train corpus` and `train dataset`: from a folder of music to training material.

Their options are argparse's: the other commands' would take longer than the work on a small corpus.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.cli.output import console, print_json, print_text
from chipassets.cli.parser import Parser, number, whole
from chipassets.cli.writing import Writing, new_file
from chipassets.errors import UsageError

if TYPE_CHECKING:
    from chipassets.train.corpus_doctor import CorpusReport

_MOST_ROWS_SHOWN = 10

CORPUS_SUMMARY = (
    "Read music onto the 16th grid, say what was repaired, and what was left out and why."
)
DATASET_SUMMARY = "Cut a corpus into training sequences and hold a part of the pieces out."


def corpus(words: list[str]) -> None:
    """Make the corpus that the words of a command line ask for."""
    options = _corpus_parser().parse_args(words)
    new_file(options.out)
    from chipassets.train.corpus import write_corpus
    from chipassets.train.corpus_doctor import read_corpus, write_report

    jobs = options.jobs or os.cpu_count() or 1
    with _files_bar() as show:
        pieces, told = read_corpus(
            options.folder, options.sources, show, jobs, options.seconds_per_file
        )
    lines = options.report or options.out.with_name(options.out.name + ".report.jsonl")
    with Writing(lines):
        write_report(told, lines)
    if not pieces:
        raise UsageError(
            f"none of the {told.files} files in {options.folder} could be used; {lines} says why"
        )
    with Writing(options.out):
        write_corpus(pieces, options.out)
    if options.json:
        print_json({"out": str(options.out), "report": str(lines), **told.summary()})
        return
    _print_counts("repaired", told.repairs)
    _print_counts("left out", told.left_out)
    _print_counts("slice left out", told.unusable)
    _print_sources(told)
    share = told.files_with_material / told.files
    print_text(f"{told.pieces:,} pieces of {told.files:,} files are in {options.out}")
    print_text(f"{told.files_with_material:,} files ({share:.1%}) give training material; {lines}")


def dataset(words: list[str]) -> None:
    """Make the dataset that the words of a command line ask for."""
    options = _dataset_parser().parse_args(words)
    new_file(options.out)
    from chipassets.train.building import build_dataset
    from chipassets.train.corpus import load_corpus
    from chipassets.train.dataset import save_dataset
    from chipassets.train.selection import Selection
    from chipassets.train.slices import SliceRules

    made = build_dataset(
        load_corpus(options.corpus),
        rules=SliceRules(canonical_key=not options.all_keys),
        eval_ratio=options.eval_ratio,
        game_weight=options.game_weight,
        selection=Selection(tuple(options.refuse_licence), tuple(options.refuse_source)),
    )
    with Writing(options.out):
        save_dataset(made, options.out)
    meta = {key: value for key, value in made.meta.items() if key not in ("groups", "rules")}
    if options.json:
        print_json({"out": str(options.out), **meta})
        return
    counts = {key: value for key, value in meta.items() if isinstance(value, int)}
    _print_counts("", counts)
    _print_counts("left out", meta["skipped"])
    print_text(f"wrote {options.out}")


def _print_counts(what: str, counts: dict[str, int]) -> None:
    """Print a line for each count that is not 0."""
    for name, count in counts.items():
        if count:
            print_text(f"{count:>12,}  {what + ': ' if what else ''}{name.replace('_', ' ')}")


def _print_sources(told: CorpusReport) -> None:
    """Print what a table of sources and the files do not agree on, a line each."""
    for name, line in islice(told.unmatched_rows.items(), _MOST_ROWS_SHOWN):
        print_text(f"sources, line {line}: there is no file {name}")
    more = len(told.unmatched_rows) - _MOST_ROWS_SHOWN
    if more > 0:
        print_text(f"sources: {more} more rows name no file that is there")
    if told.files_without_row:
        print_text(f"sources: {told.files_without_row} files have no row, so no licence is known")


@contextmanager
def _files_bar() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error, and yield what moves it: (files done, files)."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, files: progress.update(task, completed=done, total=files)


def _corpus_parser() -> Parser:
    parser = _parser("corpus", CORPUS_SUMMARY)
    add = parser.add_argument
    add("folder", type=Path, help="a folder of MIDI, MusicXML or ABC files; subfolders too")
    add("--out", "-o", type=Path, required=True, help="where to write the corpus")
    add("--sources", type=Path, help="CSV with file, source, licence, style for each file")
    add("--report", type=Path, help="a JSON line for every file [default: OUT.report.jsonl]")
    add("--jobs", "-j", type=whole(0, 1024), default=0, help="processes; 0: one a core")
    add(
        "--seconds-per-file",
        type=number(0.1, 86_400),
        default=5.0,
        help="a file that takes longer is left out [default: 5]",
    )
    add("--json", action="store_true", help="print the result as JSON")
    return parser


def _dataset_parser() -> Parser:
    parser = _parser("dataset", DATASET_SUMMARY)
    add = parser.add_argument
    add("corpus", type=Path, help="a file made by `train corpus`")
    add("--out", "-o", type=Path, required=True, help="where to write the dataset")
    add("--eval-ratio", type=number(0, 0.9), default=0.1, help="share held out [0.1]")
    add(
        "--refuse-licence",
        action="append",
        default=[],
        help="leave out licences that start so; repeatable",
    )
    add("--refuse-source", action="append", default=[], help="leave out a source; repeatable")
    add("--game-weight", type=whole(1, 100), default=2, help="how often to see game music")
    add("--all-keys", action="store_true", help="keep keys as written")
    add("--json", action="store_true", help="print the result as JSON")
    return parser


def _parser(name: str, summary: str) -> Parser:
    return Parser(f"chipassets train {name}", description=summary)
