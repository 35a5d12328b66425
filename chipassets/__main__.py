"""`python -m chipassets` is the command `chipassets`."""

from __future__ import annotations

from chipassets.cli.app import main

if __name__ == "__main__":
    main()
