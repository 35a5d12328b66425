"""OGG Vorbis with loop tags: the same bytes for the same samples, checked by reading back."""

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

# libvorbis keeps a whole write on the stack and overflows it with a minute of sound.
_CHUNK_SAMPLES = 65_536
_COMPRESSION = 0.4
_TAG_NAME = re.compile(r"[ -<>-}]+")


def encode_ogg(pcm: Pcm, tags: Mapping[str, str]) -> bytes:
    """Return the samples as OGG Vorbis with these tags, and LOOPSTART and LOOPLENGTH for a loop.

    The file decodes to exactly as many samples as it was given, and ends at the loop's end. The
    same input gives the same bytes. RenderError for a tag name that Vorbis does not allow, or when
    the finished file does not read back as it was meant.
    """
    comments = _comments(pcm, tags)
    serial = int.from_bytes(hashlib.sha256(pcm.samples.tobytes()).digest()[:4], "little")
    data = retag(_encode(pcm), comments, serial)
    _check(data, pcm, comments)
    return data


def _comments(pcm: Pcm, tags: Mapping[str, str]) -> dict[str, str]:
    comments = {}
    for name, value in tags.items():
        if not _TAG_NAME.fullmatch(name):
            raise RenderError(f"{name!r} is no name for a tag: ASCII letters without '=' are")
        comments[name.upper()] = value
    if pcm.loop_start_sample is not None:
        comments["LOOPSTART"] = str(pcm.loop_start_sample)
        comments["LOOPLENGTH"] = str(len(pcm.samples) - pcm.loop_start_sample)
    return comments


def _encode(pcm: Pcm) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        samplerate=pcm.rate_hz,
        channels=1,
        format="OGG",
        subtype="VORBIS",
        compression_level=_COMPRESSION,
    ) as file:
        for start in range(0, len(pcm.samples), _CHUNK_SAMPLES):
            file.write(pcm.samples[start : start + _CHUNK_SAMPLES])
    return buffer.getvalue()


def _check(data: bytes, pcm: Pcm, comments: Mapping[str, str]) -> None:
    """RenderError unless the file holds the comments and as many samples as were encoded."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        blocks = file.blocks(_CHUNK_SAMPLES, dtype="int16")
        decoded = sum(len(np.asarray(block)) for block in blocks)
    if decoded != len(pcm.samples):
        raise RenderError(
            f"the encoded file holds {decoded} samples instead of {len(pcm.samples)}, "
            "so its loop would be out of time; another version of soundfile may do better"
        )
    if read_comments(data) != comments:
        raise RenderError("the encoded file does not hold the tags that were written to it")
