"""`python -m chipassets` is the command `chipassets`."""

from __future__ import annotations

import sys

from chipassets.cli.exits import run


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    # These need none of the other commands, and may take less time than to load them.
    if sys.argv[1:2] == ["compose"]:
        from chipassets.cli.compose import compose

        run(lambda: compose(sys.argv[2:]))
        return
    if sys.argv[1:3] in (["train", "corpus"], ["train", "dataset"]):
        from chipassets.cli import material

        run(lambda: getattr(material, sys.argv[2])(sys.argv[3:]))
        return
    from chipassets.cli.app import app

    run(app)


if __name__ == "__main__":
    main()
