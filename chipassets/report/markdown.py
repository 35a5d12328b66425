"""The changes between two bundles as Markdown, for a comment on a pull request."""

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
from chipassets.report.opened import OpenedBundle, with_bundle

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def compare_markdown(bundle: Path, before: Path) -> str:
    """Return the changes since an earlier bundle: a line and a table for each changed track.

    Pictures of changed tracks are linked by their path in the bundle if it has them. Raises
    CheckError for a bundle that is missing, damaged, altered or of a newer format.
    """
    return with_bundle(bundle, lambda new: with_bundle(before, lambda old: _markdown(new, old)))


def _markdown(new: OpenedBundle, old: OpenedBundle) -> str:
    pictures = {entry.name: entry.files.get("preview") for entry in new.index.tracks}
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
        if picture := pictures.get(name):
            lines += [f"Picture: `{picture.path}`", ""]
    return "\n".join(lines).rstrip() + "\n"


def _differences(new: OpenedBundle, old: OpenedBundle) -> dict[str, Difference]:
    names = dict.fromkeys([*new.names, *old.names])
    return {name: compare_tracks(old.track(name), new.track(name)) for name in names}


def _table(changes: list[Change] | tuple[Change, ...]) -> list[str]:
    rows = [f"| {_plain(c.name)} | {_plain(c.before)} | {_plain(c.after)} |" for c in changes]
    return ["| | before | after |", "|---|---|---|", *rows]


def _plain(text: str) -> str:
    """Return the text escaped for Markdown, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
