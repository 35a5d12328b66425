"""FLAC, stereo, and files that are opened again before they leave."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable

import mutagen.flac
import numpy as np
import pytest
import soundfile

from chipassets.errors import RenderError
from chipassets.render import Pcm, encode_flac, encode_ogg, encode_wav
from chipassets.render.reopen import check_samples
from chipassets.render.wav import read_loop

RATE_HZ = 44_100


def pcm(channels: int = 1, loop_start: int | None = 1_000) -> Pcm:
    places = np.arange(30_000)[:, None] / RATE_HZ * np.array([440.0, 660.0])[:channels]
    samples = np.round(9_000 * np.sin(2 * np.pi * places)).astype(np.int16)
    return Pcm(samples[:, 0] if channels == 1 else samples, RATE_HZ, loop_start)


@pytest.mark.parametrize("channels", [1, 2])
def test_flac_is_the_samples_with_tags(channels: int) -> None:
    sound = pcm(channels)
    data = encode_flac(sound, {"title": "Überfall"})
    decoded, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE_HZ
    assert (decoded == sound.samples).all()
    tags = mutagen.flac.FLAC(io.BytesIO(data))
    assert (tags["TITLE"], tags["LOOPSTART"]) == (["Überfall"], ["1000"])
    assert tags["LOOPLENGTH"] == ["29000"]
    assert tags.info.channels == channels
    assert data == encode_flac(sound, {"title": "Überfall"})
    assert "LOOPSTART" not in mutagen.flac.FLAC(io.BytesIO(encode_flac(pcm(1, None), {})))


@pytest.mark.parametrize("encode", [encode_wav, lambda sound: encode_flac(sound, {})])
def test_encoding_holds_the_sound_once_more(encode: Callable[[Pcm], bytes]) -> None:
    # Noise, which no encoder makes smaller: a file is as large as its samples.
    noise = np.random.default_rng(1).integers(-32_768, 32_767, (3_000_000, 2), np.int16)
    sound = Pcm(noise, RATE_HZ, 0)
    encode(pcm())  # what is loaded and kept on the first use
    tracemalloc.start()
    size = len(encode(sound))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == pytest.approx(noise.nbytes, rel=0.01)
    # Beside it, blocks of 65,536 samples are compared with what was rendered, as 8-byte numbers.
    assert peak <= 1.3 * size + 4 * 65_536 * 2 * 8


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("channels", [1, 2])
def test_ffmpeg_decodes_the_same_flac(channels: int) -> None:
    sound = pcm(channels)
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-"],
        input=encode_flac(sound, {}), capture_output=True, check=True,
    )  # fmt: skip
    assert done.stderr == b""
    assert done.stdout == sound.samples.astype("<i2").tobytes()


@pytest.mark.parametrize("encode", [encode_wav, lambda item: encode_ogg(item, {})])
def test_stereo_stays_stereo(encode: object) -> None:
    sound = pcm(2)
    assert callable(encode)
    decoded, _ = soundfile.read(io.BytesIO(encode(sound)), dtype="int16")
    assert decoded.shape == (30_000, 2)
    error = decoded.astype(float) - sound.samples
    assert np.abs(error).mean() < 300


def test_wav_says_where_its_loop_is() -> None:
    assert read_loop(encode_wav(pcm())) == (1_000, 29_999)
    assert read_loop(encode_wav(pcm(1, None))) is None


def test_a_file_with_other_sound_is_refused() -> None:
    sound = pcm()
    short = Pcm(sound.samples[:-1], RATE_HZ, 0)
    with pytest.raises(RenderError, match="29999 samples"):
        check_samples(encode_wav(short), sound, exact=True)
    other = Pcm(np.roll(sound.samples, 30), RATE_HZ, 0)
    for exact in (True, False):
        with pytest.raises(RenderError, match="does not sound like"):
            check_samples(encode_wav(other), sound, exact)
    with pytest.raises(RenderError, match="2 channels"):
        check_samples(encode_wav(pcm(2)), sound, exact=True)


def test_flac_has_room_for_more_tags_than_the_encoder_writes() -> None:
    sound = pcm(2)
    short, long = encode_flac(sound, {}), encode_flac(sound, {"comment": "word " * 40_000})
    assert len(long) > len(short) + 200_000
    for data in (short, long):
        decoded, _ = soundfile.read(io.BytesIO(data), dtype="int16")
        assert (decoded == sound.samples).all()
    assert mutagen.flac.FLAC(io.BytesIO(long))["COMMENT"] == ["word " * 40_000]
