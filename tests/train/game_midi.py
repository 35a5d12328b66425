"""Recordings of chip music as they are passed around: on frames, in 44.1 kHz ticks, at 120 bpm."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import mido

from chipassets.compose.codec import Note

FRAMES_A_SECOND = 60
_TICKS_A_FRAME = 44_100 // FRAMES_A_SECOND
_PROGRAMS = {"p1": 80, "p2": 81, "tr": 38, "no": 121}

Frames = tuple[int, int, int]
"""(first frame, frame behind the last, pitch)."""


@dataclass
class Recording:
    """A recording of four voices whose 16ths last some frames, its first step at a late frame."""

    frames_a_step: float
    lead_frames: int = 23
    voices: dict[str, list[Frames]] = field(default_factory=dict)

    def play(self, voice: str, notes: tuple[Note, ...], gate: float = 0.8, late: int = 0) -> None:
        """Add notes to a voice, each sounding for a part of its time, `late` frames late."""
        for start, duration, pitch in notes:
            begin, end = self.frame(start) + late, self.frame(start + duration) + late
            stop = max(begin + 1, begin + int(gate * (end - begin)))
            self.voices.setdefault(voice, []).append((begin, stop, pitch))

    def frame(self, step: int) -> int:
        """Return the frame at which a step begins."""
        return self.lead_frames + int(step * self.frames_a_step)

    def save(self, path: Path) -> Path:
        """Write the file, a track a voice."""
        midi = mido.MidiFile(ticks_per_beat=22_050)
        midi.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)]))
        for channel, (name, notes) in enumerate(self.voices.items()):
            midi.tracks.append(_track(name, channel, notes))
        path.parent.mkdir(parents=True, exist_ok=True)
        midi.save(path)
        return path


def _track(name: str, channel: int, notes: list[Frames]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    track.append(mido.Message("program_change", program=_PROGRAMS[name], channel=channel))
    events = [(f, 1, p) for f, _, p in notes] + [(f, 0, p) for _, f, p in notes]
    now = 0
    for frame, starts, pitch in sorted(events):
        delta = (frame - now) * _TICKS_A_FRAME
        track.append(
            mido.Message("note_on", channel=channel, note=pitch, velocity=90 * starts, time=delta)
        )
        now = frame
    return track
