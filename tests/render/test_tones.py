"""Each voice of the chip by itself: pitch, waveform, noise periods, mixer and aliasing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.chips.profiles import NOISE_PERIODS
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.render import render_log
from chipassets.render.engine import GAIN
from chipassets.render.mixer import pulse_output, tnd_output
from chipassets.render.noise import Noise
from chipassets.render.sequencer import DUTY_ROWS
from chipassets.render.voices import Stretch
from tests.chip_music import CPU_HZ, tone_log

RATE = 44_100
FULL = 0xBF
"""50 %, constant volume 15."""


def rendered(log: RegisterLog, filter_name: str = "famicom") -> NDArray[np.float64]:
    return render_log(log, filter_name).samples.astype(np.float64)


def measured_hz(samples: NDArray[np.float64], near_hz: float) -> float:
    """The frequency near `near_hz`, from how far its phase turns between two windows."""
    size, apart = 16_384, 40_000
    wave = np.hanning(size) * np.exp(-2j * np.pi * near_hz / RATE * np.arange(size))
    turn = np.exp(-2j * np.pi * near_hz / RATE * apart)
    first = (samples[8_000 : 8_000 + size] * wave).sum()
    second = (samples[8_000 + apart : 8_000 + apart + size] * wave).sum() * turn
    return near_hz + float(np.angle(second / first)) * RATE / (2 * np.pi * apart)


def cents(a_hz: float, b_hz: float) -> float:
    return 1200 * math.log2(a_hz / b_hz)


@pytest.mark.parametrize("timer", [8, 20, 50, 253, 1000, 2047])
@pytest.mark.parametrize("voice", ["pulse1", "pulse2"])
def test_pulse_pitch(voice: str, timer: int) -> None:
    expected = CPU_HZ / (16 * (timer + 1))
    samples = rendered(tone_log(voice, timer, FULL))
    assert abs(cents(measured_hz(samples, expected), expected)) < 0.01


@pytest.mark.parametrize("timer", [2, 60, 253, 1016, 2047])
def test_triangle_pitch(timer: int) -> None:
    expected = CPU_HZ / (32 * (timer + 1))
    samples = rendered(tone_log("triangle", timer, 0xFF))
    assert abs(cents(measured_hz(samples, expected), expected)) < 0.01


@pytest.mark.parametrize("timer", [0, 7])
def test_pulse_too_high_is_silent(timer: int) -> None:
    assert not rendered(tone_log("pulse1", timer, FULL)).any()


@pytest.mark.parametrize("duty", [0, 1, 2, 3])
def test_a_pulse_has_the_spectrum_of_its_duty(duty: int) -> None:
    f0 = CPU_HZ / (16 * 254)
    samples = rendered(tone_log("pulse1", 253, duty << 6 | 0x3F))[8_000 : 8_000 + 65_536]
    times = np.arange(len(samples)) / RATE
    window = np.hanning(len(samples))
    heard = [
        abs((samples * window * np.exp(-2j * np.pi * f0 * k * times)).sum()) for k in range(1, 9)
    ]
    row = np.fft.fft(np.repeat(DUTY_ROWS[duty], 512))
    wanted = np.abs(row[1:9])
    scale = heard[0] / wanted[0]
    assert np.allclose(heard, wanted * scale, atol=0.01 * heard[0])


@pytest.mark.parametrize(("mode", "period"), [(0, 32_767), (1, 93)])
def test_noise_repeats_after_its_period_and_no_sooner(mode: int, period: int) -> None:
    oscillator = Noise()
    steps = 3 * period
    events = oscillator.play([Stretch(0, 4, 1, mode)], 4 * steps, None)
    levels = events.level_at(4 * np.arange(steps), before=False)
    assert (levels[:period] == levels[period : 2 * period]).all()
    for shorter in (period // 3, period // 7, 31):
        assert shorter == period or (levels[:period] != levels[shorter : shorter + period]).any()


def test_noise_register_follows_its_feedback() -> None:
    state, bits = 1, []
    for _ in range(100):
        bits.append(1 - (state & 1))
        state = state >> 1 | ((state ^ state >> 1) & 1) << 14
    events = Noise().play([Stretch(0, NOISE_PERIODS[5], 1)], 100 * 96, None)
    levels = events.level_at(96 * np.arange(100), before=False)
    # The first step of the register is at the first clock, so state 1 is never heard by itself.
    assert levels[:99].tolist() == bits[1:]


def test_the_mixer_follows_the_formulas_of_nesdev() -> None:
    assert pulse_output(30) == pytest.approx(95.88 / (8128 / 30 + 100))
    assert tnd_output(15, 15) == pytest.approx(159.79 / (1 / (15 / 8227 + 15 / 12241) + 100))
    assert tnd_output(0, 0, 127) == pytest.approx(159.79 / (22638 / 127 + 100))
    assert pulse_output(0) == tnd_output(0, 0, 0) == 0.0


def test_pulse_swings_by_what_the_mixer_says() -> None:
    samples = rendered(tone_log("pulse1", 2047, FULL), "none")[: 100 * 735]
    base = tnd_output(15, 0)
    low, high = np.percentile(samples, [20, 80])
    assert low == pytest.approx(GAIN * base, abs=2)
    assert high == pytest.approx(GAIN * (base + pulse_output(15)), abs=2)


def test_two_pulses_are_compressed_as_on_the_chip() -> None:
    one, two = tone_log("pulse1", 2047, FULL), tone_log("pulse2", 2047, FULL)
    both = RegisterLog("nes", (one.frames[0] + two.frames[0][2:], *one.frames[1:]), None)
    samples = rendered(both, "none")[: 100 * 735]
    step = np.percentile(samples, 80) - np.percentile(samples, 20)
    assert step == pytest.approx(GAIN * pulse_output(30), abs=2)


@pytest.mark.parametrize(("timer", "duty"), [(253, 2), (50, 1), (20, 2)])
def test_aliases_lie_below_minus_80_db(timer: int, duty: int) -> None:
    f0 = CPU_HZ / (16 * (timer + 1))
    samples = rendered(tone_log("pulse1", timer, duty << 6 | 0x3F, frames=240))
    block = samples[8_000 : 8_000 + 131_072]
    power = np.abs(np.fft.rfft(block * np.kaiser(len(block), 22))) ** 2
    hz = np.arange(len(power)) * RATE / len(block)
    harmonic = np.abs(hz / f0 - np.rint(hz / f0)) * f0 < 12 * RATE / len(block)
    heard = (hz > 60) & (hz < 16_000)
    ratio = power[heard & ~harmonic].sum() / power[heard & harmonic].sum()
    assert 10 * math.log10(ratio) < -80


@pytest.mark.parametrize("voice", ["pulse1", "triangle", "noise"])
def test_nothing_but_silence_before_a_voice_is_switched_on(voice: str) -> None:
    log = RegisterLog("nes", ((), (), *tone_log(voice, 253, FULL, frames=30).frames), None)
    assert not rendered(log)[:1_400].any()


@pytest.mark.parametrize(
    ("write", "named"),
    [
        (Write(0x4000, 0x8F), "envelope"),
        (Write(0x4001, 0x9A), "sweep"),
        (Write(0x4008, 0x7F), "linear counter"),
        (Write(0x5000, 0), "5000"),
    ],
)
def test_hardware_units_that_are_not_played_are_refused(write: Write, named: str) -> None:
    with pytest.raises(RenderError, match=named):
        render_log(RegisterLog("nes", ((write,),), None))


def test_unknown_filter_chip_and_empty_log_are_refused() -> None:
    log = tone_log("pulse1", 253, FULL, frames=2)
    with pytest.raises(RenderError, match="famicom"):
        render_log(log, "vinyl")
    with pytest.raises(RenderError, match="nes"):
        render_log(RegisterLog("sid", log.frames, None))
    with pytest.raises(RenderError, match="no frames"):
        render_log(RegisterLog("nes", (), None))
