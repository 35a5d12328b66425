"""Solarus 1.6: OGG files that loop by their tags, and a script that follows the scenes."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.engines.kit import Exporter, Item, Music, facts, template
from chipassets.engines.lua import lua_value

_KEPT = ("name", "scene", "moods", "match", "loops")


def solarus_items(music: Music) -> Iterator[Item]:
    """Yield the script, its table of tracks, the audio, and the lines for project_db.dat."""
    rows = [{key: facts(track)[key] for key in _KEPT} for track in music.tracks]
    table = ",\n".join(f"  {lua_value(row)}" for row in rows)
    head = "-- Written by chipassets: build again to change it.\n"
    yield Item("scripts/chipassets/README.md", template("solarus", "README.md"))
    yield Item("scripts/chipassets/music.lua", template("solarus", "music.lua"))
    yield Item("scripts/chipassets/tracks.lua", f"{head}return {{\n{table},\n}}\n".encode())
    lines = [
        f'music{{ id = "chipassets/{track.name}", description = "{track.name}" }}\n'
        for track in music.tracks
    ]
    yield Item("scripts/chipassets/project_db.txt", "".join(lines).encode())
    for track in music.tracks:
        yield Item(f"musics/chipassets/{track.name}.ogg", music.data(music.audio(track).path))


def solarus_example(music: Music) -> Iterator[Item]:
    """Yield a quest that plays it."""
    del music
    for name in ("main.lua", "quest.dat"):
        yield Item(name, template("solarus", name))
    yield Item("project_db.dat", b"", is_engines=True)


SOLARUS = Exporter("solarus", "Solarus 1.6", ("ogg",), solarus_items, solarus_example)
