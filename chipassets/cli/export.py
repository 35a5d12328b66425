"""`chipassets export`, and the engine files that a build writes for its manifest."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_text
from chipassets.errors import UsageError
from chipassets.plan.engine_names import ENGINES

if TYPE_CHECKING:
    from chipassets.engines import Exported


Engine = StrEnum("Engine", {name.upper(): name for name in ENGINES})  # type: ignore[misc]


def export_command(
    bundle: Annotated[Path, typer.Argument(help="The bundle: its folder or a zip of it.")],
    engine: Annotated[Engine, typer.Argument(help="The engine.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write the files to.")],
    example: Annotated[
        bool, typer.Option("--example", help="Add a small game that plays the music.")
    ] = False,
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if files are not up to date.")
    ] = False,
    m4a: Annotated[
        bool, typer.Option("--m4a", help="rpgmaker only: add .m4a files for phones; needs ffmpeg.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a bundle's files for a game engine: audio with loop points, a player, a page on both.

    Only what changed is written. Files that somebody else wrote or edited are left alone.
    """
    from chipassets.bundle import open_folder
    from chipassets.engines import export, export_m4a

    if m4a and engine != "rpgmaker":
        raise UsageError("--m4a works with rpgmaker only; leave it out")
    folder = open_folder(bundle)
    done = [export(str(engine), folder, out, example=example, dry=check_only)]
    if m4a:
        done.append(export_m4a(folder, out, dry=check_only))
    if as_json:
        print_json(to_json(done[0]) | ({"m4a": to_json(done[1])} if m4a else {}))
    else:
        tell(done)
    if check_only and any(one.placed.is_change for one in done):
        raise typer.Exit(1)


def tell(exports: list[Exported]) -> None:
    """Print one line for each engine, and one for each file that was left alone."""
    for done in exports:
        written, removed = len(done.placed.written), len(done.placed.removed)
        what = f"{written} written, {removed} removed" if done.placed.is_change else "up to date"
        print_text(f"{done.engine}: {done.folder}: {what}")
        for warning in done.warnings():
            print_text(f"warning: {warning}")


def to_json(done: Exported) -> dict[str, Any]:
    """Return an export as JSON."""
    return {
        "engine": done.engine,
        "folder": str(done.folder),
        "written": done.placed.written,
        "removed": done.placed.removed,
        "left": done.placed.left,
    }
