"""Unreal Engine: a plug-in that mixes the music itself, with the audio as WAV beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import soundfile

from chipassets import __version__
from chipassets.bundle import TrackEntry
from chipassets.engines.godot import audio_names, section_samples
from chipassets.engines.kit import Exporter, Item, Music, facts, literal, template
from chipassets.errors import BundleError

_PLUGIN = "Plugins/Chipassets"
_SOURCE = f"{_PLUGIN}/Source/Chipassets"
# The keys in the order of the struct's members.
_FIELDS = (
    "name", "scene", "moods", "match", "like", "samples", "loops", "loop_start", "loop_length",
    "loop_start_bar", "loop_bars", "bars", "bpm", "beats_per_bar", "felt_beats", "section_samples",
    "files",
)  # fmt: skip
_RATE_HZ = 44_100


def unreal_items(music: Music) -> Iterator[Item]:
    """Yield the plug-in: its build rules, its source, the tracks as C++ and the audio."""
    yield Item(f"{_PLUGIN}/README.md", template("unreal", "README.md"))
    plugin = template("unreal", "Chipassets.uplugin", VERSION=__version__)
    yield Item(f"{_PLUGIN}/Chipassets.uplugin", plugin)
    yield Item(f"{_SOURCE}/Chipassets.Build.cs", template("unreal", "Chipassets.Build.cs"))
    for name in ("ChipassetsMusic.h", "ChipassetsCore.h"):
        yield Item(f"{_SOURCE}/Public/{name}", template("unreal", name))
    yield Item(f"{_SOURCE}/Private/ChipassetsMusic.cpp", template("unreal", "ChipassetsMusic.cpp"))
    rows = ",\n".join(_row(music, track) for track in music.tracks)
    tracks = template("unreal", "ChipassetsTracks.h", TRACKS=rows)
    yield Item(f"{_SOURCE}/Private/ChipassetsTracks.h", tracks)
    for track in music.tracks:
        for name, source in audio_names(music, track):
            yield Item(f"{_PLUGIN}/Music/{_wav_name(name)}", wav(music.data(source), source))


def _wav_name(name: str) -> str:
    """Return the name of a file as WAV, which Unreal imports."""
    return name.removesuffix(".ogg") + ".wav"


def wav(ogg: bytes, path: str) -> bytes:
    """Return an audio file of the bundle as 16-bit WAV; BundleError if it cannot be converted."""
    try:
        wave, rate_hz = soundfile.read(io.BytesIO(ogg), dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BundleError(f"{path} cannot be decoded: {error}; build the bundle again") from error
    if rate_hz != _RATE_HZ:
        raise BundleError(f"{path} has {rate_hz} Hz, but the plug-in plays {_RATE_HZ}")
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate_hz, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _row(music: Music, track: TrackEntry) -> str:
    """Return a track as a C++ initialiser."""
    values = facts(track) | {
        "files": [_wav_name(name) for name, _ in audio_names(music, track)],
        "section_samples": section_samples(track),
    }
    return "\t\t{" + ", ".join(cpp_value(values[name]) for name in _FIELDS) + "}"


def cpp_value(value: object) -> str:
    """Return a value as a C++ initialiser: strings, lists of them, booleans, numbers."""
    return literal(value, "{", "}")


def unreal_example(music: Music) -> Iterator[Item]:
    """Yield a controller that plays it, as text to copy: it belongs into the game's own module."""
    del music
    yield Item(f"{_PLUGIN}/Example/MusicExample.cpp", template("unreal", "Example.cpp"))


UNREAL = Exporter("unreal", "Unreal Engine", ("ogg",), unreal_items, unreal_example)
