"""Bevy, and Rust at large: a module for kira with the tracks as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names
from chipassets.engines.kit import Exporter, Item, Music, facts, template

_FIELDS = (
    "name", "scene", "moods", "rate", "samples", "loops", "loop_start", "loop_length",
    "loop_start_bar", "loop_bars", "bpm", "beats_per_bar", "felt_beats", "files",
)  # fmt: skip


def bevy_items(music: Music) -> Iterator[Item]:
    """Yield src/music.rs and the audio."""
    yield Item("assets/music/README.md", template("bevy", "README.md"))
    rows = "\n".join(_row(music, track) for track in music.tracks)
    yield Item("src/music.rs", template("bevy", "music.rs", TRACKS=rows))
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"assets/music/{name}", music.data(source))


def _row(music: Music, track: TrackEntry) -> str:
    values = facts(track) | {"files": [name for name, _ in audio_names(music, track)]}
    fields = "\n".join(f"        {name}: {rust_value(values[name])}," for name in _FIELDS)
    return f"    Track {{\n{fields}\n    }},"


def rust_value(value: object) -> str:
    """Return a value as Rust writes it: texts, lists of them, truth, numbers."""
    if isinstance(value, list):
        return "&[" + ", ".join(rust_value(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower()


def bevy_example(music: Music) -> Iterator[Item]:
    """Yield a program that plays it."""
    del music
    yield Item(
        "examples/music.rs",
        template("bevy", "main.rs").replace(
            b"mod music;", b'#[path = "../src/music.rs"]\nmod music;'
        ),
    )


BEVY = Exporter("bevy", "Bevy", ("ogg",), bevy_items, bevy_example)
