"""AAC for RPG Maker MV on phones, which needs `.m4a` there; ffmpeg encodes it.

AAC decoders differ in the silence that encoders put at the start: some return 1024 samples or more
of it, some none. So the file continues past the loop's end by more than that, and the loop starts
later by the same amount: whatever the offset after decoding, both ends of the loop have the same
sound around them. MV reads LOOPSTART and LOOPLENGTH as names whose value follows in the next atom,
and takes the file's time scale as the sample rate (rpg_core.js, WebAudio).
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.bundle import TrackEntry
from chipassets.engines.kit import Item, Music
from chipassets.errors import BundleError, UsageError
from chipassets.render.reopen import decode_samples

SPARE_SAMPLES = 8192
"""Longer than any encoder's delay, in samples."""
_BITS_A_SECOND = 128_000
_LOSSLESS_FIRST = ("wav", "flac", "ogg")


def m4a_items(music: Music) -> Iterator[Item]:
    """Yield an `.m4a` beside each OGG that RPG Maker gets.

    Raises:
        UsageError: ffmpeg is not installed.
        BundleError: ffmpeg failed, or a file of the bundle cannot be read.
    """
    for track in music.tracks:
        folder = "audio/bgm" if track.loop else "audio/me"
        kind = next(kind for kind in _LOSSLESS_FIRST if kind in track.files)
        sources = [(track.name, track.files[kind].path)]
        sources += [(f"{track.name}-{n}", one.path) for n, one in enumerate(track.layers, 1)]
        for name, path in sources:
            samples, rate_hz = decode_samples(music.data(path))
            yield Item(f"{folder}/{name}.m4a", encode_m4a(samples, rate_hz, track))


def encode_m4a(samples: NDArray[np.int16], rate_hz: int, track: TrackEntry) -> bytes:
    """Return the samples, [n, channels], of a file of the track as AAC with its loop."""
    tags = {}
    if track.loop is not None:
        start, length = track.loop.start_sample, track.loop.length_samples
        again = np.arange(SPARE_SAMPLES) % length + start
        samples = np.concatenate((samples, samples[again]))
        tags = {"LOOPSTART": start + SPARE_SAMPLES, "LOOPLENGTH": length}
    return _tagged(_encode(samples, rate_hz), tags)


def _encode(samples: NDArray[np.int16], rate_hz: int) -> bytes:
    """Return the samples as an MPEG-4 file with AAC, encoded by ffmpeg."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise UsageError(
            "--m4a needs the program ffmpeg, which encodes AAC; install it "
            "(Debian: apt-get install ffmpeg) or leave --m4a out"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.m4a"
        command = [
            program, "-v", "error", "-f", "s16le", "-ar", str(rate_hz),
            "-ac", str(samples.shape[1]), "-i", "pipe:0", "-c:a", "aac", "-b:a",
            str(_BITS_A_SECOND), "-movie_timescale", str(rate_hz), "-fflags", "+bitexact",
            "-flags:a", "+bitexact", "-f", "ipod", str(path),
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 - the program that was found, our own words
            command, input=samples.astype("<i2").tobytes(), capture_output=True, check=False
        )
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise BundleError(f"ffmpeg did not encode AAC: {''.join(why)}; another build of it may")
        return path.read_bytes()


def _tagged(data: bytes, tags: dict[str, int]) -> bytes:
    """Return the file with these tags in place of its own; its `moov` must follow the audio."""
    *others, (name, moov) = _atoms(data)
    if name != b"moov":
        raise BundleError(f"ffmpeg wrote {name.decode(errors='replace')} last, not moov")
    kept = b"".join(_atom(kind, body) for kind, body in _atoms(moov) if kind != b"udta")
    listed = b"".join(_freeform(name, str(value)) for name, value in tags.items())
    handler = _atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    meta = _atom(b"meta", bytes(4) + handler + _atom(b"ilst", listed))
    ours = _atom(b"udta", meta) if tags else b""
    front = b"".join(_atom(kind, body) for kind, body in others)
    return front + _atom(b"moov", kept + ours)


def _atoms(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return name and content of each MPEG-4 atom; BundleError if they do not fill the data."""
    found, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            raise BundleError(f"ffmpeg wrote an atom of {size} bytes at {at}")
        found.append((name, data[at + 8 : at + size]))
        at += size
    return found


def _atom(name: bytes, body: bytes) -> bytes:
    """Return an atom of MP4: its size, name and content."""
    return struct.pack(">I4s", 8 + len(body), name) + body


def _freeform(name: str, value: str) -> bytes:
    """Return an iTunes tag with a name of its own."""
    parts = _atom(b"mean", bytes(4) + b"com.apple.iTunes")
    parts += _atom(b"name", bytes(4) + name.encode())
    return _atom(b"----", parts + _atom(b"data", struct.pack(">II", 1, 0) + value.encode()))
