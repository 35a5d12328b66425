"""Construct 3: the web player with the index as a script, and the audio as project files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chipassets.engines.kit import Exporter, Item, Music, template
from chipassets.engines.web import bundle_items, player


def construct_items(music: Music) -> Iterator[Item]:
    """Yield the scripts and the audio, named without folders: project files have none."""
    yield Item("chipassets.README.md", template("construct", "README.md"))
    yield Item("scripts/chipassets.js", player())
    index: dict[str, Any] = {}
    for item in bundle_items(music, ""):
        if item.path == "bundle.json":
            index = json.loads(item.data)
        else:
            yield Item(f"files/{flat(item.path)}", item.data)
    for record in index["tracks"]:
        for file in (*record["files"].values(), *record.get("layers", ())):
            file["path"] = flat(file["path"])
    text = json.dumps(index, indent=2, ensure_ascii=False)
    yield Item("scripts/chipassets-music.js", template("construct", "music.js", INDEX=text))


def flat(path: str) -> str:
    """Return a path of the bundle as a single file name."""
    return path.removeprefix("audio/").replace("/", "-")


def construct_example(music: Music) -> Iterator[Item]:
    """Yield a main script that plays it."""
    del music
    yield Item("scripts/main.js", template("construct", "main.js"))


CONSTRUCT = Exporter("construct", "Construct 3", ("ogg",), construct_items, construct_example)
