"""Ren'Py 8: audio names with their loops, and a module for scenes and layers."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names
from chipassets.engines.kit import Exporter, Item, Music, exact_seconds, template

_FOLDER = "audio/chipassets"


def renpy_items(music: Music) -> Iterator[Item]:
    """Yield chipassets.rpy and the audio."""
    most = max(1, *(len(track.layers) for track in music.tracks))
    defines = "\n".join(
        f'define audio.{track.name.replace("-", "_")} = "{played(track, _mix(track))}"'
        for track in music.tracks
    )
    rows = [
        {
            "name": track.name,
            "scene": track.scene,
            "moods": list(track.moods),
            "loops": track.loop is not None,
            "files": [played(track, f"{_FOLDER}/{name}") for name, _ in audio_names(music, track)],
            "once": _mix(track),
        }
        for track in music.tracks
    ]
    table = "[\n" + "".join(f"        {row!r},\n" for row in rows) + "    ]"
    values = {"DEFINES": defines, "TRACKS": table, "MOST_LAYERS": str(most)}
    yield Item("chipassets.rpy", template("renpy", "music.rpy", **values))
    yield Item(f"{_FOLDER}/README.md", template("renpy", "README.md"))
    for track in music.tracks:
        yield Item(_mix(track), music.data(music.audio(track).path))
        if track.layers:
            for name, source in audio_names(music, track):
                yield Item(f"{_FOLDER}/{name}", music.data(source))


def played(track: TrackEntry, path: str) -> str:
    """Return a file in Ren'Py's notation: with `<loop …>`, the second to which it returns."""
    if track.loop is None or track.loop.start_sample == 0:
        return path
    # Half a sample more, because Ren'Py rounds down to a sample.
    start = exact_seconds(2 * track.loop.start_sample + 1, 2 * track.sample_rate_hz)
    return f"<loop {start}>{path}"


def _mix(track: TrackEntry) -> str:
    return f"{_FOLDER}/{track.name}.ogg"


def renpy_example(music: Music) -> Iterator[Item]:
    """Yield a script that plays it."""
    del music
    yield Item("script.rpy", template("renpy", "script.rpy"))


RENPY = Exporter("renpy", "Ren'Py 8", ("ogg",), renpy_items, renpy_example)
