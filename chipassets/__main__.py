"""`python -m chipassets` is the command `chipassets`."""

from __future__ import annotations

import sys

from chipassets.cli.exits import run


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    # These need none of the other commands, and may take less time than to load them.
    if sys.argv[1:2] == ["compose"]:
        run(_compose)
    elif sys.argv[1:3] in (["train", "corpus"], ["train", "dataset"]):
        run(_material)
    else:
        run(_every_command)


def _compose() -> None:
    from chipassets.cli.compose import compose

    compose(sys.argv[2:])


def _material() -> None:
    from chipassets.cli import train_data as material

    getattr(material, sys.argv[2])(sys.argv[3:])


def _every_command() -> object:
    from chipassets.cli.app import app

    # Its own way to tell errors would interpret them as markup, and exits are told in one place.
    return app(standalone_mode=False)


if __name__ == "__main__":
    main()
