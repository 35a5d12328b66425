"""Other players of our NSF: libgme voice by voice against our sound, and ffmpeg."""

from __future__ import annotations

import ctypes
import ctypes.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.chipfiles import encode_gbs, encode_nsf, encode_nsfe, encode_playlist
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog, Write
from chipassets.render import render_log
from tests.chip_music import CPU_HZ, solo, tone_log
from tests.chipfiles.material import tune_log
from tests.render.nsf_probe import play
from tests.render.test_libgme import LIBGME_TUNING, VOICES
from tests.render.test_tones import cents, measured_hz

needs_gme = pytest.mark.skipif(
    not ctypes.util.find_library("gme"), reason="libgme is not installed"
)
needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")


def heard(tmp_path: Path, log: RegisterLog, seconds: float, voice: int) -> NDArray[np.float64]:
    path = tmp_path / "song.nsf"
    path.write_bytes(encode_nsf([(log, "song")], title="Song").data)
    return play(path, seconds, voice)


@needs_gme
@pytest.mark.parametrize(
    ("voice", "timer", "control", "divider"),
    [("pulse1", 253, 0xBF, 16), ("pulse2", 1000, 0x7F, 16), ("triangle", 253, 0xFF, 32)],
)
def test_libgme_plays_the_pitch_of_the_song(
    tmp_path: Path, voice: str, timer: int, control: int, divider: int
) -> None:
    log = tone_log(voice, timer, control)
    expected = CPU_HZ / (divider * (timer + 1))
    theirs = measured_hz(heard(tmp_path, log, 1.9, VOICES.index(voice)), expected)
    assert abs(cents(expected, theirs * LIBGME_TUNING)) < 0.5


@needs_gme
@pytest.mark.parametrize("voice", VOICES[:3])
def test_libgme_plays_our_levels_through_the_loop(tmp_path: Path, voice: str) -> None:
    log = tune_log(4)
    once = len(log.frames) / 60.0988
    theirs = heard(tmp_path, log, 2 * once, VOICES.index(voice))
    ours = np.tile(render_log(solo(log, voice), "none").samples.astype(np.float64), 2)
    ratios = loudness(ours)[:24] / loudness(theirs)[:24]
    assert len(ratios) == 24
    spread = np.percentile(ratios, [5, 95]) / np.median(ratios)
    assert np.abs(spread - 1).max() < 0.05, spread


def loudness(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """RMS of every half second; of the steps between samples, which leave the mean out."""
    steps = np.diff(samples)
    count = len(steps) // 22_050
    power: NDArray[np.float64] = (steps[: count * 22_050].reshape(count, -1) ** 2).mean(axis=1)
    return np.sqrt(power)


@needs_gme
@pytest.mark.parametrize(
    ("base", "control", "divider"), [(0x9000, 0x7F, 16), (0xA000, 0x3F, 16), (0xB000, 40, 14)]
)
def test_libgme_plays_the_pitch_of_the_vrc6(
    tmp_path: Path, base: int, control: int, divider: int
) -> None:
    first = (Write(base, control), Write(base + 1, 253), Write(base + 2, 0x80))
    log = RegisterLog("nes-vrc6", (first, *((),) * 119), None)
    path = tmp_path / "song.nsf"
    path.write_bytes(encode_nsf([(log, "song")], title="Song").data)
    expected = CPU_HZ / (divider * 254)
    theirs = measured_hz(play(path, 1.9, None), expected)
    assert abs(cents(expected, theirs * LIBGME_TUNING)) < 0.5


@needs_ffmpeg
def test_ffmpeg_plays_the_album(tmp_path: Path) -> None:
    path = tmp_path / "album.nsf"
    songs = [(tune_log(4), "one"), (tone_log("pulse1", 253, 0xBF), "two")]
    path.write_bytes(encode_nsf(songs, title="Album", author="Author").data)
    out = subprocess.run(
        ["ffmpeg", "-v", "error", "-t", "3", "-i", str(path), "-f", "s16le", "-ac", "1", "-"],
        check=True,
        capture_output=True,
    )
    samples = np.frombuffer(out.stdout, "<i2").astype(np.float64)
    assert len(samples) == pytest.approx(3 * 44_100, abs=5_000)
    assert np.sqrt((samples**2).mean()) > 500
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format_tags", str(path)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Album" in shown
    assert "Author" in shown


class TrackInfo(ctypes.Structure):
    """The head of libgme's gme_info_t."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("length", "intro", "loop", "play", *"abcdefghijkl")),
        *((name, ctypes.c_char_p) for name in ("system", "game", "song", "author")),
    )


def track_info(path: Path, number: int, playlist: Path | None = None) -> TrackInfo:
    gme = ctypes.CDLL(str(ctypes.util.find_library("gme")))
    player = ctypes.c_void_p()
    assert not gme.gme_open_file(str(path).encode(), ctypes.byref(player), -1)
    if playlist:
        gme.gme_load_m3u.restype = ctypes.c_char_p
        assert gme.gme_load_m3u(player, str(playlist).encode()) is None
    info = ctypes.POINTER(TrackInfo)()
    assert not gme.gme_track_info(player, ctypes.byref(info), number)
    return info.contents


@needs_gme
def test_libgme_shows_titles_and_lengths(tmp_path: Path) -> None:
    songs = [(tune_log(4), "Title"), (tune_log(3, None), "Game over, again")]
    path = tmp_path / "album.nsfe"
    path.write_bytes(encode_nsfe(songs, title="Album", game="Game").data)
    first, second = track_info(path, 0), track_info(path, 1)
    assert (first.song, first.game) == (b"Title", b"Game: Album")
    assert second.song == b"Game over, again"
    assert first.length == pytest.approx(2 * len(songs[0][0].frames) * 1000 / 60.0988, abs=1)
    assert second.length == pytest.approx(len(songs[1][0].frames) * 1000 / 60.0988, abs=1)


@needs_gme
def test_libgme_reads_the_playlist_of_a_gbs(tmp_path: Path) -> None:
    songs = [
        (tune_log(4, 0, "gameboy"), "Title, the first"),
        (tune_log(3, None, "gameboy"), "End"),
    ]
    path, playlist = tmp_path / "album.gbs", tmp_path / "album.m3u"
    path.write_bytes(encode_gbs(songs, title="Album").data)
    playlist.write_bytes(encode_playlist(songs, "album.gbs").data)
    first, second = (track_info(path, number, playlist) for number in (0, 1))
    assert (first.song, second.song) == (b"Title, the first", b"End")
    rate = float(CHIPS["gameboy"].frame_rate_hz)
    assert first.length == pytest.approx(2 * len(songs[0][0].frames) * 1000 / rate, abs=1_000)
    assert second.length == pytest.approx(len(songs[1][0].frames) * 1000 / rate, abs=1_000)
