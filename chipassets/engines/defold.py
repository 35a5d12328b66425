"""Defold: sound components, a game object that holds them, and the player in Lua."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names
from chipassets.engines.kit import Exporter, Item, Music, template
from chipassets.engines.lua import lua_value, track_table

_FOLDER = "chipassets"


def defold_items(music: Music) -> Iterator[Item]:
    """Yield the modules, a .sound for each file and music.go, which holds them."""
    yield Item(f"{_FOLDER}/README.md", template("defold", "README.md"))
    yield Item(f"{_FOLDER}/music.lua", template("defold", "music.lua"))
    yield Item(f"{_FOLDER}/chipassets_core.lua", template("lua", "chipassets_core.lua"))
    rows = [
        track_table(music, track) | {"has_intro": has_split_intro(track)} for track in music.tracks
    ]
    table = ",\n".join(f"  {lua_value(row)}" for row in rows)
    head = "-- Written by chipassets: build again to change it.\n"
    yield Item(f"{_FOLDER}/tracks.lua", f"{head}return {{\n{table},\n}}\n".encode())
    components = []
    for track in music.tracks:
        for layer, part, name, source in sounds(music, track):
            yield Item(f"{_FOLDER}/music/{name}", music.data(source))
            loops = track.loop is not None and part != "intro"
            sound = f'sound: "/{_FOLDER}/music/{name}"\nlooping: {int(loops)}\ngroup: "music"\n'
            identifier = f"{track.name.replace('-', '_')}_{layer}_{part}"
            yield Item(f"{_FOLDER}/music/{identifier}.sound", f"{sound}gain: 1.0\n".encode())
            components.append(
                f'components {{\n  id: "{identifier}"\n'
                f'  component: "/{_FOLDER}/music/{identifier}.sound"\n}}\n'
            )
    yield Item(f"{_FOLDER}/music.go", "".join(components).encode(), is_engines=True)


def has_split_intro(track: TrackEntry) -> bool:
    """Return whether the bundle has the track's intro and loop as separate files."""
    return not track.layers and "split-intro" in track.files and "split-loop" in track.files


def sounds(music: Music, track: TrackEntry) -> list[tuple[int, str, str, str]]:
    """Return layer (from 1), part, file name and path in the bundle of each sound of a track."""
    if has_split_intro(track):
        return [
            (1, part, f"{track.name}.{part}.ogg", track.files[f"split-{part}"].path)
            for part in ("intro", "loop")
        ]
    names = audio_names(music, track)
    return [(layer, "whole", name, source) for layer, (name, source) in enumerate(names, 1)]


def defold_example(music: Music) -> Iterator[Item]:
    """Yield a script that plays it."""
    del music
    yield Item("chipassets_example.script", template("defold", "example.script"))


DEFOLD = Exporter("defold", "Defold", ("ogg",), defold_items, defold_example)
