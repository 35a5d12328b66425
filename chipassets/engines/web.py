"""The web: an npm package with the player as a module, types, adapters and audio sprites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from chipassets import __version__
from chipassets.bundle import TrackEntry
from chipassets.engines.kit import Exporter, Item, Music, template
from chipassets.engines.synth import synth_module

_AUDIO = ("ogg", "flac", "wav")
_KINDS = (*_AUDIO, "synth")


def web_items(music: Music) -> Iterator[Item]:
    """Yield the package: module, types, adapters, sprites and the audio with its index."""
    package = package_name(music)
    game = " ".join(music.index.game.split())
    yield Item("README.md", template("web", "README.md", PACKAGE=package))
    yield Item("package.json", _package(music, package))
    yield Item("chipassets.js", player())
    yield Item("chipassets-synth.js", synth_module())
    yield Item("index.js", template("web", "index.js", PACKAGE=package, GAME=game))
    yield Item("index.d.ts", _types(music))
    for name in ("howler.js", "howler.d.ts", "phaser.js", "phaser.d.ts"):
        yield Item(name, template("web", name))
    yield Item("howler.json", _json({track.name: howl(track) for track in music.tracks}))
    yield Item("phaser.json", _json({track.name: audio_sprite(track) for track in music.tracks}))
    yield from bundle_items(music, "bundle/")


def bundle_items(music: Music, folder: str) -> Iterator[Item]:
    """Yield the index with only its audio and synth files, and these files."""
    index = json.loads(music.index_bytes)
    for record in index["tracks"]:
        record["files"] = {kind: one for kind, one in record["files"].items() if kind in _KINDS}
    index.pop("album", None)
    index.pop("provenance", None)
    yield Item(f"{folder}bundle.json", _json(index))
    for track in music.tracks:
        for entry in (
            *(track.files[kind] for kind in _KINDS if kind in track.files),
            *track.layers,
        ):
            yield Item(folder + entry.path, music.data(entry.path))


def player() -> bytes:
    """Return chipassets.js, the JavaScript player that ships with the Python runtime."""
    return files("chipassets").joinpath("runtime/web/chipassets.js").read_bytes()


def package_name(music: Music) -> str:
    """Return the game's name as an npm package name ending in -music."""
    words = re.findall(r"[a-z0-9]+", music.index.game.lower())
    return "-".join([*words, "music"])


def howl(track: TrackEntry) -> dict[str, Any]:
    """Return the options of a Howl of the track: its files, and sprites in milliseconds."""
    sprite = {"all": [0, _ms(track, track.samples), track.loop is not None]}
    if track.loop is not None:
        start, length = track.loop.start_sample, track.loop.length_samples
        if start:
            sprite["intro"] = [0, _ms(track, start), False]
        sprite["loop"] = [_ms(track, start), _ms(track, length), True]
    return {"src": _sources(track), "sprite": sprite}


def audio_sprite(track: TrackEntry) -> dict[str, Any]:
    """Return the JSON that Phaser's `load.audioSprite` reads, in seconds."""
    rate_hz, loop = track.sample_rate_hz, track.loop
    parts = {"all": {"start": 0, "end": track.samples / rate_hz, "loop": loop is not None}}
    if loop is not None:
        start = loop.start_sample / rate_hz
        if start:
            parts["intro"] = {"start": 0, "end": start, "loop": False}
        parts["loop"] = {"start": start, "end": track.samples / rate_hz, "loop": True}
    return {"resources": _sources(track), "spritemap": parts}


def _sources(track: TrackEntry) -> list[str]:
    """Return the paths of a track's audio in the bundle, the preferred format first."""
    return [f"bundle/{track.files[kind].path}" for kind in _AUDIO if kind in track.files]


def _ms(track: TrackEntry, samples: int) -> float:
    """Return samples of a track as milliseconds."""
    return samples * 1000 / track.sample_rate_hz


def _package(music: Music, name: str) -> bytes:
    """Return the package.json of the exported npm package."""
    adapters = {
        f"./{one}": {"types": f"./{one}.d.ts", "default": f"./{one}.js"}
        for one in ("howler", "phaser")
    }
    return _json(
        {
            "name": name,
            "version": __version__,
            "private": True,
            "description": f"The music of {' '.join(music.index.game.split())}",
            "type": "module",
            "main": "./index.js",
            "types": "./index.d.ts",
            "exports": {
                ".": {"types": "./index.d.ts", "default": "./index.js"},
                **adapters,
                "./chipassets.js": "./chipassets.js",
                "./chipassets-synth.js": "./chipassets-synth.js",
                "./bundle/*": "./bundle/*",
                "./howler.json": "./howler.json",
                "./phaser.json": "./phaser.json",
            },
            # The player sets a global: a bundler must not drop it as unused.
            "sideEffects": ["./chipassets.js", "./index.js"],
        }
    )


def _types(music: Music) -> bytes:
    tracks = music.tracks
    return template(
        "web",
        "index.d.ts",
        SCENES=_union(track.scene for track in tracks),
        TRACKS=_union(track.name for track in tracks),
        MOODS=_union(mood for track in tracks for mood in track.moods),
    )


def _union(names: Iterable[str]) -> str:
    """Return names as a TypeScript union that accepts any other text as well."""
    words = [json.dumps(name) for name in dict.fromkeys(names)]
    return " | ".join([*words, "(string & {})"])


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def web_example(music: Music) -> Iterator[Item]:
    """Yield a page to try."""
    del music
    yield Item("example.html", template("web", "example.html"))


WEB = Exporter("web", "the web", ("ogg",), web_items, web_example)
