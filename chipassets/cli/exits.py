"""The one place where an error becomes an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from chipassets.errors import ChipassetsError


def run(command: Callable[[], object]) -> None:
    """Run a command and leave the process with the documented exit code if it fails."""
    try:
        command()
    except ChipassetsError as error:
        from chipassets.cli.output import print_error

        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was replaced\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader went away (`| head`): not an error, and nothing can be said any more.
        sys.stderr.close()
        raise SystemExit(0) from None
