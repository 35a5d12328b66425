"""Unity: a package with an importer, a ScriptableObject and a player on the audio clock."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chipassets import __version__
from chipassets.engines.godot import audio_names, section_samples
from chipassets.engines.kit import Exporter, Item, Music, facts, template

_PACKAGE = "com.chipassets.music"


def unity_items(music: Music) -> Iterator[Item]:
    """Yield the package: scripts, the tracks and the audio."""
    yield Item(f"{_PACKAGE}/README.md", template("unity", "README.md"))
    package = template("unity", "package.json", VERSION=__version__)
    yield Item(f"{_PACKAGE}/package.json", package)
    for folder, names in {
        "Runtime": (
            "Chipassets.asmdef",
            "ChipassetsBundle.cs",
            "ChipassetsCore.cs",
            "ChipassetsMusic.cs",
        ),
        "Editor": ("Chipassets.Editor.asmdef", "ChipmusicImporter.cs"),
    }.items():
        for name in names:
            yield Item(f"{_PACKAGE}/{folder}/{name}", template("unity", name))
    rows = [
        facts(track)
        | {
            "files": [name for name, _ in audio_names(music, track)],
            "section_samples": section_samples(track),
        }
        for track in music.tracks
    ]
    table = json.dumps({"game": music.index.game, "tracks": rows}, indent=2, ensure_ascii=False)
    yield Item(f"{_PACKAGE}/Music/music.chipmusic", f"{table}\n".encode())
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"{_PACKAGE}/Music/Audio/{name}", music.data(source))


def unity_example(music: Music) -> Iterator[Item]:
    """Yield the package's sample; Unity ignores folders whose names end with ~."""
    del music
    yield Item(f"{_PACKAGE}/Samples~/Example/Example.cs", template("unity", "Example.cs"))


UNITY = Exporter("unity", "Unity", ("ogg",), unity_items, unity_example)
