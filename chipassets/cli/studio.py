"""`chipassets studio`."""

from __future__ import annotations

from typing import Annotated

import typer

from chipassets.cli.options import BundleOption, ManifestArgument
from chipassets.cli.output import print_text, say
from chipassets.errors import MissingExtraError, UsageError


def studio_command(
    manifest: ManifestArgument,
    out: BundleOption = None,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 picks a free one."),
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, but open no browser.")
    ] = False,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Keep rendered audio for this run only, not in the cache."),
    ] = False,
) -> None:
    """Open a page on this machine to hear, compare and choose takes and to change the manifest.

    The page is served to this machine only and needs no network. Ctrl-C ends it. Decisions are
    written to the lock, as those of `takes` are.
    """
    if not manifest.is_file():
        what = "is a folder" if manifest.is_dir() else "is not there"
        raise UsageError(f"{manifest} {what}; name a manifest, which `chipassets init` writes")
    from chipassets.production.workers import use_one_thread

    # With one thread, as in a build's workers, take n is the same to the last bit.
    use_one_thread()
    try:
        from chipassets.studio.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise MissingExtraError(
            f"the studio needs {error.name}: install the extra "
            "(uv sync --extra studio, or pip install 'chipassets[studio]')"
        ) from error

    def ready(address: str) -> None:
        """Print the studio's address, and open it in a browser."""
        print_text(f"the studio of {manifest} is at {address}")
        say(("Ctrl-C ends it", ""))
        if not no_open:
            import webbrowser

            webbrowser.open(address)

    try:
        serve(manifest, out, port, not no_cache, ready)
    except KeyboardInterrupt:
        say(("the studio is closed", ""))
