"""libgme plays the same registers: pitch and level of every voice agree with ours."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.render import render_log
from tests.chip_music import CPU_HZ, plan, solo, song, tone_log
from tests.render.nsf_probe import nsf, play
from tests.render.test_tones import cents, measured_hz

pytestmark = pytest.mark.skipif(
    not ctypes.util.find_library("gme"), reason="libgme is not installed"
)

VOICES = ("pulse1", "pulse2", "triangle", "noise")
FRAMES = 600
# Blip_Buffer keeps the ratio of the rates in 16 bits, which detunes libgme by this much.
LIBGME_TUNING = round(44_100 / CPU_HZ * 65_536) / (44_100 / CPU_HZ * 65_536)


@pytest.mark.parametrize(
    ("voice", "timer", "control", "divider"),
    [("pulse1", 253, 0xBF, 16), ("pulse2", 50, 0x7F, 16), ("triangle", 253, 0xFF, 32)],
)
def test_libgme_plays_the_pitch_that_we_render(
    tmp_path: Path, voice: str, timer: int, control: int, divider: int
) -> None:
    log = tone_log(voice, timer, control)
    (tmp_path / "tone.nsf").write_bytes(nsf(log, len(log.frames)))
    expected = CPU_HZ / (divider * (timer + 1))
    ours = measured_hz(render_log(log).samples.astype(np.float64), expected)
    theirs = measured_hz(play(tmp_path / "tone.nsf", 1.9, VOICES.index(voice)), expected)
    assert abs(cents(ours, theirs * LIBGME_TUNING)) < 0.5


def level_ratios(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much louder ours is, quarter of a second by quarter, where theirs sounds at all."""
    window = 11_025
    starts = range(0, len(ours) - window, window)
    powers = [[float((one[n : n + window] ** 2).mean()) for one in (ours, theirs)] for n in starts]
    return np.sqrt([a / b for a, b in powers if b > 1_000])


LATE_SAMPLES = 753
"""libgme calls the player's routine a frame after it has started: where the pulses fit best."""


@pytest.mark.parametrize("voice", VOICES[:3])
def test_level_ratio_is_constant(tmp_path: Path, voice: str) -> None:
    log = write_registers(arrange(song(8), plan(), "nes"))
    (tmp_path / "song.nsf").write_bytes(nsf(log, FRAMES))
    theirs = play(tmp_path / "song.nsf", FRAMES / 60.1, VOICES.index(voice))[LATE_SAMPLES:]
    ours = render_log(solo(log, voice)).samples[: len(theirs)].astype(np.float64)
    ratios = level_ratios(ours, theirs)
    assert len(ratios) > 10
    spread = np.percentile(ratios, [25, 75]) / np.median(ratios)
    assert np.abs(spread - 1).max() < 0.02
