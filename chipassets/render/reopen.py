"""Decodes finished files and compares them with what was rendered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt

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
    count, channels, rate_hz, error, own = _compared(data, pcm.columns)
    if (count, channels) != pcm.columns.shape or rate_hz != pcm.rate_hz:
        raise RenderError(
            f"the encoded file holds {count} samples in {channels} channels at {rate_hz} Hz "
            f"instead of {len(pcm.samples)} in {pcm.channels} at {pcm.rate_hz}, so its loop would "
            "be out of time; try another version of soundfile"
        )
    if error > (0.0 if exact else max(_QUIET_RMS, _LARGEST_ERROR * own)):
        raise RenderError(
            "the encoded file does not sound like the rendered samples; try another version of "
            "soundfile"
        )


def _compared(data: bytes, columns: NDArray[np.int16]) -> tuple[int, int, int, float, float]:
    """Return a file's samples, channels and rate, and the effective values of error and sound.

    Block by block: minutes of sound are not decoded into memory.
    """
    count, error, own = 0, 0, 0
    with _opened(data) as file:
        for block in file.blocks(_BLOCK_SAMPLES, dtype="int16", always_2d=True):
            rendered = columns[count : count + len(block)].astype(np.int64)
            count += len(block)
            if rendered.shape != block.shape:
                continue  # other lengths or channels are refused whatever they hold
            error += int(np.square(block - rendered).sum())
            own += int(np.square(rendered).sum())
        size = max(columns.size, 1)
        return count, file.channels, int(file.samplerate), sqrt(error / size), sqrt(own / size)


def decode_samples(data: bytes) -> tuple[NDArray[np.int16], int]:
    """Return the samples of an audio file, [n, channels], and its rate in Hz.

    RenderError for bytes that are not an audio file.
    """
    with _opened(data) as file:
        blocks = [
            np.asarray(block, dtype=np.int16)
            for block in file.blocks(_BLOCK_SAMPLES, dtype="int16", always_2d=True)
        ]
        empty = np.zeros((0, file.channels), dtype=np.int16)
        return np.concatenate([empty, *blocks]), int(file.samplerate)


@contextmanager
def _opened(data: bytes) -> Iterator[soundfile.SoundFile]:
    """Open an encoded file in memory; RenderError if it cannot be decoded."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            yield file
    except (soundfile.LibsndfileError, OSError) as error:
        raise RenderError(f"it cannot be decoded ({error}); build it again") from error
