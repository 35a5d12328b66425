"""What a scripted game would sound like: mixed by the steps' own clock, as fast as it goes.

It obeys the director as the player on the mixer does, but to the sample: every change falls on the
first sample of its step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from chipassets.runtime import Change, Director, Sting, Track
from chipassets.runtime.fades import Fade
from demo_game.clock import STEPS_PER_SECOND

RATE_HZ = 44_100
STEP_SAMPLES = RATE_HZ // STEPS_PER_SECOND
_STEP_MS = 1000 // STEPS_PER_SECOND
_RELEASE_MS = 60

Wave = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(slots=True)
class _Line:
    """A track that sounds, or is kept to go on later; `position` is its next sample."""

    track: Track
    fade: Fade
    position: int = 0
    is_wanted_later: bool = False
    parts: tuple[Wave, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = _read(self.track)

    def next_samples(self, gains: tuple[float, ...]) -> Wave:
        """Return a step's samples, [STEP_SAMPLES, 2], of the parts at these gains, and go on."""
        places = np.arange(self.position, self.position + STEP_SAMPLES)
        loop = self.track.loop
        if loop is not None:
            inside = loop.start_sample + (places - loop.start_sample) % loop.length_samples
            places = np.where(places < loop.start_sample, places, inside)
        self.position += STEP_SAMPLES
        out = np.zeros((STEP_SAMPLES, 2), np.float32)
        for part, gain in zip(self.parts, gains, strict=True):
            there = places < len(part)
            out[there] += part[places[there]] * np.float32(gain)
        return out


class Recorder:
    """Writes the mix into a WAV file, a step at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_16", format="WAV")
        self._lines: list[_Line] = []
        self._sting: Sting | None = None
        self._sting_lines: list[_Line] = []

    def step(self, director: Director, change: Change | None, volume: float, now_ms: int) -> None:
        """Write the step that begins now, after the director has decided on it."""
        if director.is_paused:
            self._file.write(np.zeros((STEP_SAMPLES, 2), np.float32))
            return
        if change is not None:
            self._obey(change, now_ms)
        self._follow_sting(director.sounding_sting, now_ms)
        mix = np.zeros((STEP_SAMPLES, 2), np.float32)
        ducking = _ramp(director.music_gain(now_ms), director.music_gain(now_ms + _STEP_MS))
        for line in self._sounding(self._lines, now_ms):
            layers = director.layer_gains(line.track, now_ms) or (1.0,) * len(line.parts)
            mix += line.next_samples(layers) * ducking * _fade_ramp(line.fade, now_ms)
        for line in self._sounding(self._sting_lines, now_ms):
            ones = (1.0,) * len(line.parts)
            mix += line.next_samples(ones) * _fade_ramp(line.fade, now_ms)
        self._file.write(np.clip(mix * np.float32(volume), -1, 1))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _obey(self, change: Change, now_ms: int) -> None:
        is_silent = not self._sounding(self._lines, now_ms)
        for line in self._lines:
            if line.fade.end > 0:
                line.fade = line.fade.turn(now_ms, change.fade_ms, 0.0)
                line.is_wanted_later = change.keeps_old
        if change.track is None:
            return
        kept = next((line for line in self._lines if line.track is change.track), None)
        if kept is not None and change.from_sample > 0:
            kept.fade = kept.fade.turn(now_ms, change.fade_ms, 1.0)
            return
        fade = Fade(now_ms, 0 if is_silent else change.fade_ms, 0.0, 1.0)
        self._lines = [line for line in self._lines if line.track is not change.track]
        self._lines.append(_Line(change.track, fade, change.from_sample))

    def _follow_sting(self, sting: Sting | None, now_ms: int) -> None:
        if sting is not None and sting != self._sting:
            self._sting_lines.append(_Line(sting.track, Fade(now_ms, 0, 1.0, 1.0)))
        if sting != self._sting:
            for line in self._sting_lines[: None if sting is None else -1]:
                line.fade = line.fade.turn(now_ms, _RELEASE_MS, 0.0)
        self._sting = sting

    def _sounding(self, lines: list[_Line], now_ms: int) -> list[_Line]:
        """Return the lines that sound; those that are silent for good are taken out."""
        ended = [line for line in lines if line.fade.end == 0 and line.fade.is_done(now_ms)]
        for line in ended:
            if not line.is_wanted_later:
                lines.remove(line)
        return [line for line in lines if line not in ended]


def _ramp(start: float, end: float) -> Wave:
    return np.linspace(start, end, STEP_SAMPLES, endpoint=False, dtype=np.float32)[:, None]


def _fade_ramp(fade: Fade, now_ms: int) -> Wave:
    return _ramp(fade.gain(now_ms), fade.gain(now_ms + _STEP_MS))


@cache
def _read(track: Track) -> tuple[Wave, ...]:
    """Return the track's layers, or its whole where it has none, each [samples, 2]."""
    files = [layer.file for layer in track.layers] or ([track.audio] if track.audio else [])
    return tuple(_read_file(file.path) for file in files)


def _read_file(path: Path) -> Wave:
    wave, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    if rate_hz != RATE_HZ:
        raise ValueError(f"{path} has {rate_hz} Hz; recordings are made at {RATE_HZ} Hz only")
    stereo: Wave = np.repeat(wave, 2, axis=1) if wave.shape[1] == 1 else wave[:, :2]
    return stereo
