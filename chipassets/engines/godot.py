"""Godot 4 and 3: files with their import settings, the add-on, an AudioStreamInteractive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from chipassets import __version__
from chipassets.bundle import TrackEntry
from chipassets.engines.kit import (
    Exporter,
    Item,
    Music,
    exact_seconds,
    facts,
    felt_beats,
    file_beats,
    loop_bpm,
    template,
)
from chipassets.render import Pcm, encode_ogg
from chipassets.render.oggpages import read_comments
from chipassets.render.reopen import decode_samples

_MUSIC = "music"
_ADDON = "addons/chipassets"
# AudioStreamInteractive's enums: when to leave, where to enter, how to fade.
_AT_ONCE, _NEXT_BEAT, _NEXT_BAR = 0, 1, 2
_TO_START = 1
_CROSS = 3
_ANY_CLIP = -1


def godot4_items(music: Music) -> Iterator[Item]:
    """Yield the add-on, the files, their `.import` settings and music.tres."""
    yield from _common(music, 4)
    for name in ("dock.gd", "manifest_importer.gd"):
        yield Item(f"{_ADDON}/{name}", template("godot", f"addon/{name}"))
    yield Item(f"{_MUSIC}/music.tres", interactive(music).encode(), is_engines=True)


def godot3_items(music: Music) -> Iterator[Item]:
    """Yield the add-on, the files and their `.import` settings."""
    yield from _common(music, 3)


def _common(music: Music, version: int) -> Iterator[Item]:
    """Yield the files that both versions of Godot need: add-on, tracks, audio, settings."""
    yield Item(f"{_ADDON}/README.md", template("godot", "README.md"))
    yield Item(f"{_ADDON}/plugin.cfg", template("godot", "addon/plugin.cfg", VERSION=__version__))
    yield Item(f"{_ADDON}/plugin.gd", template("godot", f"addon/plugin{version}.gd"))
    yield Item(f"{_ADDON}/music_core.gd", template("godot", "addon/music_core.gd"))
    music_gd = template("godot", f"addon/music{version}.gd", MUSIC=f"res://{_MUSIC}")
    yield Item(f"{_ADDON}/music.gd", music_gd)
    yield Item(f"{_MUSIC}/tracks.gd", _tracks(music))
    for track in music.tracks:
        for name, source in audio_names(music, track):
            data = music.data(source)
            if version == 3 and track.loop is not None:
                data = stereo(data, track)
            yield Item(f"{_MUSIC}/{name}", data)
            settings = import_settings(track, version)
            yield Item(f"{_MUSIC}/{name}.import", settings.encode(), is_engines=True)


def audio_names(music: Music, track: TrackEntry) -> list[tuple[str, str]]:
    """Return the file names that sound together as the track, with their paths in the bundle.

    They are its layers, named after the track and their number, or its OGG.
    """
    if not track.layers:
        return [(f"{track.name}.ogg", music.audio(track).path)]
    return [(f"{track.name}.{number}.ogg", one.path) for number, one in enumerate(track.layers, 1)]


# Higher than the bundle's, so that encoding twice is not audible.
_STEREO_QUALITY = 6.0


def stereo(ogg: bytes, track: TrackEntry) -> bytes:
    """Return an audio file of the track in stereo; one that is stereo already is unchanged.

    Godot 3 leaves the right side of a mono file silent after the seam of its loop, for the rest of
    the buffer that it mixes: `_mix_internal` of its audio_stream_ogg_vorbis.cpp, also in 3.5.
    """
    samples, rate_hz = decode_samples(ogg)
    if samples.shape[1] > 1:
        return ogg
    start = track.loop.start_sample if track.loop else None
    both = np.ascontiguousarray(np.repeat(samples, 2, axis=1))
    return encode_ogg(Pcm(both, rate_hz, start), read_comments(ogg), _STEREO_QUALITY)


def _tracks(music: Music) -> bytes:
    """Return the tracks as a GDScript constant: projects export scripts but not JSON files."""
    rows = [
        facts(track)
        | {
            "files": [name for name, _ in audio_names(music, track)],
            "section_samples": section_samples(track),
        }
        for track in music.tracks
    ]
    table = json.dumps(rows, indent="\t")
    head = "# The tracks, for the add-on. Written by chipassets: build again to change it.\n"
    return f"{head}extends Object\n\nconst TRACKS = {table}\n".encode()


def section_samples(track: TrackEntry) -> list[int]:
    """Return the samples of the file at which a section or the loop starts, in order.

    A file that continues into the loop's second pass contains the loop's sections again.
    """
    loop = track.loop
    starts = {section.start_bar for section in track.sections}
    if loop is None:
        bar = Fraction(60 * track.beats_per_bar * track.sample_rate_hz) / Fraction(track.tempo_bpm)
        return sorted(sample for one in starts if (sample := round(one * bar)) < track.samples)
    music_loop_bar = track.bars - loop.bars
    passed = {bar + loop.bars for bar in {music_loop_bar, *starts} if bar >= music_loop_bar}
    bars = {bar for bar in starts | passed | {loop.start_bar} if bar < loop.start_bar + loop.bars}
    return sorted(bar_sample(track, bar) for bar in bars)


def bar_sample(track: TrackEntry, bar: int) -> int:
    """Return the first sample of a bar of a file that loops."""
    loop = track.loop
    if loop is None:
        raise ValueError(f"track {track.name!r} does not loop")
    if bar < loop.start_bar:
        return -(-bar * loop.start_sample // loop.start_bar)
    return loop.start_sample + -(-(bar - loop.start_bar) * loop.length_samples // loop.bars)


def import_settings(track: TrackEntry, version: int) -> str:
    """Return the `.import` file of a track's OGG: whether and where it loops, and its bars.

    Godot 4 ends a loop at `beat_count * 60 / bpm` seconds, so bpm is computed from the file's
    samples and rounded down: a loop that would end after the file ends with it. Its beats are whole
    numbers: felt beats, as a bar of 7/8 has no whole number of quarters. Godot rounds offsets down
    to a sample, so half a sample is added.
    """
    loop = track.loop
    rate_hz = track.sample_rate_hz
    offset = exact_seconds(2 * loop.start_sample + 1, 2 * rate_hz) if loop else "0"
    if loop is None or loop.start_sample == 0:
        offset = "0"
    params = [f"loop={'true' if loop else 'false'}", f"loop_offset={offset}"]
    importer, kind = "ogg_vorbis", "AudioStreamOGGVorbis"
    if version == 4:
        importer, kind = "oggvorbisstr", "AudioStreamOggVorbis"
        params += [
            f"bpm={_floored(loop_bpm(track)) if loop else 0}",
            f"beat_count={file_beats(track) if loop else 0}",
            f"bar_beats={felt_beats(track)}",
        ]
    head = f'[remap]\n\nimporter="{importer}"\ntype="{kind}"\n'
    return f"{head}\n[params]\n\n" + "\n".join(params) + "\n"


def _floored(value: Fraction) -> Decimal:
    """Return a fraction as a decimal of eight places, rounded down."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.00000001"), rounding=ROUND_FLOOR)


