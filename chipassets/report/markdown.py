"""The changes between two bundles as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

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


def compare_markdown(
    bundle: Path, before: Path, pictures: str = "", pictures_before: str = ""
) -> str:
    """Return the changes since an earlier bundle: a line and a table for each changed track.

    pictures, pictures_before: the web addresses at which the two bundles' files can be read, ""
    where they cannot. The pictures of a changed track, in bundles that have them (`preview`), are
    shown from there; those of the new bundle are otherwise named by their path. Raises CheckError
    for a bundle that is missing, damaged, altered or of a newer format.
    """
    addresses = pictures_before, pictures
    return with_bundle(
        bundle, lambda new: with_bundle(before, lambda old: _markdown(new, old, addresses))
    )


def _markdown(new: OpenedBundle, old: OpenedBundle, addresses: tuple[str, str]) -> str:
    """Return the changes as Markdown; addresses: of the new and the old bundle."""
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
        lines += _pictures(name, (old, new), addresses)
    return "\n".join(lines).rstrip() + "\n"


def _pictures(
    name: str, bundles: tuple[OpenedBundle, OpenedBundle], addresses: tuple[str, str]
) -> list[str]:
    """Return the lines with a track's pictures before and after, [] for a track without one."""
    shown, paths = [], []
    for when, opened, address in zip(("before", "after"), bundles, addresses, strict=True):
        for entry in opened.index.tracks:
            if entry.name == name and "preview" in entry.files:
                path = entry.files["preview"].path
                paths.append(path)
                if address:
                    url = f"{address.rstrip('/')}/{quote(path)}"
                    shown.append((when, f"![{_plain(name)} {when}]({url})"))
    if len(shown) == 2:
        (_, first), (_, second) = shown
        return ["| before | after |", "|---|---|", f"| {first} | {second} |", ""]
    if shown:
        return [shown[0][1], ""]
    return [f"Picture: `{paths[-1]}`", ""] if paths else []


def _differences(new: OpenedBundle, old: OpenedBundle) -> dict[str, Difference]:
    names = dict.fromkeys([*new.names, *old.names])
    return {name: compare_tracks(old.track(name), new.track(name)) for name in names}


def _table(changes: list[Change] | tuple[Change, ...]) -> list[str]:
    """Return a table in Markdown of what changed."""
    rows = [f"| {_plain(c.name)} | {_plain(c.before)} | {_plain(c.after)} |" for c in changes]
    return ["| | before | after |", "|---|---|---|", *rows]


def _plain(text: str) -> str:
    """Return the text escaped for Markdown, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
