"""The typer application, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from chipassets import __version__
from chipassets.cli import build, doctor, manifest, verify
from chipassets.cli.output import print_error, print_text
from chipassets.cli.train import app as train_app
from chipassets.errors import ChipassetsError

_EPILOG = (
    "Exit codes: 0 fine; 1 the check found something; 2 bad usage or manifest; 3 a track could not "
    "be made; 4 a model or an extra is missing; 5 a file could not be read or written; "
    "130 interrupted."
)

app = typer.Typer(
    name="chipassets",
    help="Compose, arrange and render a game's chip music from a manifest.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("build")(build.build_command)
app.command("plan")(manifest.plan_command)
app.command("validate")(manifest.validate_command)
app.command("verify")(verify.verify_command)
app.command("init")(manifest.init_command)
app.command("schema")(manifest.schema_command)
app.command("doctor")(doctor.doctor_command)
app.add_typer(train_app, name="train", help="Train a model on your own MIDI files.")


def _print_version(wanted: bool) -> None:
    if wanted:
        print_text(f"chipassets {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Compose, arrange and render a game's chip music from a manifest."""


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    try:
        app()
    except ChipassetsError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was replaced\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader went away (`| head`): not an error, and nothing can be said any more.
        sys.stderr.close()
        raise SystemExit(0) from None
