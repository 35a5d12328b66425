"""FLAC with loop tags: lossless, at half the size of WAV.

libsndfile encodes but does not know LOOPSTART, so the metadata blocks before the audio are
rewritten (FLAC format, METADATA_BLOCK_HEADER and METADATA_BLOCK_VORBIS_COMMENT).
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import soundfile

from chipassets.errors import RenderError
from chipassets.render.ogg import vorbis_comments
from chipassets.render.pcm import Pcm
from chipassets.render.reopen import check_samples

_MARK = b"fLaC"
_STREAM_INFO, _COMMENTS = 0, 4
_LAST = 0x80
_VENDOR = b"chipassets"


def encode_flac(pcm: Pcm, tags: Mapping[str, str]) -> bytes:
    """Return the samples as FLAC with these tags, and LOOPSTART and LOOPLENGTH for a loop.

    RenderError for a tag name that is not allowed, or if the file does not read back correctly.
    """
    comments = vorbis_comments(pcm, tags)
    buffer = io.BytesIO()
    soundfile.write(buffer, pcm.samples, pcm.rate_hz, format="FLAC", subtype="PCM_16")
    blocks, audio_at = _blocks(buffer.getbuffer())
    kept = [(_STREAM_INFO, blocks[_STREAM_INFO]), (_COMMENTS, _packed(comments))]
    heads = [
        _block(kind, body, last=number == len(kept) - 1) for number, (kind, body) in enumerate(kept)
    ]
    data = _with_head(buffer, b"".join((_MARK, *heads)), audio_at)
    del buffer
    check_samples(data, pcm, exact=True)
    if read_flac_comments(data) != comments:
        raise RenderError("the encoded FLAC file does not hold the tags that were written to it")
    return data


def _with_head(file: io.BytesIO, head: bytes, audio_at: int) -> bytes:
    """Return the file with another head before its audio, which begins at `audio_at`.

    The audio is moved where it lies, so that minutes of sound are in memory once.
    """
    audio_bytes = file.seek(0, io.SEEK_END) - audio_at
    file.write(bytes(max(0, len(head) - audio_at)))
    with file.getbuffer() as view:
        view[len(head) : len(head) + audio_bytes] = view[audio_at : audio_at + audio_bytes]
        view[: len(head)] = head
    file.truncate(len(head) + audio_bytes)
    return file.getvalue()


def read_flac_comments(data: bytes) -> dict[str, str]:
    """Return the Vorbis comments of a FLAC file, names in upper case."""
    body = _blocks(data)[0].get(_COMMENTS, bytes(8))
    offset = 4 + int.from_bytes(body[:4], "little")
    count = int.from_bytes(body[offset : offset + 4], "little")
    offset += 4
    comments = {}
    for _ in range(count):
        end = offset + 4 + int.from_bytes(body[offset : offset + 4], "little")
        name, _, value = body[offset + 4 : end].decode().partition("=")
        comments[name.upper()] = value
        offset = end
    return comments


def _blocks(data: bytes | memoryview) -> tuple[dict[int, bytes], int]:
    """Return the metadata blocks by kind, and where the audio frames begin after them."""
    if data[: len(_MARK)] != _MARK:
        raise RenderError("the encoder's file is damaged: it does not begin as FLAC does")
    blocks: dict[int, bytes] = {}
    offset, last = len(_MARK), False
    while not last:
        kind, length = data[offset], int.from_bytes(data[offset + 1 : offset + 4], "big")
        last = bool(kind & _LAST)
        blocks[kind & ~_LAST] = bytes(data[offset + 4 : offset + 4 + length])
        offset += 4 + length
    return blocks, offset


def _packed(comments: Mapping[str, str]) -> bytes:
    """Return the comments in Vorbis's form: lengths and texts."""
    lines = [f"{name}={value}".encode() for name, value in comments.items()]
    parts = [len(line).to_bytes(4, "little") + line for line in lines]
    vendor = len(_VENDOR).to_bytes(4, "little") + _VENDOR
    return vendor + len(lines).to_bytes(4, "little") + b"".join(parts)


def _block(kind: int, body: bytes, last: bool) -> bytes:
    return bytes([kind | (_LAST if last else 0)]) + len(body).to_bytes(3, "big") + body
