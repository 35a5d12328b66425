"""`chipassets build`."""

from __future__ import annotations

import enum
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipassets.cli.ci import Format, Found, ReportFormat, report_as, track_place
from chipassets.cli.ci import depfile as make_rule
from chipassets.cli.exits import INTERRUPTED
from chipassets.cli.manifest import read_manifest, tell_renames
from chipassets.cli.options import (
    BundleOption,
    JobsOption,
    JsonOption,
    ManifestArgument,
    ModelOption,
)
from chipassets.cli.output import print_json, print_table, print_text, say, unheard
from chipassets.cli.progress import Show, progress
from chipassets.cli.replay import Grounds, is_recorded
from chipassets.errors import ChipassetsError, ClusterError, UsageError

if TYPE_CHECKING:
    from chipassets.build import Built, Event
    from chipassets.bundle import Index, TrackEntry
    from chipassets.engines import Exported
    from chipassets.plan.trackplan import BuildPlan, Reference


class Composer(enum.Enum):
    """What composes the takes: the values of --composer."""

    MODEL = "model"
    MAGENTA = "magenta"


def build_command(
    manifest: ManifestArgument,
    out: BundleOption = None,
    jobs: JobsOption = 0,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", help="Make the tracks on a Dask cluster: dask://HOST:PORT of its scheduler."
        ),
    ] = None,
    model: ModelOption = None,
    composer: Annotated[
        Composer, typer.Option(help="Who composes: the model, or Magenta's generator with it.")
    ] = Composer.MODEL,
    beam_size: Annotated[int, typer.Option(min=1, max=64, help="Of Magenta's generator.")] = 1,
    branch_factor: Annotated[int, typer.Option(min=1, max=64, help="Of Magenta's generator.")] = 1,
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and say what is stale.")
    ] = False,
    notes_only: Annotated[
        bool, typer.Option("--notes", help="With --check: check the lock only, not the bundle.")
    ] = False,
    locked: Annotated[
        bool,
        typer.Option("--locked", help="Compose nothing; exit 1 if the lock lacks notes."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Treat every warning as an error; exit 1.")
    ] = False,
    recompose: Annotated[
        bool,
        typer.Option("--recompose", help="Replace accepted takes whose plan has changed."),
    ] = False,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Neither read nor write the user's cache."),
    ] = False,
    form: Format = ReportFormat.TEXT,
    depfile: Annotated[
        Path | None,
        typer.Option("--depfile", help="Write the files the bundle depends on, for Make or Ninja."),
    ] = None,
    progress_file: Annotated[
        Path | None,
        typer.Option("--progress-file", help="Write the progress to this file, for editors."),
    ] = None,
    print_folder: Annotated[
        bool, typer.Option("--print-folder", help="Print the bundle's folder and stop.")
    ] = False,
    print_inputs: Annotated[
        bool, typer.Option("--print-inputs", help="Print the files that the build reads and stop.")
    ] = False,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")] = False,
) -> None:
    """Build a manifest's bundle, or bring it up to date.

    Only what changed is made again. The chosen notes are kept in a lock beside the manifest:
    commit it, and every machine builds the same music.
    """
    # Imported here, as in every command, so that --help does not wait for NumPy.
    from chipassets.build import build
    from chipassets.bundle import default_folder, index_files, try_file
    from chipassets.engines import check_targets, export_targets, found_files, record_paths
    from chipassets.resolve.build_plan import resolve

    if print_folder or print_inputs:
        folder = out or default_folder(read_manifest(manifest).game)
        asked = [folder] if print_folder else []
        asked += inputs_of(manifest) if print_inputs else []
        print_text("\n".join(path.as_posix() for path in asked))
        return
    if check_only and form is not ReportFormat.TEXT:
        with report_as(form, "build --check", manifest) as findings:
            for stale in _stale(manifest, out, model, notes_only=notes_only):
                place = track_place(manifest, stale)
                findings.add(Found(findings.file, stale, "stale", *place))
        return
    if form is not ReportFormat.TEXT:
        raise UsageError("--format reports what a check found: add --check, or use --json")
    scheduler = _scheduler(on, jobs)
    reference = _reference(composer, beam_size, branch_factor)
    grounds = Grounds(manifest, model)
    loaded = read_manifest(manifest)
    plan = resolve(loaded, model_override=model, reference=reference)
    if not (quiet or as_json):
        is_heard = sys.stdin.isatty() and sys.stderr.isatty()
        ask = is_heard and not (check_only or locked)
        if tell_renames(manifest, loaded, plan, ask=ask):
            loaded = read_manifest(manifest)
            plan = resolve(loaded, model_override=model, reference=reference)
    check_targets(loaded.engines, plan.formats)
    folder = out or default_folder(plan.game)
    refuse_manifest_folder(folder, manifest)
    if notes_only and not check_only:
        raise UsageError("--notes belongs to --check")
    if locked and recompose:
        raise UsageError("--recompose composes, and --locked does not; leave one out")
    grounds.add(*index_files(folder), *record_paths(loaded.engines, manifest, folder))
    if check_only:
        found = _stale(manifest, out, model, reference, notes_only=notes_only)
        again = _command(manifest, out, model)
        _print_check(found, again, as_json=as_json, quiet=quiet)
        if notes_only:
            grounds.keep()
        elif not loaded.engines:
            grounds.keep(_listed(folder))
        return
    for option, file in (("--depfile", depfile), ("--progress-file", progress_file)):
        if file is not None:
            try:
                try_file(file)
            except ChipassetsError as error:
                raise error.within(option) from error
    workers = jobs or os.cpu_count() or 1
    events = build(
        plan,
        manifest,
        folder,
        workers,
        strict=strict,
        recompose=recompose,
        locked=locked,
        use_cache=not no_cache,
        on=scheduler,
    )
    with progress(len(plan.tracks), hidden=quiet or as_json, file=progress_file) as show:
        try:
            built = _follow(events, show)
        except KeyboardInterrupt:
            say((f"interrupted; nothing was replaced{_told_kept(show, no_cache)}", ""))
            # Not typer's Exit, which it also raises for Ctrl-C elsewhere, when nothing is told yet.
            raise SystemExit(INTERRUPTED) from None
        except ClusterError as error:
            raise ClusterError(f"{error}{_told_kept(show, no_cache)}") from error
    exports = export_targets(loaded.engines, manifest, folder)
    if depfile is not None:
        from chipassets.bundle import write_file

        write_file(depfile, os.fsencode(make_rule(folder / "bundle.json", inputs_of(manifest))))
    _tell(built, plan, exports, as_json=as_json, quiet=quiet)
    if depfile or progress_file or reference:
        return
    if not _has_written(built, exports):
        grounds.keep(_listed(folder, built.index) | found_files(exports))
    elif is_recorded():
        look = partial(build, strict=strict, recompose=recompose, locked=locked, dry=True)
        # What was asked for is done: nothing that happens now is to be told.
        with suppress(ChipassetsError, KeyboardInterrupt), unheard():
            _rehearse(look, manifest, model, folder, as_json=as_json, quiet=quiet)


