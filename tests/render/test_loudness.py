"""Loudness and true peak against the standard's own tones and against ffmpeg."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.render import Pcm, encode_wav, render_log
from chipassets.render.loudness import (
    TRUE_PEAK_LIMIT_DBTP,
    UNIT_GAIN,
    Loudness,
    after_gain,
    apply_gain,
    at_loudness,
    gain_to,
    measure_loudness,
    momentary_loudness,
)
from tests.chip_music import plan, song

RATE_HZ = 44_100


def sine(level_dbfs: float, seconds: float = 6.0, hz: float = 997.0, channels: int = 1) -> Pcm:
    """A sine whose peak is at the level."""
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    samples = np.round(wave * 32_768 * 10 ** (level_dbfs / 20)).astype(np.int16)
    return Pcm(samples if channels == 1 else np.stack([samples] * channels, 1), RATE_HZ, None)


def noise(seconds: float, levels: tuple[float, ...]) -> NDArray[np.int16]:
    rng = np.random.Generator(np.random.PCG64(5))
    found = rng.standard_normal((round(seconds * RATE_HZ), len(levels))) * levels
    return found.clip(-32_768, 32_767).astype(np.int16)


def music(loop_start_bar: int | None = 0, bars: int = 4) -> Pcm:
    log = write_registers(arrange(song(bars, loop_start_bar=loop_start_bar), plan(), "nes"))
    return render_log(log, frames_per_bar=96)


def gated() -> Pcm:
    """Loud and stereo, then too soft for the relative gate, then for the absolute one."""
    samples = noise(9.0, (3000, 800))
    samples[3 * RATE_HZ : 6 * RATE_HZ] //= 10
    samples[6 * RATE_HZ :] //= 3000
    return Pcm(samples, RATE_HZ, None)


def near_the_gate() -> Pcm:
    """Loud, then 8 dB softer, which the relative gate lets pass, then 20 dB, which it does not."""
    samples = noise(9.0, (3000, 3000)).astype(np.float64)
    samples[3 * RATE_HZ : 6 * RATE_HZ] *= 10 ** (-8 / 20)
    samples[6 * RATE_HZ :] *= 10 ** (-20 / 20)
    return Pcm(samples.astype(np.int16), RATE_HZ, None)


SOUNDS = {
    "near the gate": near_the_gate,
    "sine": lambda: sine(-23.0),
    "stereo sine": lambda: sine(-23.0, channels=2),
    "bass": lambda: sine(-12.0, hz=40.0),
    "treble": lambda: sine(-12.0, hz=9_000.0),
    "music": music,
    "music once": lambda: music(None, 3),
    "gated": gated,
}


def test_the_standards_tone_reads_as_the_standard_says() -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS in both channels reads -23 LUFS.
    assert measure_loudness(sine(-23.0, 20, 1000, channels=2)).lufs == pytest.approx(-23, abs=0.1)
    assert measure_loudness(sine(-33.0, 20, 1000, channels=2)).lufs == pytest.approx(-33, abs=0.1)


def test_a_peak_between_samples_is_seen() -> None:
    # EBU Tech 3341: a sine of a quarter of the rate that starts at 45 degrees peaks 3 dB higher.
    wave = np.sin(2 * np.pi * np.arange(RATE_HZ) / 4 + np.pi / 4) * 16_384
    pcm = Pcm(np.round(wave).astype(np.int16), RATE_HZ, 0)
    assert measure_loudness(pcm).true_peak_dbtp == pytest.approx(-6.02, abs=0.1)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.default_cases(3)
def test_ffmpeg_measures_the_same(name: str) -> None:
    pcm = SOUNDS[name]()
    command = ["ffmpeg", "-nostats", "-i", "-", "-filter_complex", "ebur128=peak=true"]
    done = subprocess.run(
        [*command, "-f", "null", "-"], input=encode_wav(pcm), capture_output=True, check=True
    )
    summary = done.stderr.decode().rsplit("Summary:", 1)[1]
    lufs = float(re.findall(r"I:\s+(\S+) LUFS", summary)[0])
    peak = float(re.findall(r"Peak:\s+(\S+) dBFS", summary)[0])
    found = measure_loudness(pcm)
    assert found.lufs == pytest.approx(lufs, abs=0.1)
    assert found.true_peak_dbtp == pytest.approx(peak, abs=0.5)


def test_a_sound_is_brought_to_a_loudness_in_its_own_memory() -> None:
    pcm = music()
    expected = apply_gain(pcm, gain := gain_to(measured := measure_loudness(pcm), -30.0))
    leveled, factor, loudness = at_loudness(pcm, -30.0)
    assert (factor, loudness) == (gain, after_gain(measured, gain))
    assert leveled.samples is pcm.samples
    assert np.array_equal(leveled.samples, expected.samples)


@pytest.mark.parametrize("target", [-30.0, -18.0, -6.0])
def test_gain_meets_the_target_or_the_peak_limit(target: float) -> None:
    pcm = music()
    measured = measure_loudness(pcm)
    gain = gain_to(measured, target)
    promised, found = after_gain(measured, gain), measure_loudness(apply_gain(pcm, gain))
    assert found.lufs is not None
    assert found.true_peak_dbtp is not None
    assert promised.lufs == pytest.approx(found.lufs, abs=0.02)
    assert promised.true_peak_dbtp == pytest.approx(found.true_peak_dbtp, abs=0.02)
    assert found.true_peak_dbtp <= TRUE_PEAK_LIMIT_DBTP + 0.01
    at_limit = found.true_peak_dbtp > TRUE_PEAK_LIMIT_DBTP - 0.02
    assert at_limit or found.lufs == pytest.approx(target, abs=0.02)


def test_silence_has_no_loudness_and_keeps_its_level() -> None:
    silent = Pcm(np.zeros(5_000, np.int16), RATE_HZ, None)
    measured = measure_loudness(silent)
    assert (measured.lufs, measured.true_peak_dbtp) == (None, None)
    assert gain_to(measured, -18.0) == UNIT_GAIN
    assert measure_loudness(Pcm(np.zeros(0, np.int16), RATE_HZ, None)).lufs is None


@given(st.integers(1, 3 * RATE_HZ), st.integers(1, 4 * UNIT_GAIN))
def test_gain_and_loudness_work_at_any_length(length: int, gain: int) -> None:
    pcm = Pcm(noise(3.0, (2000.0,))[:length, 0], RATE_HZ, None)
    louder = apply_gain(pcm, gain)
    assert len(louder.samples) == length
    assert apply_gain(pcm, UNIT_GAIN).samples.tolist() == pcm.samples.tolist()
    measured = measure_loudness(pcm)
    assert measured.lufs is None or -80 < measured.lufs < 0


def test_half_a_step_is_rounded_up_and_the_peak_stays_below_the_limit() -> None:
    pcm = Pcm(np.array([[1], [2], [-1], [-2]], np.int16), RATE_HZ, None)
    assert apply_gain(pcm, UNIT_GAIN // 2).samples.ravel().tolist() == [1, 1, 0, -1]
    gain = gain_to(Loudness(-40.0, -9.0), -10.0)
    assert 20 * np.log10(gain / UNIT_GAIN) == pytest.approx(TRUE_PEAK_LIMIT_DBTP + 9.0, abs=0.01)


def test_the_momentary_loudness_follows_the_gain() -> None:
    for name in ("music", "gated", "stereo sine"):
        sound, gain, measured = at_loudness(SOUNDS[name](), -20.0)
        assert measured.momentary is not None
        again = momentary_loudness(sound)
        assert gain != UNIT_GAIN
        # Below that the samples' own rounding is heard.
        loud = again > -45
        assert loud.sum() >= 20
        assert measured.momentary[loud] == pytest.approx(again[loud], abs=0.05)
        assert measured.momentary.shape == again.shape
        assert measured.momentary.min() >= -70


def test_silence_stays_silent_after_a_gain() -> None:
    silent = measure_loudness(Pcm(np.zeros(RATE_HZ, np.int16), RATE_HZ, None))
    louder = after_gain(silent, 8 * UNIT_GAIN).momentary
    assert louder is not None
    assert louder.tolist() == [-70.0] * len(louder)


@pytest.mark.parametrize("length", [1, 31, 32, 33, 63, 64, 65, 8_190, 65_535, 65_536, 65_601])
@pytest.mark.parametrize("loop", [None, 0, -1])
def test_the_true_peak_is_that_of_a_convolution(length: int, loop: int | None) -> None:
    samples = noise(2.0, (6000, 9000))[:length]
    start = None if loop is None else loop % length
    after = np.zeros((32, 2)) if start is None else samples[start : start + 32].astype(np.float64)
    whole = np.concatenate((samples, after))
    places = np.arange(-64, 65)
    kernel = np.sinc(places / 4) * np.kaiser(129, 8.0)
    peak = np.abs(whole).max()
    for phase in (1, 2, 3):
        for column in whole.T:
            found = np.convolve(column, kernel[phase::4])[: len(column)]
            peak = max(peak, np.abs(found).max())
    measured = measure_loudness(Pcm(samples, RATE_HZ, start)).true_peak_dbtp
    assert measured == pytest.approx(20 * np.log10(peak / 32_768), abs=1e-9)
