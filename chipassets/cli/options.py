"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chipassets.cli.completing import models

ManifestArgument = Annotated[Path, typer.Argument(help="The manifest, a YAML file.")]
BundleOption = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="The bundle's folder.", show_default="build/GAME in the current folder"
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Where to write.")]
JobsOption = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Tracks made at once; 0 means one per core.")
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="A shipped model's name or a model file.", autocompletion=models),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
