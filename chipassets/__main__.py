"""`python -m chipassets` is the command `chipassets`."""

from __future__ import annotations

import sys

from chipassets.cli.exits import run


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    if sys.argv[1:2] == ["compose"]:
        # It needs none of the other commands, and takes less time than to load them.
        from chipassets.cli.compose import compose

        run(lambda: compose(sys.argv[2:]))
        return
    from chipassets.cli.app import app

    run(app)


if __name__ == "__main__":
    main()
