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

    Files that no build wrote there, or that were changed after it wrote them for an engine, are
    named in a warning; with --strict they are faults too.
    """
    from chipassets.bundle import open_folder, read_whole

    if form is not ReportFormat.TEXT:
        with report_as(form, "verify", bundle) as findings:
            folder = open_folder(bundle)
            index, faults = read_whole(folder)
            for fault in faults:
                name, _, message = fault.partition(": ")
                findings.add(Found((bundle / name).as_posix(), message, "altered"))
            for name, why in _strangers(folder, index).items() if strict else ():
                findings.add(Found((bundle / name).as_posix(), why, "stranger"))
        return
    folder = open_folder(bundle)
    index, faults = read_whole(folder)
    strangers = _strangers(folder, index)
    if as_json:
        count = len(index.files())
        print_json({"files": count, "faults": faults, "not_of_the_bundle": list(strangers)})
    else:
        for name, why in strangers.items():
            say((f"{'error' if strict else 'warning'}: {name}: {why}", ""))
        if faults:
            print_text("\n".join(faults))
        else:
            print_text(f"{bundle}: {len(index.files())} files, all as built")
    if faults or (strict and strangers):
        raise typer.Exit(1)


_STRANGE = "is not in the bundle's index; a build neither wrote it nor removes it"
_CHANGED = (
    "was changed after a build wrote it for an engine; move it away, and build again to get it"
)


def _strangers(folder: Path, index: Index) -> dict[str, str]:
    """Return the files in the bundle's folder that are not as a build wrote them, each with why.

    The files of engines are not in the index, but in a record beside them.
    """
    from chipassets.bundle import find_strangers
    from chipassets.engines import recorded_files

    of_engines = recorded_files(folder)
    listed = [entry.path for entry in index.files()]
    return {
        name: _CHANGED if name in of_engines else _STRANGE
        for name in find_strangers(folder, listed)
        if not of_engines.get(name)
    }
