"""GameMaker: a script of GML and the audio as Included Files."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names, section_samples
from chipassets.engines.kit import Exporter, Item, Music, exact_seconds, facts, template


def gamemaker_items(music: Music) -> Iterator[Item]:
    """Yield the script and the audio."""
    yield Item("chipassets.README.md", template("gamemaker", "README.md"))
    rows = [
        facts(track)
        | {
            "files": [name for name, _ in audio_names(music, track)],
            "section_samples": section_samples(track),
            "loop_start_seconds": _seconds(track.loop.start_sample if track.loop else 0, track),
            "end_seconds": _seconds(track.samples, track),
        }
        for track in music.tracks
    ]
    lines = [json.dumps(row) + "," for row in rows]
    lines[-1] = lines[-1][:-1]
    # One string of GML for each track: its escapes are those of JSON.
    text = "\n            + ".join(json.dumps(line) for line in ["[", *lines, "]"])
    yield Item("chipassets.gml", template("gamemaker", "chipassets.gml", TRACKS=text))
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"datafiles/music/{name}", music.data(source))


def _seconds(samples: int, track: TrackEntry) -> float:
    """Return samples as seconds."""
    return float(exact_seconds(samples, track.sample_rate_hz))


def gamemaker_example(music: Music) -> Iterator[Item]:
    """Yield the events of an object that plays it."""
    del music
    yield Item("chipassets.example.gml", template("gamemaker", "example.gml"))


GAMEMAKER = Exporter("gamemaker", "GameMaker", ("ogg",), gamemaker_items, gamemaker_example)
