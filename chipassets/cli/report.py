"""`chipassets report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_text
from chipassets.errors import UsageError


def report_command(
    bundle: Annotated[Path, typer.Argument(help="The bundle: its folder or a zip of it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path(
        "report.html"
    ),
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="An earlier bundle: show what changed since then."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="With --compare: print the changes as Markdown.")
    ] = False,
    pictures: Annotated[
        str,
        typer.Option(help="With --markdown: the web address of the bundle, to show pictures from."),
    ] = "",
    pictures_before: Annotated[
        str, typer.Option(help="The same of the earlier bundle, to show its pictures beside.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write an HTML page on a bundle: players, piano rolls, measurements, origin, changes.

    With more than 24 tracks the page is a table of all tracks, and a folder beside it holds pages
    of 24 tracks each.
    """
    from chipassets.report import compare_markdown, write_report

    if markdown:
        if compare is None:
            raise UsageError("--markdown prints what changed: add --compare OLD")
        print_text(compare_markdown(bundle, compare, pictures, pictures_before))
        return
    if pictures or pictures_before:
        raise UsageError("--pictures is for --markdown; the HTML page holds its pictures")
    pages = write_report(bundle, output, compare)
    size = sum(page.stat().st_size for page in pages)
    if as_json:
        print_json({"report": str(output), "bytes": size, "pages": list(map(str, pages[1:]))})
    else:
        more = f" with {len(pages) - 1} pages in {pages[1].parent}" if pages[1:] else ""
        print_text(f"{output}{more}: {size / 1e6:.1f} MB; open it in a browser")
