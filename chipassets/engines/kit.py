"""The basis of exporters: the bundle that they read, the items that they return, templates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipassets.bundle import (
    FileEntry,
    Index,
    LayerEntry,
    TrackEntry,
    find_faults,
    read_index,
)
from chipassets.errors import BundleError
from chipassets.plainfile import read_plain
from chipassets.units import steps_per_bar

_TEMPLATES = "chipassets.engines"


@dataclass(frozen=True)
class Music:
    """A finished bundle: its folder and its index."""

    folder: Path
    index: Index

    @classmethod
    def read(cls, folder: Path) -> Music:
        """Return the bundle of a folder; CheckError if there is none."""
        return cls(folder, read_index(folder))

    @property
    def tracks(self) -> list[TrackEntry]:
        """The tracks in the order of the index."""
        return self.index.tracks

    @cached_property
    def index_bytes(self) -> bytes:
        """Return the bytes of the folder's bundle.json."""
        return self.data("bundle.json")

    @cached_property
    def _listed(self) -> dict[str, FileEntry]:
        """The files of the index by their paths."""
        return {entry.path: entry for entry in self.index.files()}

    def data(self, path: str) -> bytes:
        """Return the contents of a file of the bundle.

        Raises BundleError if it cannot be read, or is not what the index says of it.
        """
        try:
            data = read_plain(self.folder / path)
        except OSError as error:
            raise BundleError(
                f"cannot read {self.folder / path}: {error.strerror or error}; build it again"
            ) from error
        entry = self._listed.get(path)
        if entry is not None and hashlib.sha256(data).hexdigest() != entry.sha256:
            faults = find_faults(self.folder, [entry])
            raise BundleError(
                f"{self.folder}: {'; '.join(faults)}; nothing was exported, as the bundle's files "
                "are not those that were built"
            )
        return data

    def audio(self, track: TrackEntry, kind: str = "ogg") -> FileEntry:
        """Return a track's audio file of that format; BundleError if the bundle lacks it."""
        if kind not in track.files:
            raise BundleError(
                f"track {track.name!r} has no {kind} file; add {kind} to the manifest's formats"
            )
        return track.files[kind]


@dataclass(frozen=True, slots=True)
class Item:
    """A file for an engine: its path in the target folder, and its contents.

    is_engines: whether the engine, or the developer in its editor, writes the file too. Such a file
    is written once, and again only if what it says of the music changes.
    """

    path: str
    data: bytes
    is_engines: bool = False


@dataclass(frozen=True, slots=True)
class Exporter:
    """An engine's exporter. needs: the formats that the bundle must contain.

    items returns what a game needs; example returns the files of a small game that plays it, for a
    new project; their paths are relative to the same folder.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    items: Callable[[Music], Iterator[Item]]
    example: Callable[[Music], Iterator[Item]]


def template(engine: str, name: str, **values: str) -> bytes:
    """Return a file of this package for an engine, with each @NAME@ replaced by a value."""
    text = files(_TEMPLATES).joinpath("files", engine, name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text.encode()


def literal(value: object, opening: str, closing: str) -> str:
    """Return a value as a literal of C-like languages: strings, numbers, booleans, lists.

    opening, closing: the brackets of a list.
    """
    if isinstance(value, list):
        items = ", ".join(literal(item, opening, closing) for item in value)
        return f"{opening}{items}{closing}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower()


def layer_files(track: TrackEntry) -> list[LayerEntry | FileEntry]:
    """Return the files that sound together as the track: its layers, or its OGG."""
    return list(track.layers) or [track.files["ogg"]]


def exact_seconds(samples: int, rate_hz: int) -> str:
    """Return samples as decimal seconds, rounded down to a tenth of a nanosecond."""
    scaled = samples * 10**10 // rate_hz
    whole, rest = divmod(scaled, 10**10)
    return f"{whole}.{rest:010d}".rstrip("0").rstrip(".") or "0"


def felt_beats(track: TrackEntry) -> int:
    """Return the number of felt beats in a bar: 2 in 6/8, 7 in 7/8, which has no whole quarters."""
    return steps_per_bar(track.beats_per_bar) // track.pulse_steps


def file_beats(track: TrackEntry) -> int:
    """Return the number of felt beats in the track's file."""
    return (track.file_bars or track.bars) * felt_beats(track)


def loop_bpm(track: TrackEntry) -> Fraction:
    """Return felt beats per minute computed from the file's samples, not rounded.

    With this tempo, `file_beats` end exactly at the end of the file.
    """
    return Fraction(file_beats(track)) * 60 * track.sample_rate_hz / track.samples


def facts(track: TrackEntry) -> dict[str, Any]:
    """Return the data of a track for a player; all engines' players use the same names.

    Samples are of the file; bars and beats count from 0; a loop ends where the file ends.
    """
    loop = track.loop
    return {
        "name": track.name,
        "scene": track.scene,
        "moods": list(track.moods),
        "match": track.match or "",
        "like": track.link.of if track.link and track.link.kind == "variant" else "",
        "rate": track.sample_rate_hz,
        "samples": track.samples,
        "loops": loop is not None,
        "loop_start": loop.start_sample if loop else 0,
        "loop_length": loop.length_samples if loop else track.samples,
        "loop_start_bar": loop.start_bar if loop else 0,
        "loop_bars": loop.bars if loop else track.bars,
        "bars": track.bars,
        "bpm": track.tempo_bpm,
        "beats_per_bar": track.beats_per_bar,
        "felt_beats": felt_beats(track),
    }
