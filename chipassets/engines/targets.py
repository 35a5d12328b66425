"""The engines of a manifest: the folder of each, and writing their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from chipassets.engines.kit import Music
from chipassets.engines.m4a import m4a_items
from chipassets.engines.placing import Placed, place, record_name
from chipassets.engines.rpgmaker import RPGMAKER
from chipassets.engines.table import EXPORTERS
from chipassets.errors import UsageError
from chipassets.manifest.engines import EngineTarget


@dataclass(frozen=True, slots=True)
class Exported:
    """The files of an engine: their folder, and what was done, or would be."""

    engine: str
    folder: Path
    placed: Placed

    def warnings(self) -> list[str]:
        """Return one line for each file left alone because chipassets did not write it."""
        left = [
            f"{self.folder / path} was not written by this export, or was changed since; it stays "
            "as it is: move it away to get the new one"
            for path in self.placed.left
        ]
        kept = [
            f"{self.folder / path} is not needed any more, and was changed since it was written; "
            "it stays: remove it if it is not yours"
            for path in self.placed.kept
        ]
        return left + kept


def check_targets(targets: Iterable[EngineTarget], formats: Sequence[str]) -> None:
    """Raise UsageError if an engine needs a format that the manifest does not list."""
    for target in targets:
        for kind in EXPORTERS[target.name].needs:
            if kind not in formats:
                raise UsageError(
                    f"engines: {target.name} needs {kind} files, and formats: is "
                    f"[{', '.join(formats)}]; add {kind} to it"
                )


def target_folder(target: EngineTarget, manifest: Path, bundle: Path) -> Path:
    """Return the folder for an engine's files: the manifest's, else one inside the bundle."""
    if target.into is None:
        return bundle / "engines" / target.name
    return manifest.parent / target.into


def export(
    engine: str, bundle: Path, folder: Path, *, example: bool = False, dry: bool = False
) -> Exported:
    """Write an engine's files of a bundle to a folder; with `example` also a small game.

    Raises ChipassetsError if the bundle or a file cannot be read or written.
    """
    exporter, music = EXPORTERS[engine], Music.read(bundle)
    shown = [*exporter.example(music)]
    items = chain(exporter.items(music), shown if example else ())
    given = {item.path for item in shown}
    return Exported(engine, folder, place(engine, folder, items, given=given, dry=dry))


def export_m4a(bundle: Path, folder: Path, *, dry: bool = False) -> Exported:
    """Write an `.m4a` beside each OGG of an RPG Maker project, with a separate record."""
    name = f"{RPGMAKER.name}-m4a"
    return Exported(name, folder, place(name, folder, m4a_items(Music.read(bundle)), dry=dry))


def export_targets(
    targets: Iterable[EngineTarget], manifest: Path, bundle: Path, *, dry: bool = False
) -> list[Exported]:
    """Write the files of every engine to the folders that the manifest sets."""
    return [
        export(target.name, bundle, target_folder(target, manifest, bundle), dry=dry)
        for target in targets
    ]


def record_paths(targets: Iterable[EngineTarget], manifest: Path, bundle: Path) -> list[Path]:
    """Return the paths of the records of what was placed for each engine, there or not."""
    return [
        target_folder(target, manifest, bundle) / record_name(target.name) for target in targets
    ]


def found_files(exports: Iterable[Exported]) -> dict[Path, str]:
    """Return the hash of each engine's file as it was found, "" where there was none."""
    return {
        done.folder / path: found for done in exports for path, found in done.placed.found.items()
    }


def stale_targets(targets: Iterable[EngineTarget], manifest: Path, bundle: Path) -> list[str]:
    """Return one line for each engine whose files differ from what the bundle gives."""
    return [
        f"engine {done.engine}: {len(done.placed.written) + len(done.placed.removed)} files of "
        f"{done.folder} differ from what the bundle gives"
        for done in export_targets(targets, manifest, bundle, dry=True)
        if done.placed.is_change
    ]
