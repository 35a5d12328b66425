"""Bevy and other Rust games: a module for kira with the tracks as a table."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names, section_samples
from chipassets.engines.kit import Exporter, Item, Music, facts, literal, template

# "match" is a keyword of Rust.
_FIELDS = {
    "name": "name", "scene": "scene", "moods": "moods", "match": "matches", "like": "like",
    "rate": "rate", "samples": "samples", "loops": "loops", "loop_start": "loop_start",
    "loop_length": "loop_length", "loop_start_bar": "loop_start_bar", "loop_bars": "loop_bars",
    "bars": "bars", "bpm": "bpm", "beats_per_bar": "beats_per_bar", "felt_beats": "felt_beats",
    "section_samples": "section_samples", "files": "files",
}  # fmt: skip


def bevy_items(music: Music) -> Iterator[Item]:
    """Yield src/music.rs and the audio."""
    yield Item("assets/music/README.md", template("bevy", "README.md"))
    rows = "\n".join(_row(music, track) for track in music.tracks)
    yield Item("src/music.rs", template("bevy", "music.rs", TRACKS=rows))
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"assets/music/{name}", music.data(source))


def _row(music: Music, track: TrackEntry) -> str:
    """Return a track as a Rust struct."""
    values = facts(track) | {
        "files": [name for name, _ in audio_names(music, track)],
        "section_samples": section_samples(track),
        "bpm": float(track.tempo_bpm),
        "beats_per_bar": float(track.beats_per_bar),
    }
    fields = "\n".join(
        f"        {field}: {rust_value(values[name])}," for name, field in _FIELDS.items()
    )
    return f"    Track {{\n{fields}\n    }},"


def rust_value(value: object) -> str:
    """Return a value as a Rust literal: strings, lists of them, booleans, numbers."""
    return literal(value, "&[", "]")


def bevy_example(music: Music) -> Iterator[Item]:
    """Yield a program that plays it."""
    del music
    yield Item("examples/music.rs", template("bevy", "main.rs"))


BEVY = Exporter("bevy", "Bevy", ("ogg",), bevy_items, bevy_example)
