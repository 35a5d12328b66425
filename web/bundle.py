#!/usr/bin/env python3
"""Make the JavaScript files that ship of the modules here: python web/bundle.py [--check].

A bundle is the modules that its entry imports, in their order, in one function: imports and the
word `export` go, everything else stays, comments too, so that what ships can be read. Therefore
modules import by name from relative paths, export declarations alone, and no two of one bundle
declare the same name at their top.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUNDLES = {
    "player/chipassets.js": "chipassets/runtime/web/chipassets.js",
    "report/page.js": "chipassets/report/page.js",
    "studio/page.js": "chipassets/studio/page.js",
}
"""The entry of each bundle, here, and the file that ships, in the repository."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]*)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const|let) )", re.MULTILINE)
_DECLARED = re.compile(r"^(?:async function|function|class|const|let) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Return the bundle of an entry as text; ValueError for what it cannot put together."""
    texts: dict[Path, str] = {}
    _collect(entry.resolve(), texts, ())
    homes: dict[str, Path] = {}
    for path, text in texts.items():
        for name in _DECLARED.findall(text):
            if name in homes:
                raise ValueError(f"{path} and {homes[name]} both declare {name}; rename one")
            homes[name] = path
    head, rest = _head(texts.pop(entry.resolve()))
    body = "\n\n".join(text.strip() for text in [*texts.values(), rest])
    lines = (f"  {line}".rstrip() for line in body.splitlines())
    return "\n".join([head, "(function () {", '  "use strict";', "", *lines, "})();", ""])


def _collect(path: Path, texts: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Add a module behind those that it imports; each comes once."""
    if path in above:
        raise ValueError(f"{path} imports itself, by way of {above[-1]}")
    if path in texts:
        return
    text = path.read_text(encoding="utf-8")
    for imported in _IMPORT.findall(text):
        _collect((path.parent / imported).resolve(), texts, (*above, path))
    text = _EXPORT.sub("", _IMPORT.sub("", text))
    if left := _LEFT.search(text):
        raise ValueError(f"{path}: {left[0]!r} is not understood; see web/bundle.py")
    texts[path] = text


def _head(text: str) -> tuple[str, str]:
    """Part an entry in its first comment, which stands at the top of what ships, and the rest."""
    end = text.index("*/") + 2
    return text[:end], text[end:]


def stale() -> list[str]:
    """Return the shipped files that are not what the modules make."""
    root = HERE.parent
    return [
        target
        for entry, target in BUNDLES.items()
        if (root / target).read_text(encoding="utf-8") != bundle(HERE / entry)
    ]


def main() -> int:
    """Write the files that ship, or with --check say which are not up to date."""
    if sys.argv[1:] == ["--check"]:
        for target in (old := stale()):
            print(f"{target} is not up to date; run python web/bundle.py")
        return 1 if old else 0
    for entry, target in BUNDLES.items():
        (HERE.parent / target).write_text(bundle(HERE / entry), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
