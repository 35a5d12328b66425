"""What changed between two bundles as Markdown: a comment for a pull request."""

from __future__ import annotations

import re
from pathlib import Path

from chipassets.report.compare import (
    Change,
    Difference,
    bundle_bytes,
    compare_indices,
    compare_tracks,
    say_size,
)
from chipassets.report.opened import OpenedBundle, open_bundle

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def compare_markdown(bundle: Path, before: Path) -> str:
    """Return what changed since an earlier bundle: a line and a table for each track that did.

    The pictures of changed tracks are named by their path in the bundle, as far as it has some.
    Raises CheckError for a bundle that is missing, damaged, altered or of a newer format.
    """
    new, old = open_bundle(bundle), open_bundle(before)
    pairs = _differences(new, old)
    changed = {name: one for name, one in pairs.items() if one.status != "same"}
    sizes = f"{say_size(bundle_bytes(old.index))} → {say_size(bundle_bytes(new.index))}"
    count = len(pairs) - len(changed)
    same = f"{count} of {len(pairs)} tracks are as they were."
    lines = [f"### Music of {_plain(new.index.game)}", "", f"{same} Size: {sizes}.", ""]
    whole = [change for change in compare_indices(old.index, new.index) if change.name != "Size"]
    if whole:
        lines += ["#### The bundle", "", *_table(whole), ""]
    for name, difference in changed.items():
        what = ", ".join(difference.aspects)
        lines += [f"#### {_plain(name)}: {difference.status}{f' ({what})' if what else ''}", ""]
        if difference.changes:
            lines += [*_table(difference.changes), ""]
        track = new.track(name)
        picture = track.entry.files.get("preview") if track else None
        if picture:
            lines += [f"Picture: `{picture.path}`", ""]
    return "\n".join(lines).rstrip() + "\n"


def _differences(new: OpenedBundle, old: OpenedBundle) -> dict[str, Difference]:
    names = [track.entry.name for track in (*new.tracks, *old.tracks)]
    return {name: compare_tracks(old.track(name), new.track(name)) for name in names}


def _table(changes: list[Change] | tuple[Change, ...]) -> list[str]:
    rows = [f"| {_plain(c.name)} | {_plain(c.before)} | {_plain(c.after)} |" for c in changes]
    return ["| | before | after |", "|---|---|---|", *rows]


def _plain(text: str) -> str:
    """The text as Markdown shows it: in one line, its own marks escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
