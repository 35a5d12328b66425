"""`chipassets watch`."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.cli.manifest import read_manifest
from chipassets.cli.options import BundleOption, JobsOption, ManifestArgument
from chipassets.cli.output import print_error, print_text, say
from chipassets.errors import ChipassetsError, UsageError

if TYPE_CHECKING:
    from chipassets.build import Built
    from chipassets.stored.stamps import Stamps

_POLL_SECONDS = 0.25


def watch_command(
    manifest: ManifestArgument,
    out: BundleOption = None,
    jobs: JobsOption = 0,
) -> None:
    """Build, and build again whenever the manifest, its lock or a file that it names is saved.

    Mistakes in the manifest are reported, and the bundle stays as it was. Ctrl-C ends the watch.
    """
    from chipassets.lock import lock_path
    from chipassets.stored.stamps import read_stamps

    if manifest.is_dir():
        raise UsageError(f"{manifest} is a folder; name the manifest in it, a YAML file")
    workers = jobs or os.cpu_count() or 1
    try:
        seen = read_stamps(manifest)
        _build(manifest, out, workers)
        # The build itself writes the lock; any other file that changed was saved during the build.
        while True:
            lock = lock_path(manifest)
            seen = _with_stamp_of(lock, seen, read_stamps(manifest))
            print_text(f"watching {manifest}; Ctrl-C ends")
            seen = next(changes(manifest, seen))
            _build(manifest, out, workers)
    except KeyboardInterrupt:
        say(("no longer watching", ""))


def changes(manifest: Path, seen: Stamps, poll_seconds: float = _POLL_SECONDS) -> Iterator[Stamps]:
    """Yield the files' time stamps whenever they differ from the last ones and no longer change.

    An editor may save in several steps.
    """
    from chipassets.stored.stamps import read_stamps

    while True:
        found = read_stamps(manifest)
        time.sleep(poll_seconds)
        if found != seen and found == read_stamps(manifest):
            seen = found
            yield found


def _with_stamp_of(path: Path, seen: Stamps, now: Stamps) -> Stamps:
    kept = {other: stamp for other, stamp in seen.items() if other != path}
    return kept | ({path: now[path]} if path in now else {})


def _build(manifest: Path, out: Path | None, workers: int) -> None:
    """Build once; print one line with the result or the error."""
    from chipassets.build import Built, build
    from chipassets.bundle import default_folder
    from chipassets.cli.build import refuse_manifest_folder
    from chipassets.cli.export import tell as tell_exports
    from chipassets.engines import check_targets, export_targets
    from chipassets.resolve.build_plan import resolve

    began = time.monotonic()
    try:
        loaded = read_manifest(manifest)
        plan = resolve(loaded)
        check_targets(loaded.engines, plan.formats)
        folder = out or default_folder(plan.game)
        refuse_manifest_folder(folder, manifest)
        for event in build(plan, manifest, folder, workers):
            if isinstance(event, Built):
                _tell(event, time.monotonic() - began)
        tell_exports(export_targets(loaded.engines, manifest, folder))
    except ChipassetsError as error:
        print_error(error, as_json=False)


def _tell(built: Built, seconds: float) -> None:
    """Print what a build did and how long it took."""
    if not built.changed:
        print_text(f"{built.folder} is up to date")
        return
    done = Counter(built.done.values())
    told = ", ".join(f"{count} {what}" for what, count in done.items())
    print_text(f"{built.folder} is in place after {seconds:.1f} s: {told}")
