"""Loads sound files at any mixer rate, complete and in time, which SDL_mixer does not ensure.

SDL_mixer resamples a compressed file in pieces, and takes a piece that returns nothing yet for the
end: at 22050 or 11025 Hz an OGG comes out empty or cut short, at 48000 Hz some milliseconds short.
So the file's header is set to the mixer's rate, which leaves nothing to resample, and the decoded
sound is resampled as one WAV, which SDL does in one piece.
"""

from __future__ import annotations

import io
import math
import struct
from typing import TYPE_CHECKING

from .mixer import MixerFormat, mixer_format
from .tracks import Loop

if TYPE_CHECKING:
    from pygame.mixer import Sound

_OGG_CHECKSUM, _OGG_LACES = 22, 26
_VORBIS_RATE = 12
"""Offset of the rate in Vorbis's first packet (Vorbis I, 4.2.2)."""
_CRC_POLYNOMIAL = 0x04C11DB7
_RESAMPLED_WITH = 1024
"""Samples added before and after for the resampler: more than its filter is long."""
_SIGN = bytes(value ^ 0x80 for value in range(256))
_PCM, _FLOAT = 1, 3


def load_sound(data: bytes, rate_hz: int, loop: Loop | None) -> Sound:
    """Return the file, which has rate `rate_hz`, as a sound of the mixer's rate.

    After the end of a loop the resampler sees its start, and before the start of a loop without an
    intro its end, so that the seam stays seamless. Raises pygame.error or ValueError for a file
    that cannot be decoded.
    """
    from pygame.mixer import Sound

    form = mixer_format()
    if rate_hz == form.rate_hz:
        return Sound(file=io.BytesIO(data))
    raw = Sound(file=io.BytesIO(_with_rate(data, form.rate_hz))).get_raw()
    # The start is delayed by a time that is a whole number of samples at both rates.
    common = math.gcd(rate_hz, form.rate_hz)
    periods = -(-_RESAMPLED_WITH * common // rate_hz)
    margin = periods * (rate_hz // common) * form.frame_bytes
    before = behind = bytes(margin)
    end = len(raw)
    if loop is not None:
        start, end = (at * form.frame_bytes for at in (loop.start_sample, loop.end_sample))
        once = raw[start:end]
        once *= -(-margin // max(len(once), 1))
        behind = once[:margin]
        before = before if start else once[-margin:]
    whole = Sound(file=io.BytesIO(_wav(before + raw[:end] + behind, form, rate_hz)))
    skipped = periods * (form.rate_hz // common) * form.frame_bytes
    return Sound(buffer=whole.get_raw()[skipped:])


def _with_rate(data: bytes, rate_hz: int) -> bytes:
    """Return the OGG Vorbis or WAV file with another rate in its header; ValueError for others."""
    if data[:4] == b"OggS" and len(data) > _OGG_LACES:
        start = _OGG_LACES + 1 + data[_OGG_LACES]
        end = start + sum(data[_OGG_LACES + 1 : start])
        if data[start : start + 7] == b"\x01vorbis" and end <= len(data):
            page = bytearray(data[:end])
            struct.pack_into("<I", page, start + _VORBIS_RATE, rate_hz)
            struct.pack_into("<I", page, _OGG_CHECKSUM, 0)
            struct.pack_into("<I", page, _OGG_CHECKSUM, ogg_crc(page))
            return bytes(page) + data[end:]
    if data[:4] == b"RIFF" and (place := data.find(b"fmt ", 12)) > 0 and len(data) > place + 24:
        frame_bytes = struct.unpack_from("<H", data, place + 20)[0]
        rates = struct.pack("<II", rate_hz, rate_hz * frame_bytes)
        return data[: place + 12] + rates + data[place + 20 :]
    raise ValueError("it is neither OGG Vorbis nor WAV")


def ogg_crc(data: bytes | bytearray) -> int:
    """Return the checksum of an Ogg page (RFC 3533): CRC-32, not reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (_CRC_POLYNOMIAL if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def _wav(raw: bytes, form: MixerFormat, rate_hz: int) -> bytes:
    """Return samples of the mixer's format as WAV, in which all but 8-bit samples are signed."""
    sample_bytes = abs(form.sample_bits) // 8
    if form.sample_bits in (-8, 16):
        turned = bytearray(raw)
        last = sample_bytes - 1  # the most significant byte, which has the sign
        turned[last::sample_bytes] = turned[last::sample_bytes].translate(_SIGN)
        raw = bytes(turned)
    kind = _FLOAT if sample_bytes == 4 else _PCM
    head = struct.pack(
        "<HHIIHH",
        *(kind, form.channels, rate_hz),
        *(rate_hz * form.frame_bytes, form.frame_bytes, 8 * sample_bytes),
    )
    chunks = b"WAVE" + _chunk(b"fmt ", head) + _chunk(b"data", raw)
    return _chunk(b"RIFF", chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
