"""WAV with a sampler chunk, for engines that read loop points from it."""

from __future__ import annotations

import struct

from chipassets.render.pcm import Pcm

_MIDI_C4 = 60


def encode_wav(pcm: Pcm) -> bytes:
    """Return the samples as 16-bit mono WAV; a loop is in the `smpl` chunk, its end inclusive."""
    data = pcm.samples.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, pcm.rate_hz, 2 * pcm.rate_hz, 2, 16)
    chunks = _chunk(b"fmt ", form) + _chunk(b"data", data)
    if pcm.loop_start_sample is not None:
        chunks += _chunk(b"smpl", _sampler(pcm, pcm.loop_start_sample))
    return _chunk(b"RIFF", b"WAVE" + chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _sampler(pcm: Pcm, loop_start_sample: int) -> bytes:
    """The smpl chunk: nine words of which the period and the note matter, then one forward loop."""
    period_ns = round(1e9 / pcm.rate_hz)
    head = struct.pack("<9I", 0, 0, period_ns, _MIDI_C4, 0, 0, 0, 1, 0)
    return head + struct.pack("<6I", 0, 0, loop_start_sample, len(pcm.samples) - 1, 0, 0)
