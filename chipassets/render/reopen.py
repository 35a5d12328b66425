"""Decodes finished files and compares them with what was rendered."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from chipassets.errors import RenderError
from chipassets.render.pcm import Pcm

_BLOCK_SAMPLES = 65_536
# Vorbis errs by 1 to 14 % of the music's level, at low qualities by up to 41 % for pure noise.
# Shifted, swapped or damaged music errs by more than 100 %.
_LARGEST_ERROR = 0.6
_QUIET_RMS = 32.0


def check_samples(data: bytes, pcm: Pcm, exact: bool) -> None:
    """Raise RenderError unless the file decodes to the samples, exactly or nearly.

    The length must be the same either way. `exact` is for lossless formats.
    """
    decoded, rate_hz = decode_samples(data)
    if decoded.shape != pcm.columns.shape or rate_hz != pcm.rate_hz:
        raise RenderError(
            f"the encoded file holds {len(decoded)} samples in {decoded.shape[1]} channels at "
            f"{rate_hz} Hz instead of {len(pcm.samples)} in {pcm.channels} at {pcm.rate_hz}, so "
            "its loop would be out of time; try another version of soundfile"
        )
    error = _rms(decoded.astype(np.int32) - pcm.columns)
    if error > (0.0 if exact else max(_QUIET_RMS, _LARGEST_ERROR * _rms(pcm.columns))):
        raise RenderError(
            "the encoded file does not sound like the rendered samples; try another version of "
            "soundfile"
        )


def decode_samples(data: bytes) -> tuple[NDArray[np.int16], int]:
    """Return the samples of an audio file, [n, channels], and its rate in Hz.

    RenderError for bytes that are not an audio file.
    """
    try:
        return _decoded(data)
    except (soundfile.LibsndfileError, OSError) as error:
        raise RenderError(f"it cannot be decoded ({error}); build it again") from error


def _decoded(data: bytes) -> tuple[NDArray[np.int16], int]:
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        blocks = [
            np.asarray(block, dtype=np.int16)
            for block in file.blocks(_BLOCK_SAMPLES, dtype="int16", always_2d=True)
        ]
        empty = np.zeros((0, file.channels), dtype=np.int16)
        return np.concatenate([empty, *blocks]), int(file.samplerate)


def _rms(samples: NDArray[np.int16] | NDArray[np.int32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
