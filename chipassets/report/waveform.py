"""The measurements of a track's audio file, and its waveform as a picture."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import soundfile
from numpy.typing import NDArray

from chipassets.bundle import TrackEntry
from chipassets.errors import CheckError
from chipassets.render.loudness import measure_loudness
from chipassets.render.pcm import Pcm
from chipassets.report.html import Html, element

_COLUMNS = 900
_HALF_HEIGHT = 100
_SILENT_DBFS = -120.0
_FULL_SCALE = 32768
_USUAL_PERCENTILE = 99


@dataclass(frozen=True, slots=True)
class Sound:
    """Levels in dB of full scale, loudness in LUFS, and steps between neighbouring samples.

    seam_step: from the loop's last sample to its first, None without a loop. usual_step: the 99th
    percentile of the steps inside the track. lows and highs: the waveform in 900 columns, ±1.
    """

    loudness_lufs: float | None
    rms_dbfs: float
    peak_dbfs: float
    seam_step: float | None
    usual_step: float
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]


def measure_sound(data: bytes, track: TrackEntry) -> Sound:
    """Return the measurements of an audio file; CheckError if it is not the track's audio."""
    pcm = _decode(data, track)
    samples = pcm.columns.mean(axis=1) / _FULL_SCALE
    columns = np.linspace(0, len(samples), min(_COLUMNS, len(samples)), False).astype(int)
    steps = np.abs(np.diff(samples)) if len(samples) > 1 else np.zeros(1)
    loop = track.loop
    return Sound(
        loudness_lufs=measure_loudness(pcm).lufs,
        rms_dbfs=_decibels(float(np.sqrt(np.mean(samples**2)))),
        peak_dbfs=_decibels(float(np.abs(samples).max())),
        seam_step=abs(float(samples[loop.start_sample] - samples[-1])) if loop else None,
        usual_step=float(np.percentile(steps, _USUAL_PERCENTILE)),
        lows=np.minimum.reduceat(samples, columns),
        highs=np.maximum.reduceat(samples, columns),
    )


def draw_wave(sound: Sound, full: float) -> Html:
    """Return the outline of the waveform, ±`full` high, as SVG that scales to its width."""
    tops = [f"{x} {_row(high / full)}" for x, high in enumerate(sound.highs)]
    bottoms = [f"{x} {_row(low / full)}" for x, low in enumerate(sound.lows)]
    outline = f"M{'L'.join([*tops, *reversed(bottoms)])}Z"
    return element(
        "svg",
        element("path", d=outline),
        class_="wave",
        viewBox=f"0 0 {max(len(tops) - 1, 1)} {2 * _HALF_HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _row(value: float) -> int:
    """Return the row of the picture at which an amplitude lies, from the top."""
    value = min(max(value, -1.0), 1.0)
    return round(_HALF_HEIGHT - value * (_HALF_HEIGHT - 1))


def _decibels(amplitude: float) -> float:
    """Return an amplitude in dBFS, not below what counts as silent."""
    return max(20 * math.log10(amplitude), _SILENT_DBFS) if amplitude > 0 else _SILENT_DBFS


def _decode(data: bytes, track: TrackEntry) -> Pcm:
    """Return a track's samples; CheckError if they are not those of the index."""
    try:
        found, rate_hz = soundfile.read(io.BytesIO(data), dtype="int16")
    except (soundfile.LibsndfileError, OSError) as error:
        raise CheckError(
            f"the audio of track {track.name!r} cannot be decoded ({error}); build it again"
        ) from error
    if len(found) != track.samples or rate_hz != track.sample_rate_hz:
        raise CheckError(
            f"the audio of track {track.name!r} has {len(found)} samples at {rate_hz} Hz, the "
            f"index says {track.samples} at {track.sample_rate_hz} Hz; build the bundle again"
        )
    return Pcm(found, rate_hz, track.loop.start_sample if track.loop else None)
