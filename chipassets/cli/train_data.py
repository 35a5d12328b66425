"""`chipassets train corpus` and `train dataset`: from a folder of music to training material."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli.finite import finite
from chipassets.cli.options import JsonOption
from chipassets.cli.output import console, print_json, print_text
from chipassets.cli.writing import Writing, new_file
from chipassets.errors import UsageError

if TYPE_CHECKING:
    from chipassets.train.corpus_doctor import CorpusReport

_MOST_ROWS_SHOWN = 10


def corpus_command(
    folder: Annotated[
        Path,
        typer.Argument(
            help="A folder of MIDI, MusicXML or ABC files, or of trackers (MOD, UGE, FamiTracker's "
            "text, PICO-8); subfolders too."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the corpus.")],
    sources: Annotated[
        Path | None, typer.Option(help="CSV with file, source, licence, style for each file.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="A JSON line for every file.", show_default="OUT.report.jsonl"),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, max=1024, help="Processes; 0 means one per core.")
    ] = 0,
    seconds_per_file: Annotated[
        float,
        typer.Option(min=0.1, max=86_400, help="A file that takes longer is left out."),
    ] = 5.0,
    as_json: JsonOption = False,
) -> None:
    """Read music onto the 16th grid; report repaired files, and skipped files with the reason."""
    new_file(out)
    from chipassets.train.corpus import write_corpus
    from chipassets.train.corpus_doctor import read_corpus, write_report

    workers = jobs or os.cpu_count() or 1
    with _files_bar() as show:
        pieces, told = read_corpus(folder, sources, show, workers, finite(seconds_per_file))
    lines = report or out.with_name(out.name + ".report.jsonl")
    with Writing(lines):
        write_report(told, lines)
    if not pieces:
        raise UsageError(
            f"none of the {told.files} files in {folder} could be used; {lines} says why"
        )
    with Writing(out):
        write_corpus(pieces, out)
    if as_json:
        print_json({"out": str(out), "report": str(lines), **told.summary()})
        return
    _print_counts("repaired", told.repairs)
    _print_counts("left out", told.left_out)
    _print_counts("slice left out", told.unusable)
    _print_sources(told)
    share = told.files_with_material / told.files
    print_text(f"{told.pieces:,} pieces of {told.files:,} files are in {out}")
    print_text(f"{told.files_with_material:,} files ({share:.1%}) give training material; {lines}")


def dataset_command(
    corpus: Annotated[Path, typer.Argument(help="A file made by `train corpus`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the dataset.")],
    eval_ratio: Annotated[float, typer.Option(min=0, max=0.9, help="Share held out.")] = 0.1,
    refuse_licence: Annotated[
        list[str] | None, typer.Option(help="Leave out licences with this prefix. Repeatable.")
    ] = None,
    refuse_source: Annotated[
        list[str] | None, typer.Option(help="Leave out a source. Repeatable.")
    ] = None,
    game_weight: Annotated[
        int, typer.Option(min=1, max=100, help="How often a piece of game music counts.")
    ] = 2,
    all_keys: Annotated[
        bool, typer.Option("--all-keys", help="Keep the original keys; default: transpose to C.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Cut a corpus into training sequences, and hold out a part of the pieces."""
    new_file(out)
    from chipassets.train.building import build_dataset
    from chipassets.train.corpus import load_corpus
    from chipassets.train.dataset import save_dataset
    from chipassets.train.selection import Selection
    from chipassets.train.slices import SliceRules

    made = build_dataset(
        load_corpus(corpus),
        rules=SliceRules(canonical_key=not all_keys),
        eval_ratio=finite(eval_ratio),
        game_weight=game_weight,
        selection=Selection(tuple(refuse_licence or ()), tuple(refuse_source or ())),
    )
    with Writing(out):
        save_dataset(made, out)
    meta = {key: value for key, value in made.meta.items() if key not in ("groups", "rules")}
    if as_json:
        print_json({"out": str(out), **meta})
        return
    counts = {key: value for key, value in meta.items() if isinstance(value, int)}
    _print_counts("", counts)
    _print_counts("left out", meta["skipped"])
    print_text(f"wrote {out}")


def _print_counts(what: str, counts: dict[str, int]) -> None:
    """Print a line for each count that is not 0."""
    for name, count in counts.items():
        if count:
            print_text(f"{count:>12,}  {what + ': ' if what else ''}{name.replace('_', ' ')}")


def _print_sources(told: CorpusReport) -> None:
    """Print one line for each mismatch between a table of sources and the files."""
    for name, line in islice(told.unmatched_rows.items(), _MOST_ROWS_SHOWN):
        print_text(f"sources, line {line}: there is no file {name}")
    more = len(told.unmatched_rows) - _MOST_ROWS_SHOWN
    if more > 0:
        print_text(f"sources: {more} more rows name no file that is there")
    if told.files_without_row:
        print_text(f"sources: {told.files_without_row} files have no row, so no licence is known")


@contextmanager
def _files_bar() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error; yield the function that moves it.

    The function takes the number of files done and of all files.
    """
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, files: progress.update(task, completed=done, total=files)
