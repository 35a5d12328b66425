"""Mixers that games have, which are not always at 44.1 kHz: Pygame Zero's is at 22050 Hz."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.runtime.tiny_bundle import RATE_HZ, Piece, write_bundle

pytest.importorskip("pygame")

DECODE = """
import sys, pygame
from chipassets.runtime import Library
from chipassets.runtime.decoding import Decoder
rate, bits, channels, out = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
pygame.mixer.init(rate, bits, channels, 512, allowedchanges=0)
decoder = Decoder()
for track in Library.open(sys.argv[1]).tracks:
    decoder.request(track)
while decoder.is_busy:
    pygame.time.wait(1)
for track in Library.open(sys.argv[1]).tracks:
    sounds = decoder.sounds(track)
    assert len(sounds) == 1, track
    parts = [part.get_raw() for part in sounds[0].parts]
    open(f"{out}.{track.name}", "wb").write(b"".join(parts))
    print(track.name, [len(part) for part in parts])
"""


def decode(bundle: Path, out: Path, rate_hz: int, bits: int = -16, channels: int = 1) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            DECODE,
            str(bundle),
            str(rate_hz),
            str(bits),
            str(channels),
            str(out),
        ],
        env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 32_000, 48_000])
@pytest.mark.parametrize("suffix", ["ogg", "wav"])
@pytest.mark.default_cases(2)
def test_a_track_is_as_long_and_in_time_at_any_rate(
    tmp_path: Path, rate_hz: int, suffix: str
) -> None:
    pieces = [Piece("song", 441, bars=8, intro_bars=2), Piece("once", 441, 2, None)]
    bundle = write_bundle(tmp_path / "bundle", pieces, suffix)
    said = decode(bundle, tmp_path / "raw", rate_hz)
    song = np.fromfile(tmp_path / "raw.song", "<i2") / 32768
    # Eight bars of a quarter of a second, of which the first two are the intro.
    start, end = (samples * rate_hz // RATE_HZ for samples in (RATE_HZ // 2, 2 * RATE_HZ))
    assert f"song [{2 * start}, {2 * (end - start)}]" in said
    assert f"once [{2 * (RATE_HZ // 2 * rate_hz // RATE_HZ)}]" in said
    wave, _ = soundfile.read(bundle / f"audio/song.{suffix}")
    at = np.arange(len(song)) * RATE_HZ / rate_hz
    wanted = np.interp(at, np.arange(len(wave)), wave)
    assert np.max(np.abs(song - wanted)[:-8]) < 0.03


def test_the_seam_has_no_click_at_another_rate(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("song", 440, bars=4)], "wav")
    decode(bundle, tmp_path / "raw", 22_050)
    loop = np.fromfile(tmp_path / "raw.song", "<i2") / 32768
    around = np.concatenate([loop[-64:], loop[:64]])
    steepest = 0.5 * 2 * np.pi * 440 / 22_050  # of the tone itself
    assert np.max(np.abs(np.diff(around))) < 1.1 * steepest


@pytest.mark.parametrize("bits", [8, -8, 16, 32])
@pytest.mark.default_cases(2)
def test_every_format_of_the_mixer_sounds_right_at_another_rate(tmp_path: Path, bits: int) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("song", 441, bars=4)])
    decode(bundle, tmp_path / "raw", 22_050, bits, 2)
    kinds = {8: "u1", -8: "i1", 16: "<u2", 32: "<f4"}
    raw = np.fromfile(tmp_path / "raw.song", kinds[bits])[::2].astype(float)
    full = {8: 128, -8: 128, 16: 32768, 32: 1}[bits]
    wave = (raw - (full if bits > 0 and bits != 32 else 0)) / full
    assert len(wave) == 22_050
    wanted = 0.5 * np.sin(2 * np.pi * 441 / 22_050 * np.arange(22_050))
    assert np.sqrt(np.mean((wave - wanted) ** 2)) < 0.03


@pytest.mark.parametrize(
    ("rate_hz", "bits"), [(22_050, -16), (22_050, 8), (22_050, 32), (24_000, -16), (16_000, -16)]
)
@pytest.mark.default_cases(2)
def test_what_a_lower_rate_cannot_hold_does_not_come_back_as_another_tone(
    tmp_path: Path, rate_hz: int, bits: int
) -> None:
    pieces = [Piece("high", 17_000, bars=4), Piece("low", 4_000, bars=4)]
    bundle = write_bundle(tmp_path / "bundle", pieces, "wav")
    decode(bundle, tmp_path / "raw", rate_hz, bits)
    kind, full = {8: ("u1", 128), -16: ("<i2", 32768), 32: ("<f4", 1)}[bits]
    high, low = (
        np.std(np.fromfile(tmp_path / f"raw.{name}", kind)) / full for name in ("high", "low")
    )
    assert low == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert high < 0.02 * low


def test_a_file_that_breaks_the_decoder_costs_its_track_and_no_other(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("song", 441), Piece("town", 330)])
    code = DECODE.replace(
        "decoder = Decoder()",
        "import chipassets.runtime.decoding as d; real = d.load_sound\n"
        "def broken(data, *a):\n"
        "    d.load_sound = real\n"
        "    raise TypeError('cannot cast')\n"
        "d.load_sound = broken; decoder = Decoder()",
    ).split("for track in Library.open(sys.argv[1]).tracks:\n    sounds")[0]
    code += "print([len(decoder.sounds(t)) for t in Library.open(sys.argv[1]).tracks])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle), "44100", "-16", "2", ""],
        env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "[0, 1]", done.stderr
    assert "track 'song' stays silent: cannot cast" in done.stderr
