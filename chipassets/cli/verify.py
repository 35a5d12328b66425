"""`chipassets verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli.ci import Format, Found, ReportFormat, report_as
from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_text, say

if TYPE_CHECKING:
    from chipassets.bundle import Index


def verify_command(
    bundle: Annotated[Path, typer.Argument(help="The bundle: its folder or a zip of it.")],
    form: Format = ReportFormat.TEXT,
    as_json: JsonOption = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 also for files that no build wrote there.")
    ] = False,
) -> None:
    """Hash every file of a bundle and compare; exit 1 and name the missing or altered files.

    Files that no build wrote there are named in a warning; with --strict they are faults too.
    """
    from chipassets.bundle import find_strangers, open_folder, read_whole

    if form is not ReportFormat.TEXT:
        with report_as(form, "verify", bundle) as findings:
            folder = open_folder(bundle)
            index, faults = read_whole(folder)
            for fault in faults:
                name, _, message = fault.partition(": ")
                findings.add(Found((bundle / name).as_posix(), message, "altered"))
            for name in find_strangers(folder, _paths(index)) if strict else ():
                findings.add(Found((bundle / name).as_posix(), _STRANGE, "stranger"))
        return
    folder = open_folder(bundle)
    index, faults = read_whole(folder)
    strangers = find_strangers(folder, _paths(index))
    if as_json:
        count = len(index.files())
        print_json({"files": count, "faults": faults, "not_of_the_bundle": strangers})
    else:
        for name in strangers:
            say((f"{'error' if strict else 'warning'}: {name}: {_STRANGE}", ""))
        if faults:
            print_text("\n".join(faults))
        else:
            print_text(f"{bundle}: {len(index.files())} files, all as built")
    if faults or (strict and strangers):
        raise typer.Exit(1)


_STRANGE = "is not in the bundle's index; a build neither wrote it nor removes it"


def _paths(index: Index) -> list[str]:
    """Return the paths of all files in the index."""
    return [entry.path for entry in index.files()]
