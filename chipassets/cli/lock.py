"""`chipassets lock`: what a merge in version control does to a lock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chipassets.cli.output import print_text, say
from chipassets.errors import UsageError

app = typer.Typer(no_args_is_help=True)


@app.command("resolve")
def resolve_command(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LOCK] [TRACK]...", help="The lock, and tracks; all by default."),
    ] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Keep our side of the tracks.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Keep their side.")] = False,
) -> None:
    """Take one side of tracks on which a merge left conflict markers in the lock.

    LOCK is the lock or its manifest; without it the one lock in this folder that has markers.
    """
    from chipassets.lock.resolving import find_conflicted, resolve_lock

    if ours == theirs:
        raise UsageError("say --ours or --theirs")
    path, names = find_conflicted(words or ())
    taken, left = resolve_lock(path, names, ours=ours)
    side = "ours" if ours else "theirs"
    print_text(f"{path}: {', '.join(taken)}: {side}")
    if left:
        print_text(f"still in conflict: {', '.join(left)}")
        raise typer.Exit(1)


@app.command("merge")
def merge_command(
    base: Annotated[Path, typer.Argument(help="The lock from which both sides came (%O).")],
    ours: Annotated[Path, typer.Argument(help="Our lock, which gets the result (%A).")],
    theirs: Annotated[Path, typer.Argument(help="Their lock (%B).")],
) -> None:
    """Merge two locks track by track: a merge driver for git.

    Exit 1, and markers in OURS, for tracks of which both sides accepted other takes.
    """
    from chipassets.lock.resolving import merge_files

    conflicts = merge_files(base, ours, theirs)
    if conflicts:
        say((f"both sides accepted another take of {', '.join(conflicts)}; keep one: ", ""))
        say(("chipassets lock resolve --ours TRACK... (or --theirs)", ""))
        raise typer.Exit(1)
