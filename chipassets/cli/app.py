"""The typer application."""

from __future__ import annotations

from typing import Annotated

import typer

from chipassets import __version__
from chipassets.cli import (
    build,
    compose,
    doctor,
    export,
    instruments,
    lock,
    manifest,
    moods,
    report,
    show,
    studio,
    takes,
    verify,
    watch,
)
from chipassets.cli.output import print_text
from chipassets.cli.train import app as train_app

_EPILOG = (
    "Exit codes: 0 fine; 1 the check found something; 2 bad usage or manifest; 3 a track could not "
    "be made; 4 a model, an extra or the cluster is missing; 5 a file could not be read or "
    "written; 70 a fault of chipassets itself; 130 interrupted."
)

app = typer.Typer(
    name="chipassets",
    help="Compose, arrange and render a game's chip music from a manifest.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("build")(build.build_command)
app.command("watch")(watch.watch_command)
app.command("plan")(manifest.plan_command)
app.command("validate")(manifest.validate_command)
app.command("export")(export.export_command)
app.command("takes")(takes.takes_command)
app.command("studio")(studio.studio_command)
app.command("set")(manifest.set_command)
app.command("moods")(moods.moods_command)
app.command("instruments")(instruments.instruments_command)
app.command("verify")(verify.verify_command)
app.command("show")(show.show_command)
app.command("report")(report.report_command)
app.command("init")(manifest.init_command)
app.command("schema")(manifest.schema_command)
app.command("doctor")(doctor.doctor_command)
app.add_typer(lock.app, name="lock", help="Merge locks, and resolve a merge's conflicts.")
app.add_typer(train_app, name="train", help="Train a model on your own MIDI files.")


@app.command(
    "compose",
    help=compose.SUMMARY,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def compose_command(context: typer.Context) -> None:
    """Hand the words after `compose` on to its own parser."""
    compose.compose(context.args)


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
