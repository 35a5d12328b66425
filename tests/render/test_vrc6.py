"""The VRC6's voices: pitch, spectrum, level, the saw's accumulator, loops and another player."""

from __future__ import annotations

import ctypes.util
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.render import render_log
from chipassets.render.mixer import LEVEL_BITS, pulse_output
from chipassets.render.nes import VRC6_BOARD
from chipassets.render.sequencer import Saw
from chipassets.render.voices import Stretch
from chipassets.render.vrc6 import LEVEL
from tests.chip_music import CPU_HZ, plan, song
from tests.render.nsf_probe import nsf, play
from tests.render.test_tones import RATE, cents, measured_hz, rendered

BASES = {"vrc6_pulse1": 0x9000, "vrc6_pulse2": 0xA000, "vrc6_saw": 0xB000}
CLOCKS = {"vrc6_pulse1": 16, "vrc6_pulse2": 16, "vrc6_saw": 14}
LIBGME_VOICES = {"vrc6_pulse1": 6, "vrc6_pulse2": 7, "vrc6_saw": 5}
LIBGME_TUNING = round(44_100 / CPU_HZ * 65_536) / (44_100 / CPU_HZ * 65_536)


def tone(voice: str, period: int, control: int, frames: int = 120) -> RegisterLog:
    """One voice of the expansion and nothing else."""
    base = BASES[voice]
    writes = (
        *(Write(0x4015, 0x0F), Write(0x4017, 0x40), Write(0x9003, 0)),
        *(Write(0x4000, 0x30), Write(0x4004, 0x30), Write(0x4008, 0x80), Write(0x400C, 0x30)),
        Write(base + 1, period & 0xFF),
        Write(base + 2, 0x80 | period >> 8),
        Write(base, control),
    )
    return RegisterLog("nes-vrc6", (writes, *((),) * (frames - 1)), None)


def log_of(loop_start_bar: int | None = 0, bars: int = 4) -> RegisterLog:
    score = song(bars=bars, loop_start_bar=loop_start_bar)
    return write_registers(arrange(score, plan(), "nes-vrc6"))


@pytest.mark.parametrize("period", [20, 253, 1016, 4095])
@pytest.mark.parametrize("voice", sorted(BASES))
def test_a_vrc6_voice_has_the_pitch_of_its_timer(voice: str, period: int) -> None:
    expected = CPU_HZ / (CLOCKS[voice] * (period + 1))
    control = 0x2A if voice == "vrc6_saw" else 0x7F
    heard = measured_hz(rendered(tone(voice, period, control)), expected)
    assert abs(cents(heard, expected)) < 0.01


@pytest.mark.parametrize("duty", range(8))
def test_pulse_duty_spectrum(duty: int) -> None:
    f0 = CPU_HZ / (16 * 254)
    samples = rendered(tone("vrc6_pulse1", 253, duty << 4 | 15))[8_000 : 8_000 + 65_536]
    window, times = np.hanning(len(samples)), np.arange(len(samples)) / RATE
    heard = [
        abs((samples * window * np.exp(-2j * np.pi * f0 * k * times)).sum()) for k in range(1, 8)
    ]
    wanted = [abs(math.sin(math.pi * k * (duty + 1) / 16)) / k for k in range(1, 8)]
    scale = heard[0] / wanted[0]
    assert np.allclose(heard, np.array(wanted) * scale, atol=0.01 * heard[0])


