"""The Game Boy's voices: pitch, spectra, noise, envelopes, sides, loops and other players."""

from __future__ import annotations

import ctypes.util
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.gameboy_registers import noise_byte
from chipassets.chips.chipsong import (
    CONTRAST,
    HOME,
    RETURN,
    ChipNote,
    ChipSong,
    ChipVoice,
    FormPart,
)
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.render import render_log
from chipassets.render.gameboy import DUTY_ROWS, ENVELOPE_CLOCKS, Registers, noise_cycle
from chipassets.units import frame_sample
from tests.chip_music import CPU_HZ, plan, song
from tests.render.nsf_probe import gbs, play
from tests.render.test_tones import RATE, cents, measured_hz

DMG_HZ = 1 << 22
ON = (Write(0xFF26, 0x80), Write(0xFF24, 0x77), Write(0xFF25, 0xFF), Write(0xFF10, 0x08))
SQUARE_WAVE = tuple(Write(0xFF30 + n, 0xFF if n < 8 else 0x00) for n in range(16))
LIBGME_TUNING = round(44_100 / DMG_HZ * 65_536) / (44_100 / DMG_HZ * 65_536)


def tone(
    voice: str, x: int, control: int, volume: int = 0xF8, frames: int = 120, sides: int = 0xFF
) -> RegisterLog:
    """One voice at a frequency register (noise: NR43); control is the duty or the wave's level."""
    own = {
        "pulse1": (Write(0xFF11, control << 6), Write(0xFF12, volume), *_frequency(0xFF13, x)),
        "pulse2": (Write(0xFF16, control << 6), Write(0xFF17, volume), *_frequency(0xFF18, x)),
        "wave": (
            *(Write(0xFF1A, 0), *SQUARE_WAVE, Write(0xFF1A, 0x80), Write(0xFF1C, control << 5)),
            *_frequency(0xFF1D, x),
        ),
        "noise": (Write(0xFF21, volume), Write(0xFF22, x), Write(0xFF23, 0x80)),
    }[voice]
    start = (*ON, Write(0xFF25, sides), *own)
    return RegisterLog("gameboy", (start, *((),) * (frames - 1)), None)


def _frequency(address: int, x: int) -> tuple[Write, Write]:
    return Write(address, x & 0xFF), Write(address + 1, 0x80 | x >> 8)


def left(log: RegisterLog, filter_name: str | None = None) -> NDArray[np.float64]:
    return render_log(log, filter_name).samples[:, 0].astype(np.float64)


def log_of(loop_start_bar: int | None = 0, bars: int = 4) -> RegisterLog:
    score = song(bars=bars, loop_start_bar=loop_start_bar)
    return write_registers(arrange(score, plan(), "gameboy"))


@pytest.mark.parametrize("x", [0, 1024, 1750, 1985])
@pytest.mark.parametrize("voice", ["pulse1", "pulse2", "wave"])
def test_a_pulse_has_the_pitch_of_its_timer(voice: str, x: int) -> None:
    expected = (65_536 if voice == "wave" else 131_072) / (2048 - x)
    control = 1 if voice == "wave" else 2
    assert abs(cents(measured_hz(left(tone(voice, x, control)), expected), expected)) < 0.01


@pytest.mark.parametrize("duty", range(4))
def test_a_pulse_has_the_spectrum_of_its_duty(duty: int) -> None:
    f0 = 131_072 / (2048 - 1750)
    samples = left(tone("pulse1", 1750, duty))[8_000 : 8_000 + 65_536]
    window, times = np.hanning(len(samples)), np.arange(len(samples)) / RATE
    heard = [
        abs((samples * window * np.exp(-2j * np.pi * f0 * k * times)).sum()) for k in range(1, 9)
    ]
    wanted = np.abs(np.fft.fft(np.repeat(DUTY_ROWS[duty], 512)))[1:9]
    assert np.allclose(heard, wanted * heard[0] / wanted[0], atol=0.01 * heard[0])
    assert sum(DUTY_ROWS[duty]) == (1, 2, 4, 6)[duty]


