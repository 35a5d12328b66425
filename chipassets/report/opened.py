"""A bundle opened for a report: every file checked, one track at a time in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chipassets.bundle import (
    FileEntry,
    Index,
    TrackEntry,
    find_faults,
    open_folder,
    read_consistent,
)
from chipassets.errors import CheckError
from chipassets.report.midi_roll import Roll, read_roll
from chipassets.report.waveform import Sound, measure_sound

Result = TypeVar("Result")

_FAULTS_SHOWN = 6
# More beats per second than any music: a damaged index would draw an endless grid.
_LEAST_BEAT_SAMPLES = 100
AUDIO_TYPES = {"ogg": "audio/ogg", "wav": "audio/wav"}


@dataclass(frozen=True, slots=True)
class OpenedTrack:
    """A track with its audio (content and type), the audio's measurements, and its notes.

    audio and sound are None if the bundle was built without sound, roll if without MIDI.
    """

    entry: TrackEntry
    audio: bytes | None
    audio_type: str
    sound: Sound | None
    roll: Roll | None


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle's index, the JSON of its provenance, and the folder of its tracks."""

    index: Index
    provenance: dict[str, Any]
    folder: Path

    @property
    def names(self) -> list[str]:
        """The tracks' names, in the order of the index."""
        return [entry.name for entry in self.index.tracks]

    def track(self, name: str) -> OpenedTrack | None:
        """Read and return the track of this name; None if there is none."""
        entry = next((entry for entry in self.index.tracks if entry.name == name), None)
        return None if entry is None else _open_track(self.folder, entry)


def with_bundle(path: Path, use: Callable[[OpenedBundle], Result]) -> Result:
    """Return the result of `use` on the bundle in a folder or a zip, all of the same build.

    If a build replaces the bundle meanwhile, `use` is called again.

    Raises:
        CheckError: there is no bundle, it is of a newer format, or a file is missing, altered,
            outside the folder, or invalid.
    """
    folder = open_folder(path)
    return read_consistent(folder, lambda index: use(_open(path, folder, index)))


def _open(path: Path, folder: Path, index: Index) -> OpenedBundle:
    """Return the bundle of a folder; CheckError if a file is missing or altered."""
    faults = find_faults(folder, index.files())
    if faults:
        shown = "; ".join(faults[:_FAULTS_SHOWN])
        more = f"; and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
        raise CheckError(f"{path} was changed since it was built: {shown}{more}; build it again")
    provenance = _read_provenance(folder, index.provenance)
    return OpenedBundle(index, provenance, folder)


def _open_track(folder: Path, entry: TrackEntry) -> OpenedTrack:
    """Return a track with its audio and notes; CheckError if they do not match the index."""
    if entry.bars * entry.beats_per_bar * _LEAST_BEAT_SAMPLES > entry.samples:
        raise CheckError(
            f"track {entry.name!r} cannot have {entry.bars} bars of {entry.beats_per_bar} beats in "
            f"{entry.samples} samples; build the bundle again"
        )
    kind = next((kind for kind in AUDIO_TYPES if kind in entry.files), None)
    audio = (folder / entry.files[kind].path).read_bytes() if kind else None
    midi = entry.files.get("midi")
    return OpenedTrack(
        entry=entry,
        audio=audio,
        audio_type=AUDIO_TYPES[kind] if kind else "",
        sound=measure_sound(audio, entry) if audio else None,
        roll=read_roll((folder / midi.path).read_bytes(), entry) if midi else None,
    )


def _read_provenance(folder: Path, file: FileEntry) -> dict[str, Any]:
    """Return the provenance's values; CheckError if it is damaged."""
    try:
        found = json.loads((folder / file.path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise CheckError(f"{file.path} is not valid JSON ({error}); build it again") from error
    if not isinstance(found, dict):
        raise CheckError(f"{file.path} does not hold a JSON object; build the bundle again")
    return found