def test_saw_adds_six_times_and_starts_again() -> None:
    events = Saw().play([Stretch(0, 2, 42)], 28, None)
    levels = events.level_at(2 * np.arange(14), before=False)
    # The first step is at the first clock.
    accumulated = [(42 * ((n + 1) % 7)) >> 3 for n in range(14)]
    assert levels.tolist() == accumulated
    assert max(accumulated) == 31


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 63)), min_size=1, max_size=20))
def test_saw_is_its_accumulator_whatever_the_rates(changes: list[tuple[int, int]]) -> None:
    stretches, clock = [], 0
    for length, rate in changes:
        stretches.append(Stretch(clock, 2, rate))
        clock += length
    events = Saw().play(stretches, clock, None)
    total, wanted = 0, []
    for now in range(clock):
        rate = next(item.level for item in reversed(stretches) if item.clock <= now)
        if now % 2 == 0:
            place = (now // 2 + 1) % 7
            total = total + rate & 0xFF if place else 0
        wanted.append(total >> 3)
    assert events.level_at(np.arange(clock), before=False).tolist() == wanted


@pytest.mark.parametrize("period", [253, 50, 20])
@pytest.mark.parametrize("voice", ["vrc6_pulse1", "vrc6_saw"])
def test_aliases_lie_below_minus_80_db(voice: str, period: int) -> None:
    f0 = CPU_HZ / (CLOCKS[voice] * (period + 1))
    control = 0x2A if voice == "vrc6_saw" else 0x3F
    block = rendered(tone(voice, period, control, frames=240))[8_000 : 8_000 + 131_072]
    power = np.abs(np.fft.rfft(block * np.kaiser(len(block), 22))) ** 2
    hz = np.arange(len(power)) * RATE / len(block)
    harmonic = np.abs(hz / f0 - np.rint(hz / f0)) * f0 < 12 * RATE / len(block)
    heard = (hz > 60) & (hz < 16_000)
    # Line against line: one voice alone is soft, and the noise of 16 bits lies at -78 dB in all.
    ratio = power[heard & ~harmonic].max() / power[heard & harmonic].max()
    assert 10 * math.log10(ratio) < -80


def test_levels_add_up_linearly() -> None:
    one, two = tone("vrc6_pulse1", 2047, 0x7F), tone("vrc6_pulse2", 2047, 0x7F)
    both = RegisterLog("nes-vrc6", (one.frames[0] + two.frames[0][7:], *one.frames[1:]), None)
    swings = [
        np.subtract(*np.percentile(rendered(log, "none")[: 100 * 735], [80, 20]))
        for log in (one, both)
    ]
    unit = VRC6_BOARD.gain * LEVEL / (1 << LEVEL_BITS)
    assert swings[0] == pytest.approx(15 * unit, abs=2)
    assert swings[1] == pytest.approx(30 * unit, abs=2)
    full = 15 * LEVEL / (1 << LEVEL_BITS)
    assert full == pytest.approx(0.86 * pulse_output(15), rel=0.005)


def test_switched_off_and_silent_voices_are_silent() -> None:
    for voice in BASES:
        assert not rendered(tone(voice, 253, 0)).any()
        log = tone(voice, 253, 0x7F)
        off = tuple(
            Write(w.address, w.value & 0x7F) if w.address == BASES[voice] + 2 else w
            for w in log.frames[0]
        )
        assert not rendered(RegisterLog(log.chip, (off, *log.frames[1:]), None)).any()


def test_halt_and_octave_bits_are_refused() -> None:
    with pytest.raises(RenderError, match="9003"):
        render_log(RegisterLog("nes-vrc6", ((Write(0x9003, 1),),), None))


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
@pytest.mark.parametrize("voice", sorted(BASES))
def test_libgme_hears_the_same_pitch(tmp_path: Path, voice: str) -> None:
    log = tone(voice, 253, 0x2A if voice == "vrc6_saw" else 0x7F)
    data = bytearray(nsf(log, len(log.frames)))
    data[0x7B] = 1  # This NSF uses a VRC6.
    (tmp_path / "tone.nsf").write_bytes(data)
    expected = CPU_HZ / (CLOCKS[voice] * 254)
    ours = measured_hz(rendered(log), expected)
    theirs = measured_hz(play(tmp_path / "tone.nsf", 1.9, LIBGME_VOICES[voice]), expected)
    assert abs(cents(ours, theirs * LIBGME_TUNING)) < 0.5
