"""GB Studio 4 and 3: songs for its hUGE driver, with stable names and identifiers."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator

from chipassets.engines.kit import Exporter, Item, Music, template

_FOLDER = "assets/music"
_MOST_LETTERS = 27
"""GB Studio reserves four of the 31 characters of a C name for a number."""


def gbstudio_items(music: Music) -> Iterator[Item]:
    """Yield assets/music: a song for each track, and GB Studio's metadata of it."""
    yield Item(
        f"{_FOLDER}/chipassets.README.md", template("gbstudio", "README.md", SCENES=_scenes(music))
    )
    taken: set[str] = set()
    for track in music.tracks:
        song = f"{track.name}.uge"
        yield Item(f"{_FOLDER}/{song}", music.data(music.audio(track, "uge").path))
        record = {
            "_resourceType": "music",
            "id": _identifier(music, track.name),
            "name": track.name,
            "symbol": _symbol(track.name, taken),
            "settings": {},
            "filename": song,
            "type": "uge",
        }
        data = json.dumps(record, indent=2).encode()
        yield Item(f"{_FOLDER}/{song}.gbsres", data, is_engines=True)


def _identifier(music: Music, name: str) -> str:
    """Return an identifier that depends on game and track only, so that events stay valid."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"chipassets:{music.index.game}/{name}"))


def _symbol(name: str, taken: set[str]) -> str:
    """Return the song's name in the game's C code, as GB Studio derives it from the file name."""
    plain = re.sub(r"[^a-z0-9]+", "_", f"song_{name}".lower())[:_MOST_LETTERS]
    symbol, number = plain, 0
    while symbol in taken:
        symbol, number = f"{plain}_{number}", number + 1
    taken.add(symbol)
    return symbol


def _scenes(music: Music) -> str:
    rows = [
        f"| {track.scene} | {track.name} | {'loops' if track.loop else 'plays once'} |"
        for track in music.tracks
    ]
    return "\n".join(rows)


def gbstudio_example(music: Music) -> Iterator[Item]:
    """Yield a description of events that play it: an editor's project cannot be written as text."""
    del music
    yield Item(f"{_FOLDER}/chipassets.example.md", template("gbstudio", "example.md"))


GBSTUDIO = Exporter("gbstudio", "GB Studio", ("uge",), gbstudio_items, gbstudio_example)
