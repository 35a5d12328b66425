"""`chipassets lock`: merging locks in version control."""

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
        typer.Argument(
            metavar="[LOCK] [TRACK]...", help="The lock, then tracks; default all tracks."
        ),
    ] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Keep our side of the tracks.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Keep their side.")] = False,
) -> None:
    """Resolve the conflict markers that a merge left in the lock, by keeping one side.

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
    base: Annotated[Path, typer.Argument(help="The common ancestor of both locks (%O).")],
    ours: Annotated[Path, typer.Argument(help="Our lock, which gets the result (%A).")],
    theirs: Annotated[Path, typer.Argument(help="Their lock (%B).")],
) -> None:
    """Merge two locks track by track; git can call it as a merge driver.

    Where both sides accepted different takes of a track, write markers into OURS and exit 1.
    """
    from chipassets.lock.resolving import merge_files

    conflicts = merge_files(base, ours, theirs)
    if conflicts:
        say((f"the two sides accepted different takes of {', '.join(conflicts)}; keep one: ", ""))
        say(("chipassets lock resolve --ours TRACK... (or --theirs)", ""))
        raise typer.Exit(1)