def _has_written(built: Built, exports: Iterable[Exported]) -> bool:
    return built.changed or any(done.placed.is_change for done in exports)


def _rehearse(
    build: Callable[..., Iterator[Event]],
    manifest: Path,
    model: str | None,
    folder: Path,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Store what the same command will say if nothing changes, so that it need not look.

    build: the build with the command's options, which writes nothing. It has all modules at hand,
    whose import is half of what the first build with nothing to do takes otherwise.
    """
    from chipassets.build import Built
    from chipassets.bundle import index_files
    from chipassets.engines import export_targets, found_files, record_paths
    from chipassets.production.renames import guess_renames
    from chipassets.resolve.build_plan import resolve

    grounds = Grounds(manifest, model)
    loaded = read_manifest(manifest)
    plan = resolve(loaded, model_override=model)
    if not (quiet or as_json) and guess_renames(loaded, plan, manifest):
        return  # a question, or a line about what a person may still decide
    grounds.add(*index_files(folder), *record_paths(loaded.engines, manifest, folder))
    built = next((e for e in build(plan, manifest, folder) if isinstance(e, Built)), None)
    exports = export_targets(loaded.engines, manifest, folder, dry=True)
    if built is not None and not _has_written(built, exports):
        _tell(built, plan, exports, as_json=as_json, quiet=quiet)
        grounds.keep(_listed(folder, built.index) | found_files(exports))


def _tell(
    built: Built, plan: BuildPlan, exports: list[Exported], *, as_json: bool, quiet: bool
) -> None:
    """Print the result of a build, if anything is to be printed."""
    from chipassets.cli.export import tell as tell_exports
    from chipassets.cli.export import to_json as exported_to_json

    if as_json:
        engines = [exported_to_json(done) for done in exports]
        print_json(_built_to_json(built) | {"engines": engines})
    elif not quiet:
        _print_summary(built, plan)
        tell_exports(exports)


def _listed(folder: Path, index: Index | None = None) -> dict[Path, str]:
    """Return the hash of each file of a bundle that was just found to be whole.

    index: the bundle's, if it is known.
    """
    from chipassets.bundle import read_index

    return {folder / entry.path: entry.sha256 for entry in (index or read_index(folder)).files()}


def _scheduler(on: str | None, jobs: int) -> str | None:
    """Return the address of the scheduler that --on names."""
    if on is None:
        return None
    if jobs:
        raise UsageError(
            "--jobs counts processes on this machine, and --on names a cluster; leave one out"
        )
    from chipassets.cluster.address import parse_address

    return parse_address(on)


def _reference(composer: Composer, beam_size: int, branch_factor: int) -> Reference | None:
    """Return Magenta's settings if it composes; UsageError for its options without it."""
    from chipassets.plan.trackplan import Reference

    if composer is Composer.MODEL:
        if beam_size > 1 or branch_factor > 1:
            raise UsageError(
                "--beam-size and --branch-factor are Magenta's: add --composer magenta, or leave "
                "them out"
            )
        return None
    from chipassets.train.magenta_install import need_magenta

    need_magenta("--composer magenta")
    return Reference(beam_size, branch_factor)


def refuse_manifest_folder(folder: Path, manifest: Path) -> None:
    """Raise UsageError if the manifest lies in this folder, which a bundle would replace."""
    from chipassets.bundle import resolved

    if resolved(manifest).is_relative_to(resolved(folder)):
        raise UsageError(f"the bundle's folder {folder} holds the manifest; choose another with -o")


def _stale(
    manifest: Path,
    out: Path | None,
    model: str | None,
    reference: Reference | None = None,
    *,
    notes_only: bool = False,
) -> list[str]:
    """Return a line for each change that a build would make to the bundle and to engines' files."""
    from chipassets.build import check, check_notes
    from chipassets.bundle import default_folder
    from chipassets.engines import check_targets, stale_targets
    from chipassets.resolve.build_plan import resolve

    loaded = read_manifest(manifest)
    plan = resolve(loaded, model_override=model, reference=reference)
    check_targets(loaded.engines, plan.formats)
    if notes_only:
        return check_notes(plan, manifest)
    folder = out or default_folder(plan.game)
    found = check(plan, manifest, folder)
    return found or stale_targets(loaded.engines, manifest, folder)


def inputs_of(manifest: Path) -> list[Path]:
    """Return the files that a build reads: the manifest, its lock, and the files that it names."""
    from chipassets.stored.stamps import read_stamps

    return list(read_stamps(manifest))


def _command(manifest: Path, out: Path | None, model: str | None) -> str:
    """Return the command line that builds what these options of a check name."""
    words = ["chipassets", "build", str(manifest)]
    words += ["-o", str(out)] if out else []
    words += ["--model", model] if model else []
    return shlex.join(words)


def _print_check(found: list[str], command: str, *, as_json: bool, quiet: bool) -> None:
    """Print which files are stale, and the command that builds them; exit with 1 if any is."""
    if as_json:
        print_json({"stale": found})
    elif found and not quiet:
        print_text("\n".join([*found, f"{len(found)} stale; run: {command}"]))
    elif not quiet:
        print_text("up to date")
    if found:
        raise typer.Exit(1)


def _follow(events: Iterator[Event], show: Show) -> Built:
    """Show a build's events and return its result."""
    from chipassets.build import Built

    for event in events:
        show.event(event)
        if isinstance(event, Built):
            return event
    raise AssertionError("a build ends with Built")


_COLUMNS = ["track", "scene", "mood", "key", "tempo", "bars", "sec", "file", "take"]


def _print_summary(built: Built, plan: BuildPlan) -> None:
    """Print a table of the tracks, why each take was chosen, and the warnings."""
    rows = [_row(track) for track in built.index.tracks]
    state = "is in place" if built.changed else "was up to date"
    print_table(f"{built.index.game}: {built.folder} {state}", _COLUMNS, rows)
    for track in built.index.tracks:
        print_text(f"{track.name} ({built.done[track.name]}): {track.take.why}")
    if moved := _moved_tempi(plan):
        print_text(f"tempo, rounded so that a bar is a whole number of frames: {'; '.join(moved)}")
    dropped = {
        track.name: sum(item.count for item in track.dropped) for track in built.index.tracks
    }
    told = ", ".join(f"{name} {count}" for name, count in dropped.items() if count)
    if told:
        print_text(f"notes that no voice plays (see dropped in bundle.json): {told}")
    print_text(_size(built.index))
    for warning in built.warnings:
        print_text(f"warning: {warning}")
    if built.absent:
        print_text(
            f"the lock also keeps {', '.join(built.absent)}, which the manifest does not have; "
            "chipassets takes MANIFEST --forget removes them"
        )


def _size(index: Index) -> str:
    """Return a line on the size of a bundle's files, and of each of its folders."""
    from chipassets.report.compare import bundle_bytes, say_size

    folders: dict[str, int] = {}
    for entry in index.files():
        folder, _, name = entry.path.partition("/")
        if name:
            folders[folder] = folders.get(folder, 0) + entry.bytes
    parts = ", ".join(f"{folder} {say_size(size)}" for folder, size in sorted(folders.items()))
    said = f"size: {say_size(bundle_bytes(index))} ({parts})"
    return said.replace("\N{NO-BREAK SPACE}", " ")  # which not every terminal has


def _moved_tempi(plan: BuildPlan) -> list[str]:
    """Return a line for each track that plays at another tempo than the manifest asks for."""
    from chipassets.chips.profiles import CHIPS
    from chipassets.plan.trackplan import TEMPO
    from chipassets.resolve.plan_text import played_text

    rate_hz = CHIPS[plan.chip].frame_rate_hz
    return [
        f"{track.name} {track.tempo_millibpm / 1000:g} asked, {plays}"
        for track in plan.tracks
        if TEMPO in track.given and not (track.match or track.link)
        if (plays := played_text(track, rate_hz))
    ]


def _row(track: TrackEntry) -> list[str]:
    """Return a track's row in the summary."""
    file = track.files.get("ogg") or next(iter(track.files.values()))
    return [
        track.name,
        track.scene,
        " ".join(track.moods),
        track.key,
        f"{track.tempo_bpm:.1f}",
        str(track.bars),
        f"{track.music_seconds:.1f}",
        file.path,
        f"{track.take.name} of {track.take.of}",
    ]


def _told_kept(show: Show, no_cache: bool) -> str:
    """Tell how many finished tracks of an interrupted build the cache keeps for the next build."""
    kept = 0 if no_cache else show.tally.done
    return f"; {kept} finished tracks are kept for the next build" if kept else ""


def _built_to_json(built: Built) -> dict[str, object]:
    from chipassets.report.compare import bundle_bytes

    return {
        "folder": str(built.folder),
        "changed": built.changed,
        "warnings": built.warnings,
        "absent": built.absent,
        "bytes": bundle_bytes(built.index),
        "tracks": [
            {"name": track.name, "done": built.done[track.name], "why": track.take.why}
            | {"files": {kind: entry.path for kind, entry in track.files.items()}}
            for track in built.index.tracks
        ],
    }
