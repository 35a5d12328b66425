"""`chipassets verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chipassets.cli.ci import Format, Found, ReportFormat, report_as
from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_text


def verify_command(
    bundle: Annotated[Path, typer.Argument(help="The bundle: its folder or a zip of it.")],
    form: Format = ReportFormat.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Hash every file of a bundle and compare; exit 1 and name the missing or altered files."""
    from chipassets.bundle import open_folder, read_whole

    if form is not ReportFormat.TEXT:
        with report_as(form, "verify", bundle) as findings:
            for fault in read_whole(open_folder(bundle))[1]:
                name, _, message = fault.partition(": ")
                findings.add(Found((bundle / name).as_posix(), message, "altered"))
        return
    folder = open_folder(bundle)
    index, faults = read_whole(folder)
    if as_json:
        print_json({"files": len(index.files()), "faults": faults})
    elif faults:
        print_text("\n".join(faults))
    else:
        print_text(f"{bundle}: {len(index.files())} files, all as built")
    if faults:
        raise typer.Exit(1)
