"""`python -m chipassets` is the command `chipassets`."""

from __future__ import annotations

import gc
import os
import sys

from chipassets.cli.exits import run

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""A command makes many small objects and hardly any circles of them: looking for circles as often
as Python does by default takes a tenth of a start."""


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # Plug-ins of other packages are not to change how files are read; looking for them takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # It needs none of the other commands, and takes less time than to load them.
    if sys.argv[1:2] == ["compose"]:
        run(_compose)
    else:
        run(_every_command)


def _compose() -> None:
    """Run `chipassets compose`, which has a parser of its own."""
    from chipassets.cli.compose import compose

    compose(sys.argv[2:])


def _every_command() -> object:
    from chipassets.cli.replay import answered

    if answered():
        return None
    from chipassets.cli.app import app

    # Its own way to tell errors would interpret them as markup, and exits are told in one place.
    return app(standalone_mode=False)


if __name__ == "__main__":
    main()
