"""A take as the page plays it: rendered once, cached, with the notes of its piano roll."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chipassets.bundle import TrackEntry
from chipassets.decisions.auditions import Audition
from chipassets.decisions.rendered import playing
from chipassets.lock import LockedTake
from chipassets.production.produce import BuildInputs, produce_track
from chipassets.report.midi_roll import read_roll
from chipassets.stored.cache import Cache

AUDIO = "flac"
"""Lossless, and decoded exactly by every browser."""
_FORMATS = (AUDIO, "midi")
_PLAYED = {
    "name", "samples", "sample_rate_hz", "bars", "file_bars", "beats_per_bar", "pulse_steps",
    "tempo_bpm", "loop", "sections", "chords", "key", "seconds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sounding:
    """A rendered take: its index entry, and the paths of its audio and MIDI files."""

    entry: TrackEntry
    audio: Path
    midi: Path

    def to_json(self) -> dict[str, Any]:
        """Return what the page's player and its piano roll need.

        roll: for each voice the notes [start, end, pitch, is_drum], in 16th steps.
        """
        roll = read_roll(self.midi.read_bytes(), self.entry)
        notes = [
            [
                roll.voices.index(note.voice),
                round(float(note.start_step), 3),
                round(float(note.end_step), 3),
                note.pitch,
                int(note.is_drum),
            ]
            for note in roll.notes
        ]
        return self.entry.model_dump(mode="json", include=_PLAYED) | {
            "voices": list(roll.voices),
            "notes": notes,
        }


class Renderer:
    """Renders takes, one at a time, and reuses what it has rendered."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._lock = threading.Lock()

    def render(self, audition: Audition, take: LockedTake) -> Sounding:
        """Return a rendered take; errors name the stage."""
        plan, track = playing(audition, take, _FORMATS)
        inputs = BuildInputs(replace(plan, tracks=()), audition.model, audition.grams, self._cache)
        with self._lock:
            entry = produce_track(inputs, track, take, _silent).entry
        files = {kind: self._cache.path_of(entry.files[kind]) for kind in _FORMATS}
        return Sounding(entry, files[AUDIO], files["midi"])


def _silent(stage: str) -> None:
    """Ignore the stage: rendering takes at most a second, and its stages are not shown."""
