"""Shared by engines with Lua: the core of the player, and tables as Lua source."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names, section_samples
from chipassets.engines.kit import Item, Music, facts, template


def lua_value(value: object) -> str:
    """Return a value as Lua source: strings, numbers, booleans, lists, mappings by name."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(_lua_char(char) for char in value) + '"'
    if isinstance(value, list):
        return "{" + ", ".join(lua_value(item) for item in value) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {lua_value(item)}" for name, item in value.items()) + "}"
    return repr(value)


def _lua_char(char: str) -> str:
    """Return a character as a Lua string holds it."""
    if char in '"\\':
        return "\\" + char
    return f"\\{ord(char):03d}" if ord(char) < 32 else char


def lua_tracks(music: Music) -> bytes:
    """Return a module with the player's data of the tracks."""
    rows = ",\n".join(f"  {lua_value(track_table(music, track))}" for track in music.tracks)
    head = "-- Written by chipassets: build again to change it.\n"
    return f"{head}return {{\n{rows},\n}}\n".encode()


def track_table(music: Music, track: TrackEntry) -> dict[str, object]:
    """Return the facts of a track with its files and the samples at which sections start."""
    names = [name for name, _ in audio_names(music, track)]
    return facts(track) | {"files": names, "section_samples": section_samples(track)}


def lua_items(music: Music, folder: str) -> Iterator[Item]:
    """Yield the core, the tracks and their audio, in a folder."""
    yield Item(f"{folder}/chipassets_core.lua", template("lua", "chipassets_core.lua"))
    yield Item(f"{folder}/tracks.lua", lua_tracks(music))
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"{folder}/music/{name}", music.data(source))
