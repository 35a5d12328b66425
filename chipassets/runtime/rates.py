"""Loads sound files at any mixer rate, complete and in time, which SDL_mixer does not ensure.

SDL_mixer resamples a compressed file in pieces, and takes a piece that returns nothing yet for the
end: at 22050 or 11025 Hz an OGG comes out empty or cut short, at 48000 Hz some milliseconds short.
So the file's header is set to the mixer's rate, which leaves nothing to resample, and the decoded
sound is resampled as one WAV, which SDL does in one piece.

To a lower rate SDL only interpolates: what lies above half of the new rate comes back as tones that
are in no key. So the sound is resampled to a power of two times the mixer's rate, and halved.
"""

from __future__ import annotations

import io
import math
import struct
from array import array
from typing import TYPE_CHECKING, Any

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
_CODES = {-16: "h", 16: "H", -8: "b", 8: "B", -32: "f", 32: "f"}
"""By a mixer's bits: the code of its samples for `array`."""
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
    whole = _resampled(before + raw[:end] + behind, form, rate_hz)
    skipped = periods * (form.rate_hz // common) * form.frame_bytes
    return Sound(buffer=whole[skipped:])


def _resampled(raw: bytes, form: MixerFormat, rate_hz: int) -> bytes:
    """Return samples of the mixer's format, which have this rate, at the mixer's."""
    times = max(math.ceil(math.log2(rate_hz / form.rate_hz)), 0)
    # SDL resamples to the mixer's rate alone: for a multiple of it a fraction of the rate is said.
    # An odd rate (11025 Hz) has no half.
    if form.rate_hz % 2 or rate_hz % 2**times or form.sample_bits not in _CODES:
        times = 0
    if rate_hz != form.rate_hz * 2**times:
        raw = _by_sdl(raw, form, rate_hz // 2**times)
    for _ in range(times):
        raw = _halved(raw, form)
    return raw


def _by_sdl(raw: bytes, form: MixerFormat, rate_hz: int) -> bytes:
    """Return samples of this rate as SDL resamples them to the mixer's."""
    from pygame.mixer import Sound

    return Sound(file=io.BytesIO(_wav(raw, form, rate_hz))).get_raw()


def _halved(raw: bytes, form: MixerFormat) -> bytes:
    """Return samples at half of their rate, without what is above half of the new one.

    A half-band filter is half of the even samples and half of what interpolation between the odd
    ones gives at the places of the even; SDL interpolates.
    """
    channels, code = form.channels, _CODES[form.sample_bits]
    values = array(code, raw[: len(raw) - len(raw) % (2 * form.frame_bytes)])
    even, odd = _frames(values, 0, channels), _frames(values, 1, channels)
    doubled = array(code, _by_sdl(odd.tobytes(), form, form.rate_hz // 2))
    between = even[:channels] + _frames(doubled, 1, channels)
    pairs = zip(even, between, strict=False)  # the last of those between lies behind all even ones
    if code == "f":
        return array(code, [(one + two) / 2 for one, two in pairs]).tobytes()
    return array(code, [(one + two) >> 1 for one, two in pairs]).tobytes()


def _frames(values: array[Any], first: int, channels: int) -> array[Any]:
    """Return every second frame, from the first or the second one on."""
    half = array(values.typecode, bytes(len(values) // 2 * values.itemsize))
    for channel in range(channels):
        half[channel::channels] = values[first * channels + channel :: 2 * channels]
    return half


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
