"""Two takes of a track in one file that switches between them at bar lines."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from chipassets.bundle import write_file
from chipassets.decisions.auditions import Audition, TakeName
from chipassets.decisions.rendered import render_take
from chipassets.errors import UsageError
from chipassets.render import Pcm, encode_flac, encode_ogg, encode_wav

TURN_BARS = 2
"""The number of bars that each take plays at a time."""

_FADE_SECONDS = 0.005
_ENCODERS: dict[str, Callable[[Pcm], bytes]] = {
    ".wav": encode_wav,
    ".ogg": lambda pcm: encode_ogg(pcm, {}),
    ".flac": lambda pcm: encode_flac(pcm, {}),
}

Wave = np.ndarray[Any, np.dtype[np.float32]]


def compare(audition: Audition, one: TakeName, other: TakeName, path: Path) -> None:
    """Write a file in which two takes alternate every TURN_BARS bars, each at its own bar.

    UsageError for a take that does not exist, and for a suffix other than .wav, .ogg or .flac.
    """
    encode = _ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise UsageError(f"{path} is not an audio format; end it in .wav, .ogg or .flac")
    waves = []
    for take in (one, other):
        entry, files = render_take(audition, take, ("wav",))
        data = io.BytesIO(files[entry.files["wav"].path])
        wave, rate_hz = soundfile.read(data, dtype="float32", always_2d=True)
        waves.append(wave)
    turn_samples = TURN_BARS * entry.beats_per_bar * 60 * rate_hz / entry.tempo_bpm
    mixed = alternate(waves[0], waves[1], turn_samples, round(_FADE_SECONDS * rate_hz))
    # The inverse of how 16 bits were read; a mixture of two signals lies between them.
    samples = np.rint(mixed * -np.float32(np.iinfo(np.int16).min)).astype(np.int16)
    write_file(path, encode(Pcm(samples, rate_hz, None)))


def alternate(one: Wave, other: Wave, turn_samples: float, fade_samples: int) -> Wave:
    """Return one signal, then the other, and so on, changing every `turn_samples` from the start.

    Both are [samples, channels]; the result is as long as the shorter. Each change is a crossfade
    of `fade_samples`.
    """
    length = min(len(one), len(other))
    places = np.arange(length, dtype=np.float64)
    turn = np.floor(places / turn_samples)
    into = places - turn * turn_samples
    # After a change the share of the signal before it falls to 0; at the start it is 0.
    left = np.clip(1 - into / max(fade_samples, 1), 0, 1) * (turn > 0)
    share = np.where(turn % 2 == 0, left, 1 - left).astype(np.float32)[:, None]
    mixed: Wave = one[:length] * (1 - share) + other[:length] * share
    return mixed