@pytest.mark.parametrize(("voice", "x"), [("pulse1", 1750), ("pulse1", 1985), ("wave", 1900)])
def test_aliases_lie_below_minus_80_db(voice: str, x: int) -> None:
    f0 = (65_536 if voice == "wave" else 131_072) / (2048 - x)
    block = left(tone(voice, x, 1 if voice == "wave" else 2, frames=240))[8_000 : 8_000 + 131_072]
    power = np.abs(np.fft.rfft(block * np.kaiser(len(block), 22))) ** 2
    hz = np.arange(len(power)) * RATE / len(block)
    harmonic = np.abs(hz / f0 - np.rint(hz / f0)) * f0 < 12 * RATE / len(block)
    heard = (hz > 60) & (hz < 16_000)
    ratio = power[heard & ~harmonic].max() / power[heard & harmonic].max()
    assert 10 * math.log10(ratio) < -80


def test_levels_of_the_wave_are_bit_shifts() -> None:
    swings = [np.ptp(left(tone("wave", 1024, level), "none")[2_000:-100]) for level in range(4)]
    assert swings[0] == 0
    assert swings[1] / swings[2] == pytest.approx(15 / 7, rel=0.01)
    assert swings[1] / swings[3] == pytest.approx(15 / 3, rel=0.01)


@pytest.mark.parametrize(("tap", "length"), [(14, 32_767), (6, 127)])
def test_noise_repeats_after_its_period_and_no_sooner(tap: int, length: int) -> None:
    bits = np.array(noise_cycle(tap, length).values)
    state = 0
    for bit in bits:
        assert bit == state & 1
        state = state >> 1 | (~(state ^ state >> 1) & 1) << tap
    assert state == 0
    assert abs(int(bits.sum()) - length / 2) <= 0.5
    doubled = np.concatenate((bits, bits))
    assert not any((doubled[n : n + length] == bits).all() for n in range(1, min(length, 2_000)))


def test_noise_bytes_run_near_the_nes_noise() -> None:
    for index, period in enumerate(NOISE_PERIODS):
        byte = noise_byte(index)
        ours = 262_144 / (((byte & 7) or 0.5) * (1 << (byte >> 4)))
        assert ours / (CPU_HZ / period) == pytest.approx(1, abs=0.2)


def test_envelope_falls_a_step_every_period_of_64ths() -> None:
    log = tone("pulse1", 1024, 2, volume=0xF3, frames=60)
    registers = Registers()
    frame = 70_224
    found = [
        registers.read_frame(writes, n * frame, (n + 1) * frame)[0]
        for n, writes in enumerate(log.frames)
    ]
    levels = [(item.clock, item.level) for own in found for item in own]
    assert levels == [(3 * n * ENVELOPE_CLOCKS, 15 - n) for n in range(16)]


def test_a_voice_is_on_the_sides_that_it_is_panned_to() -> None:
    samples = render_log(tone("pulse2", 1750, 2, sides=0x20)).samples
    assert np.abs(samples[:, 0]).max() > 1_000
    assert not samples[:, 1].any()
    both = render_log(tone("pulse2", 1750, 2)).samples
    assert (both[:, 0] == both[:, 1]).all()
    assert (both[:, 0] == samples[:, 0]).all()


def test_panning_may_change_in_the_middle() -> None:
    log = tone("pulse1", 1750, 2, sides=0x10, frames=60)
    frames = (*log.frames[:30], (Write(0xFF25, 0x01),), *log.frames[31:])
    samples = render_log(RegisterLog("gameboy", frames, None)).samples
    middle = frame_sample(30, CHIPS["gameboy"].frame_rate_hz)
    assert not samples[: middle - 20, 1].any()
    assert np.abs(samples[middle + 2_000 : -2_000, 0]).max() <= 1
    assert np.abs(samples[middle + 2_000 :, 1]).max() > 1_000


@pytest.mark.parametrize(
    ("writes", "named"),
    [
        ((Write(0xFF10, 0x11),), "sweep"),
        ((Write(0xFF14, 0x40),), "length counter"),
        ((Write(0xFF1A, 0x80), Write(0xFF30, 0)), "wave memory"),
        ((Write(0x4000, 0),), "4000"),
    ],
)
def test_hardware_units_that_are_not_played_are_refused(
    writes: tuple[Write, ...], named: str
) -> None:
    with pytest.raises(RenderError, match=named):
        render_log(RegisterLog("gameboy", (writes,), None))


