"""The samples of a WAV file, whatever their width, as one channel of 16 bits.

It imports numpy and soundfile, so `recording` imports it only if a manifest names a WAV file.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile

from chipassets.manifest.refusal import refuse

PLAIN = "export it as WAV with 16 or 24 bits and one or two channels"
_CONTAINERS = ("WAV", "WAVEX")
"""libsndfile's names of a plain WAV and of one whose format chunk is the extensible one."""

_WIDTHS = {
    "PCM_U8": "8 bits",
    "PCM_16": "16 bits",
    "PCM_24": "24 bits",
    "PCM_32": "32 bits",
    "FLOAT": "floating point of 32 bits",
    "DOUBLE": "floating point of 64 bits",
}
"""libsndfile's names of the encodings that are read."""

_HIGHEST = 32_767
_FULL_SCALE = 32_768.0


def read_samples(data: bytes) -> tuple[bytes, int]:
    """Return the mean of the channels as samples of 16 bits, little endian, and the rate in Hz.

    Samples of floating point whose mean goes beyond full scale are made softer as a whole. Refusal
    for another kind of file or encoding, more than two channels, or a sample that is no number.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if sound.format not in _CONTAINERS:
                raise refuse(f"the file is no WAV ({sound.format_info})", PLAIN)
            if sound.subtype not in _WIDTHS:
                widths = ", ".join(_WIDTHS.values())
                raise refuse(f"its samples are {sound.subtype_info}; read are {widths}", PLAIN)
            if sound.channels > 2:
                raise refuse(f"it has {sound.channels} channels; one or two are read", PLAIN)
            values = sound.read(dtype="float64", always_2d=True)
            rate_hz = int(sound.samplerate)
    except soundfile.LibsndfileError as error:
        # The whole text of the error names a Python object instead of the file.
        said = error.error_string.rstrip(".")
        raise refuse(f"the file is no WAV with PCM samples ({said})", PLAIN) from None
    if not np.isfinite(values).all():
        raise refuse("one of its samples is not a number", "export it again")
    mono = values.mean(axis=1)
    peak = float(np.abs(mono).max()) if len(mono) else 0.0
    mono /= max(peak, 1.0)
    # Halves go down, so that a file of 16 bits gives the samples that it has.
    whole = np.minimum(np.ceil(mono * _FULL_SCALE - 0.5), _HIGHEST)
    return whole.astype("<i2").tobytes(), rate_hz