def interactive(music: Music) -> str:
    """Return music.tres: an AudioStreamInteractive with a clip for each track."""
    paths = [name for track in music.tracks for name, _ in audio_names(music, track)]
    ids = {name: str(number) for number, name in enumerate(paths, 1)}
    layered = [track for track in music.tracks if track.layers]
    steps = len(ids) + len(layered) + 1
    lines = [f'[gd_resource type="AudioStreamInteractive" load_steps={steps} format=3]', ""]
    for name, one in ids.items():
        path = f"res://{_MUSIC}/{name}"
        lines.append(f'[ext_resource type="AudioStream" path="{path}" id="{one}"]')
    for track in layered:
        names = [name for name, _ in audio_names(music, track)]
        lines += ["", f'[sub_resource type="AudioStreamSynchronized" id="{track.name}"]']
        lines.append(f"stream_count = {len(names)}")
        for number, name in enumerate(names):
            lines.append(f'stream_{number}/stream = ExtResource("{ids[name]}")')
            lines.append(f"stream_{number}/volume = 0.0")
    lines += ["", "[resource]", f"clip_count = {len(music.tracks)}", "initial_clip = 0"]
    for number, track in enumerate(music.tracks):
        synchronized = f'SubResource("{track.name}")'
        stream = synchronized if track.layers else f'ExtResource("{ids[f"{track.name}.ogg"]}")'
        lines.append(f'clip_{number}/name = &"{track.name}"')
        lines.append(f"clip_{number}/stream = {stream}")
        lines.append(f"clip_{number}/auto_advance = 0")
    lines.append("_transitions = " + _dictionary(_transitions(music)))
    return "\n".join(lines) + "\n"


def _transitions(music: Music) -> dict[str, dict[str, Any]]:
    """Return the transition for each pair of clips: the same rules as in the runtime."""
    rules = {f"Vector2i({_ANY_CLIP}, {_ANY_CLIP})": _transition(_AT_ONCE, 1.0)}
    for number, track in enumerate(music.tracks):
        if track.scene in ("battle", "boss"):
            rules[f"Vector2i({_ANY_CLIP}, {number})"] = _transition(_NEXT_BEAT, 0.25)
        elif track.scene == "shop":
            for other, town in enumerate(music.tracks):
                if town.scene == "town":
                    rules[f"Vector2i({number}, {other})"] = _transition(_NEXT_BAR, 1.0)
                    rules[f"Vector2i({other}, {number})"] = _transition(_NEXT_BAR, 1.0)
    return rules


def _transition(from_time: int, fade_beats: float) -> dict[str, Any]:
    """Return an entry of the table of transitions: a crossfade to the other clip's start."""
    return {
        "fade_beats": fade_beats,
        "fade_mode": _CROSS,
        "filler_clip": _ANY_CLIP,
        "from_time": from_time,
        "hold_previous": False,
        "to_time": _TO_START,
        "use_filler_clip": False,
    }


def _dictionary(rules: dict[str, dict[str, Any]]) -> str:
    """Return the rules as a Dictionary of GDScript, whose keys are expressions."""
    rows = [f"{pair}: {json.dumps(row, indent=0)}" for pair, row in rules.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def _example(music: Music, version: int) -> Iterator[Item]:
    """Yield the files of a small game for a version of Godot."""
    del music
    yield Item("example.gd", template("godot", "example.gd"))
    for name in ("project.godot", "example.tscn"):
        data = template("godot", f"example{version}/{name}")
        yield Item(name, data, is_engines=True)


GODOT = Exporter("godot", "Godot 4", ("ogg",), godot4_items, lambda music: _example(music, 4))
GODOT3 = Exporter("godot3", "Godot 3", ("ogg",), godot3_items, lambda music: _example(music, 3))
