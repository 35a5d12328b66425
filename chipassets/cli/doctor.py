"""`chipassets doctor`."""

from __future__ import annotations

import importlib
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

import typer

from chipassets import __version__
from chipassets.cli.options import JsonOption
from chipassets.cli.output import print_json, print_table, print_text
from chipassets.errors import ModelError


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: whether a thing is installed, and how to install it if not."""

    name: str
    found: str
    needed_for: str
    fix: str
    fine: bool
    required: bool


_BASE = ("mido", "numpy", "pydantic", "PyYAML", "rich", "safetensors", "soundfile", "typer")
_EXTRAS = (
    ("demo", "the demo game", ("pygame-ce",)),
    ("studio", "the studio", ("starlette", "uvicorn")),
    ("cluster", "builds on a cluster", ("distributed", "threadpoolctl")),
    ("train", "training", ("tensorflow", "keras", "note-seq")),
)
"""The extras that users install, what each is for, and the packages that it is known by."""
_MAGENTA = ("magenta", "tf-keras")


class Installable(StrEnum):
    """What `--install` can install: things that an extra cannot."""

    MAGENTA = "magenta"


_PROGRAMS = ("ffmpeg", "ogginfo", "oggz-validate")


def doctor_command(
    install: Annotated[
        Installable | None,
        typer.Option(help="Install it into this environment with uv or pip, then check."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is installed, what is missing and how to get it; exit 4 if a build cannot run."""
    from chipassets.train.magenta_install import COMMAND, install_magenta

    if install is Installable.MAGENTA:
        install_magenta()
        importlib.invalidate_caches()
    findings = [_python(), _model()]
    findings += [_package(name, "a build", _extra(""), required=True) for name in _BASE]
    findings += [
        _package(name, use, _extra(extra)) for extra, use, names in _EXTRAS for name in names
    ]
    findings += [_package(name, "exchange with Magenta", COMMAND) for name in _MAGENTA]
    findings += [_program(name, "audio checks in the tests") for name in _PROGRAMS]
    if as_json:
        print_json({"chipassets": __version__, "findings": [asdict(item) for item in findings]})
    else:
        rows = [
            [item.name, item.found, item.needed_for, "" if item.fine else item.fix]
            for item in findings
        ]
        print_table(f"chipassets {__version__}", ["what", "found", "needed for", "to get it"], rows)
        able = all(item.fine for item in findings if item.required)
        print_text("a build can run" if able else "a build cannot run: see the table")
    if not all(item.fine for item in findings if item.required):
        raise typer.Exit(4)


def _python() -> Finding:
    """Return whether this Python is supported."""
    fine = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(
        "Python", platform.python_version(), "a build", "install Python 3.11 to 3.13", fine, True
    )


def _model() -> Finding:
    """Return whether the shipped model can be opened, with its hash."""
    from chipassets.compose.weights import open_model

    try:
        model = open_model("default")
    except ModelError as error:
        return Finding("model", str(error), "composing", "install chipassets again", False, True)
    return Finding("model", f"{model.name} {model.sha256[:12]}", "composing", "", True, True)


def _extra(name: str) -> str:
    """Return how to install an extra, in a checkout and elsewhere."""
    what = f"chipassets[{name}]" if name else "chipassets"
    sync = f"uv sync --extra {name}" if name else "uv sync"
    return f"pip install '{what}', in a checkout {sync}"


def _package(name: str, use: str, fix: str, *, required: bool = False) -> Finding:
    """Return whether a package is installed, and in which version."""
    # Imported here: it imports the email package, which few commands need.
    from importlib import metadata

    try:
        return Finding(name, metadata.version(name), use, fix, True, required)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", use, fix, False, required)


def _program(name: str, use: str) -> Finding:
    """Return whether a program is on the path, and what it is used for."""
    path = shutil.which(name)
    fix = "install it with your system's package manager"
    return Finding(name, "found" if path else "missing", use, fix, path is not None, False)
