"""RPG Maker MV and MZ: audio by folder, a plug-in for layers, values for System.json."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chipassets.engines.kit import Exporter, Item, Music, template

# By scene, the field of System.json and what it is.
_SYSTEM = {
    "title": "titleBgm",
    "battle": "battleBgm",
    "victory": "victoryMe",
    "game_over": "gameoverMe",
}


def rpgmaker_items(music: Music) -> Iterator[Item]:
    """Yield audio/bgm, audio/me, the plug-in and the values for System.json."""
    yield Item("js/plugins/ChipassetsMusic.README.md", template("rpgmaker", "README.md"))
    layers = {track.name: len(track.layers) for track in music.tracks if track.layers}
    plugin = template("rpgmaker", "ChipassetsMusic.js", LAYERS=json.dumps(layers))
    yield Item("js/plugins/ChipassetsMusic.js", plugin)
    for track in music.tracks:
        folder = "audio/bgm" if track.loop else "audio/me"
        yield Item(f"{folder}/{track.name}.ogg", music.data(music.audio(track).path))
        for number, layer in enumerate(track.layers, 1):
            yield Item(f"{folder}/{track.name}-{number}.ogg", music.data(layer.path))
    yield Item("data/System.chipassets.json", system_values(music))


def system_values(music: Music) -> bytes:
    """Return, in the form of data/System.json, the audio of scenes that the system plays itself.

    A track that loops cannot be an ME, nor one that ends a BGM; such a scene is left out.
    """
    values = {}
    for scene, field in _SYSTEM.items():
        fits = (
            track
            for track in music.tracks
            if track.scene == scene and (track.loop is not None) == field.endswith("Bgm")
        )
        track = next(fits, None)
        if track is not None:
            values[field] = {"name": track.name, "volume": 90, "pitch": 100, "pan": 0}
    return (json.dumps(values, indent=2) + "\n").encode()


def rpgmaker_example(music: Music) -> Iterator[Item]:
    """Yield a description of a map's events: an editor's project cannot be written as text."""
    del music
    yield Item("js/plugins/ChipassetsMusic.example.md", template("rpgmaker", "example.md"))


RPGMAKER = Exporter("rpgmaker", "RPG Maker MV and MZ", ("ogg",), rpgmaker_items, rpgmaker_example)
