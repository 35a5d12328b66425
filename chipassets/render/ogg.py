"""OGG Vorbis with loop tags: the same bytes for the same samples, checked by decoding."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping

import numpy as np
import soundfile

from chipassets.errors import RenderError
from chipassets.render.oggpages import read_comments, retag
from chipassets.render.pcm import Pcm
from chipassets.render.reopen import check_samples

# libvorbis keeps a whole write on the stack, which overflows with a minute of sound.
_CHUNK_SAMPLES = 65_536
_BEST = 10
_TAG_NAME = re.compile(r"[ -<>-}]+")
_BETWEEN = {"ENCODER": "chipassets"}


def encode_ogg(pcm: Pcm, tags: Mapping[str, str], quality: float = 3.0) -> bytes:
    """Return the samples as OGG Vorbis with these tags, and LOOPSTART and LOOPLENGTH for a loop.

    `quality` is Vorbis's own, 0 to 10. The file decodes to exactly the number of samples given, and
    ends at the loop's end. The same input gives the same bytes. RenderError for a tag name that
    Vorbis does not allow, or if the finished file does not decode correctly.
    """
    comments = vorbis_comments(pcm, tags)
    serial = int.from_bytes(
        hashlib.sha256(np.ascontiguousarray(pcm.samples).data).digest()[:4], "little"
    )
    data = retag(_encode(pcm, quality), comments, serial)
    check_samples(data, pcm, exact=False)
    if read_comments(data) != comments:
        raise RenderError("the encoded file does not hold the tags that were written to it")
    return data


def vorbis_comments(pcm: Pcm, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the loop's tags, in samples, followed by the others; names in upper case.

    RPG Maker and SDL_mixer read LOOPSTART and LOOPLENGTH. RPG Maker MV searches only the first 255
    bytes of the comment packet for them, so they come first. It reads digits until a zero byte, so
    if the length of the next comment is 48 to 57, the codes of the digits, it reads that as one
    more digit of LOOPLENGTH: such a comment never follows it.
    """
    others = {}
    for name, value in tags.items():
        if not _TAG_NAME.fullmatch(name):
            raise RenderError(f"{name!r} is not a valid tag name: use ASCII characters without '='")
        others[name.upper()] = value
    if pcm.loop_start_sample is None:
        return others
    loop = {
        "LOOPSTART": str(pcm.loop_start_sample),
        "LOOPLENGTH": str(len(pcm.samples) - pcm.loop_start_sample),
    }
    others = {name: value for name, value in others.items() if name not in loop}
    if others and _length_is_a_digit(*next(iter(others.items()))):
        loop |= _BETWEEN
    return loop | others


def _length_is_a_digit(name: str, value: str) -> bool:
    """Return whether the first byte of the comment's length is the code of a digit."""
    return len(f"{name}={value}".encode()) & 0xFF in range(ord("0"), ord("9") + 1)


def _encode(pcm: Pcm, quality: float) -> bytes:
    """Return the samples as Ogg Vorbis, written in chunks."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        samplerate=pcm.rate_hz,
        channels=pcm.channels,
        format="OGG",
        subtype="VORBIS",
        compression_level=1 - quality / _BEST,
    ) as file:
        for start in range(0, len(pcm.samples), _CHUNK_SAMPLES):
            file.write(pcm.samples[start : start + _CHUNK_SAMPLES])
    return buffer.getvalue()
