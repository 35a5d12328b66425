"""WAV with a sampler chunk, for engines that read loop points from it."""

from __future__ import annotations

import struct

import numpy as np

from chipassets.errors import RenderError
from chipassets.render.pcm import Pcm
from chipassets.render.reopen import check_samples

_MIDI_C4 = 60
_LOOP_AT = 44
"""The offsets of the first loop's start and end in a smpl chunk's body."""


def encode_wav(pcm: Pcm) -> bytes:
    """Return the samples as 16-bit WAV; a loop is in the `smpl` chunk, its end inclusive.

    RenderError if the finished file does not read back correctly.
    """
    samples = np.ascontiguousarray(pcm.samples, "<i2")
    frame_bytes = 2 * pcm.channels
    form = struct.pack(
        "<HHIIHH", 1, pcm.channels, pcm.rate_hz, frame_bytes * pcm.rate_hz, frame_bytes, 16
    )
    chunks = [*_chunk(b"fmt ", form), *_chunk(b"data", samples.data.cast("B"))]
    if pcm.loop_start_sample is not None:
        chunks += _chunk(b"smpl", _sampler(pcm, pcm.loop_start_sample))
    size = struct.pack("<I", len(b"WAVE") + sum(map(len, chunks)))
    # Joined once: minutes of sound would be in memory four times.
    file = b"".join((b"RIFF", size, b"WAVE", *chunks))
    check_samples(file, pcm, exact=True)
    loop = None if pcm.loop_start_sample is None else (pcm.loop_start_sample, len(pcm.samples) - 1)
    if read_loop(file) != loop:
        raise RenderError("the finished WAV file does not hold the loop that was written to it")
    return file


def read_loop(data: bytes) -> tuple[int, int] | None:
    """Return first and last sample of the first loop in a WAV file; None without one."""
    offset = 12
    while offset + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, offset)
        if name == b"smpl":
            start, end = struct.unpack_from("<2I", data, offset + 8 + _LOOP_AT)
            return start, end
        offset += 8 + length + length % 2
    return None


def _chunk(name: bytes, body: bytes | memoryview) -> tuple[bytes | memoryview, ...]:
    """Return a RIFF chunk in pieces: name, length, content and the byte that makes it even."""
    return name, struct.pack("<I", len(body)), body, b"\0" * (len(body) % 2)


def _sampler(pcm: Pcm, loop_start_sample: int) -> bytes:
    """Return the smpl chunk: nine words, of which period and note matter, and one forward loop."""
    period_ns = round(1e9 / pcm.rate_hz)
    head = struct.pack("<9I", 0, 0, period_ns, _MIDI_C4, 0, 0, 0, 1, 0)
    return head + struct.pack("<6I", 0, 0, loop_start_sample, len(pcm.samples) - 1, 0, 0)
