"""`chipassets plan`, `validate`, `init` and `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli import completing
from chipassets.cli.ci import Format, Found, ReportFormat, report_as, track_place
from chipassets.cli.options import JsonOption, ManifestArgument, ModelOption
from chipassets.cli.output import forget_heard, print_json, print_text, say
from chipassets.cli.replay import Grounds
from chipassets.errors import ManifestError, Problem, UsageError

if TYPE_CHECKING:
    from chipassets.manifest import Manifest
    from chipassets.plan.trackplan import BuildPlan


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a file; print remarks on the files that it names."""
    from chipassets.manifest import load_manifest

    manifest = load_manifest(path)
    for remark in manifest.remarks:
        say((remark, ""))
    return manifest


def tell_renames(path: Path, manifest: Manifest, plan: BuildPlan, *, ask: bool) -> bool:
    """Print which tracks seem to be renamed; with `ask`, add `was:` to the manifest if confirmed.

    Returns whether the manifest changed.
    """
    from chipassets.manifest.edit import set_key
    from chipassets.production.renames import guess_renames

    changed = False
    for name, old in guess_renames(manifest, plan, path).items():
        told = f"{name} is new, and has the same settings as {old}, which is gone"
        if not ask:
            say((f"{told}; was: {old} under {name} keeps its music and its decisions", ""))
        elif _confirmed(f"{told}. Was it called so?"):
            changed |= set_key(path, name, "was", old)
    return changed


def _confirmed(question: str) -> bool:
    """Ask a question and return the answer; its output is not replayed."""
    forget_heard()
    try:
        return typer.confirm(question, default=True, err=True)
    except typer.Abort:  # Ctrl-C, or the end of the input
        raise KeyboardInterrupt from None


class SchemaName(StrEnum):
    """The documents that have a JSON Schema."""

    MANIFEST = "manifest"
    BUNDLE = "bundle"


def set_command(
    manifest: ManifestArgument,
    track: Annotated[
        str, typer.Argument(help="The track's name.", autocompletion=completing.tracks_of_manifest)
    ],
    settings: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE...",
            help="tempo=132, mood=tense,dark, …",
            autocompletion=completing.settings,
        ),
    ],
) -> None:
    """Change settings of a track in the manifest; comments and layout stay.

    A value is YAML; words with commas are a list. A change that makes the manifest invalid is
    refused.
    """
    from chipassets.manifest.edit import set_keys

    changes = [_setting(text) for text in settings]
    for (key, value), new in zip(changes, set_keys(manifest, track, changes), strict=True):
        said = f"{key} of {track} is {value if isinstance(value, str) else _flow(value)}"
        print_text(said if new else f"{said} already")


def _setting(text: str) -> tuple[str, object]:
    """Return the key and the value of `KEY=VALUE`; the value is read as in a manifest."""
    from chipassets.manifest.edit import read_value

    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"{text!r} is not a setting; write KEY=VALUE, as in tempo=132")
    return key.strip(), read_value(value)


def _flow(value: object) -> str:
    from chipassets.manifest.edit import flow_text

    return flow_text(value)


def plan_command(
    manifest: ManifestArgument,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a build would do, with every default filled in; writes nothing."""
    from chipassets.production.held_chips import held_warnings
    from chipassets.production.stock import take_stock_of_notes
    from chipassets.resolve.build_plan import resolve
    from chipassets.resolve.plan_json import plan_to_json
    from chipassets.resolve.plan_warnings import plan_warnings, warning_lines

    grounds = Grounds(manifest, model)
    loaded = read_manifest(manifest)
    plan = resolve(loaded, model_override=model)
    if not as_json:
        tell_renames(manifest, loaded, plan, ask=False)
    stock = take_stock_of_notes(plan, manifest)
    stale, held = stock.notes, held_warnings(stock)
    if as_json:
        warned = [*warning_lines(plan_warnings(plan)), *held]
        print_json(plan_to_json(plan) | {"composes": stale, "warnings": warned})
    else:
        _print_plan(plan, stale)
        for warning in held:
            print_text(f"warning: {warning}")
    grounds.keep()


def _print_plan(plan: BuildPlan, stale: Mapping[str, str]) -> None:
    from chipassets.resolve.plan_text import plan_to_text

    print_text(plan_to_text(plan))
    kept = len(plan.tracks) - len(stale)
    print_text(
        f"\na build takes the notes of {kept} tracks from the lock and composes {len(stale)}"
    )
    for name, why in stale.items():
        print_text(f"  {name}: {why}")


def validate_command(
    manifests: Annotated[
        list[Path], typer.Argument(metavar="MANIFEST...", help="One or more manifests.")
    ],
    form: Format = ReportFormat.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Check manifests and report everything that is wrong with them; writes nothing."""
    if form is not ReportFormat.TEXT:
        with report_as(form, "validate", manifests[0]) as findings:
            for path, found in zip(manifests, _validated(manifests), strict=True):
                for warning in found.warnings:
                    place = track_place(path, warning)
                    findings.warn(Found(path.as_posix(), warning, "plan", *place))
        return
    checked = _validated(manifests)
    if as_json and len(checked) == 1:
        print_json({"valid": True, **asdict(checked[0])})
    elif as_json:
        named = {str(path): asdict(found) for path, found in zip(manifests, checked, strict=True)}
        print_json({"valid": True, "manifests": named})
    else:
        for path, found in zip(manifests, checked, strict=True):
            for warning in found.warnings:
                print_text(f"{path}: warning: {warning}")
            count = len(found.tracks)
            print_text(f"{path}: valid, {count} {'track' if count == 1 else 'tracks'}")


@dataclass(frozen=True, slots=True)
class _Valid:
    """A valid manifest: the names of its tracks, and what its plan may not mean as it says it."""

    tracks: list[str]
    warnings: list[str]


def _validated(manifests: list[Path]) -> list[_Valid]:
    """Return what each manifest holds; raise ManifestError with the problems of all."""
    from chipassets.resolve.build_plan import resolve
    from chipassets.resolve.plan_warnings import plan_warnings, warning_lines

    valid: list[_Valid] = []
    problems: list[Problem] = []
    for path in manifests:
        try:
            plan = resolve(read_manifest(path))
        except ManifestError as error:
            problems += error.problems
        else:
            names = [track.name for track in plan.tracks]
            valid.append(_Valid(names, warning_lines(plan_warnings(plan))))
    if problems:
        raise ManifestError(tuple(problems))
    return valid


def init_command(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("game.yaml"),
    game: Annotated[str, typer.Option("--game", help="The game's name.")] = "My Game",
) -> None:
    """Write a commented manifest to start from; an existing file is not replaced."""
    from chipassets.bundle import write_file
    from chipassets.manifest import starter_manifest

    if path.exists():
        raise UsageError(f"{path} exists; name another file, or remove it first")
    write_file(path, starter_manifest(game).encode())
    print_text(f"wrote {path}; next: chipassets build {path}")


def schema_command(
    document: Annotated[
        SchemaName, typer.Argument(help="Which document to print the schema of.")
    ] = SchemaName.MANIFEST,
) -> None:
    """Print the JSON Schema of the manifest, or of bundle.json."""
    from chipassets.bundle import index_schema
    from chipassets.manifest import manifest_schema

    print_json(manifest_schema() if document is SchemaName.MANIFEST else index_schema())