def test_a_pulse_is_triggered_only_with_a_new_volume() -> None:
    for writes in log_of().frames[1:]:
        addresses = [write.address for write in writes]
        for write in writes:
            if write.address in (0xFF14, 0xFF19) and write.value & 0x80:
                assert write.address - 2 in addresses


def test_a_drum_is_triggered_at_most_twice() -> None:
    chip_song = arrange(song(), plan(), "gameboy")
    drums = next(voice for voice in chip_song.voices if voice.name == "noise")
    triggers = sum(
        write.address == 0xFF23 for writes in write_registers(chip_song).frames for write in writes
    )
    assert len(drums.notes) <= triggers <= 2 * len(drums.notes) + 1


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
@pytest.mark.parametrize("voice", ["pulse1", "pulse2", "wave"])
def test_libgme_hears_the_same_pitch(tmp_path: Path, voice: str) -> None:
    log = tone(voice, 1750, 1 if voice == "wave" else 2)
    (tmp_path / "tone.gbs").write_bytes(gbs(log, len(log.frames)))
    expected = (65_536 if voice == "wave" else 131_072) / (2048 - 1750)
    theirs = measured_hz(play(tmp_path / "tone.gbs", 1.9, None), expected)
    ours = measured_hz(left(log), expected)
    assert abs(cents(ours, theirs * LIBGME_TUNING)) < 0.5


def formed(loop_start_frame: int | None = 0) -> ChipSong:
    """A bass and a second voice over a form of three sections."""
    form = (FormPart(0, HOME), FormPart(96, CONTRAST), FormPart(192, RETURN))
    names = ("triangle", "triangle b", "triangle")
    bass = tuple(
        ChipNote(part.start_frame, 90, 45 + n, 15, name)
        for n, (part, name) in enumerate(zip(form, names, strict=True))
    )
    second = tuple(ChipNote(part.start_frame, 90, 60, 12, "square") for part in form)
    instruments = (
        INSTRUMENTS["triangle"],
        replace(INSTRUMENTS["triangle"], name="triangle b"),
        INSTRUMENTS["square"],
    )
    voices = (ChipVoice("pulse2", second), ChipVoice("wave", bass))
    return ChipSong("gameboy", voices, instruments, 288, 96, loop_start_frame, form=form)


@pytest.mark.parametrize("loop_start_frame", [None, 0, 96])
def test_sides_and_wave_change_with_the_form(loop_start_frame: int | None) -> None:
    held: dict[int, int] = {}
    waves, sides = [], []
    for writes in write_registers(formed(loop_start_frame)).frames:
        held |= {write.address: write.value for write in writes}
        waves.append(tuple(held[0xFF30 + n] for n in range(16)))
        sides.append(held[0xFF25])
    assert (sides[95], sides[96], sides[191], sides[192]) == (0xFD, 0xDF, 0xDF, 0xFD)
    assert waves[95] != waves[96]
    assert waves[95] == waves[192]
    samples = render_log(write_registers(formed(loop_start_frame))).samples.astype(np.float64)
    if loop_start_frame == 0:
        for start, other in ((0, 1), (96, 0), (192, 1)):
            at = frame_sample(start, CHIPS["gameboy"].frame_rate_hz)
            block = samples[at + 4_000 : at + 4_000 + 44_100]
            power = np.abs(np.fft.rfft(block * np.hanning(len(block))[:, None], axis=0)) ** 2
            second = power[255:269].sum(axis=0)
            assert second[1 - other] > 100 * second[other]


def test_a_wave_that_changes_is_triggered_with_its_pitch() -> None:
    log = write_registers(formed())
    writes = log.frames[96]
    on = writes.index(Write(0xFF1A, 0x80))
    assert [write.address for write in writes[1 : on + 1]] == [
        0xFF1A,
        *range(0xFF30, 0xFF40),
        0xFF1A,
    ]
    trigger = writes[on + 1]
    assert trigger.address == 0xFF1E
    assert trigger.value & 0x80
    high = [w.value & 7 for frame in log.frames[:97] for w in frame if w.address == 0xFF1E][-1]
    assert trigger.value & 7 == high
    plain = replace(formed(), form=())
    assert not any(
        w.address == 0xFF1A for frame in write_registers(plain).frames[1:] for w in frame
    )
