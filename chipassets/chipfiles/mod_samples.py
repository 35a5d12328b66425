"""Samples for a module, made from the chip's own waves: one cycle of a tone, or a drum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.chipsong import Instrument
from chipassets.chips.dmcbank import Clip, decode_delta
from chipassets.chips.dmcbank import rate_hz as clip_rate_hz
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS
from chipassets.chips.recorded_clip import clip_sound
from chipassets.units import OCTAVE

PAL_CLOCK_HZ = 3_546_895
"""A sample plays at this rate divided by its period (Amiga, PAL)."""

PERIODS = (
    856, 808, 762, 720, 678, 640, 604, 570, 538, 508, 480, 453,
    428, 404, 381, 360, 339, 320, 302, 285, 269, 254, 240, 226,
    214, 202, 190, 180, 170, 160, 151, 143, 135, 127, 120, 113,
)  # fmt: skip
"""ProTracker's table from C-1 to B-3."""

DRUM_PERIOD = PERIODS[-1]
_C0_MIDI = 24
OCTAVES = 7
"""Tones from MIDI note 24 (C1) on, one per octave."""

MOST_SPAN = 3
"""The number of octaves in the period table."""

_TABLE_SHARP_CENTS = 1.35
"""How sharp the twelve rounded periods of the highest octave are on average."""

_MOST_TONE_SAMPLES = 1_536
"""One cycle of a whole number of samples would err by up to 17 cents; several cycles err less."""

# Amplitude of each kind of voice in the chip's mixer (NESdev, APU mixer, one voice alone), in units
# in which a sampled kick fills the 8 bits.
_PULSE_SWING, _TRIANGLE_SWING, _NOISE_SWING, _SAMPLE_SWING = 82, 135, 84, 0.0039
_DUTIES = (0.125, 0.25, 0.5, 0.75)
_OVERSAMPLING = 16
_SLOW_SAMPLES = 1_800
_MOST_DRUM_FRAMES = 120


@dataclass(frozen=True, slots=True)
class Tone:
    """The sample of a tone: the octave that it is made for, and the period to play it at."""

    octave: int
    period: int


def tone_of(pitch: int, span: int) -> Tone | None:
    """Return the sample and the period for a MIDI pitch; None outside 24..107.

    With a `span` of one octave every octave has its own sample, which plays as fast and bright as
    possible; with a larger span fewer samples are needed, and lower octaves are duller.
    """
    octave, step = divmod(pitch - _C0_MIDI, OCTAVE)
    if not 0 <= octave < OCTAVES:
        return None
    # The highest octave of a group plays in the table's highest octave.
    top = min(OCTAVES - 1, octave - octave % span + span - 1)
    return Tone(top, PERIODS[(MOST_SPAN - 1 - (top - octave)) * OCTAVE + step])


def tone_shape(octave: int) -> tuple[int, int]:
    """Return the length of an octave's tone sample, in samples and in cycles of the wave.

    Notes of the table's highest octave of periods sound at `octave`. The length is even and the
    one closest in tune.
    """
    hz = 440.0 * 2 ** ((_C0_MIDI + OCTAVE * octave - 69) / OCTAVE - _TABLE_SHARP_CENTS / 1200)
    per_cycle = PAL_CLOCK_HZ / PERIODS[OCTAVE * (MOST_SPAN - 1)] / hz
    most = max(1, int(_MOST_TONE_SAMPLES / per_cycle))

    def off(cycles: int) -> float:
        """Return the relative error if `cycles` are rounded to an even number of samples."""
        return abs(2 * round(cycles * per_cycle / 2) / (cycles * per_cycle) - 1)

    cycles = min(range(1, most + 1), key=off)
    return 2 * round(cycles * per_cycle / 2), cycles


def pulse_tone(duty: int, octave: int) -> bytes:
    """Return whole cycles of a pulse: 12.5, 25, 50 or 75 % of it high, without a mean."""
    high = _DUTIES[duty % 4]
    return _tone(octave, lambda phase: np.where(phase < high, 1 - high, -high), _PULSE_SWING)


def triangle_tone(octave: int) -> bytes:
    """Return whole cycles of the chip's triangle of 16 levels."""

    def wave(phase: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the NES's triangle of 32 steps at these phases."""
        step = (phase * 32).astype(np.int64)
        level = np.where(step < 16, 15 - step, step - 16)
        return level / 15 - 0.5

    return _tone(octave, wave, _TRIANGLE_SWING)


def saw_tone(octave: int) -> bytes:
    """Return whole cycles of a rising saw."""
    return _tone(octave, lambda phase: phase - 0.5, _TRIANGLE_SWING)


def _tone(
    octave: int, wave: Callable[[NDArray[np.float64]], NDArray[np.float64]], swing: float
) -> bytes:
    """Return whole cycles of a wave, band-limited to the partials that its samples can hold."""
    samples, cycles = tone_shape(octave)
    places = np.arange(samples * _OVERSAMPLING) + 0.5
    phase = places * cycles / (samples * _OVERSAMPLING) % 1.0
    partials = np.fft.rfft(wave(phase))[: samples // 2 + 1] / _OVERSAMPLING
    return _to_bytes(np.fft.irfft(partials, samples) * swing)


def drum(instrument: Instrument, period_index: int) -> bytes:
    """Return the instrument played once on noise, at most two seconds, ending in silence."""
    chip = CHIPS["nes"]
    frames = _drum_frames(instrument)
    rate_hz = PAL_CLOCK_HZ / DRUM_PERIOD
    count = int(frames / float(chip.frame_rate_hz) * rate_hz)
    frame = (np.arange(count) * float(chip.frame_rate_hz) / rate_hz).astype(np.int64)
    ages = range(frames)
    volume = np.array([instrument.volume.at(age) for age in ages])[frame] / 15
    index = [min(max(period_index + instrument.arpeggio.at(age), 0), 15) for age in ages]
    clocks = np.array([NOISE_PERIODS[n] for n in index])[frame]
    steps = np.cumsum(float(chip.clock_hz) / rate_hz / clocks)
    wave = _noise_means(np.concatenate(([0.0], steps)), instrument.duty.at(0) & 1)
    signal = (wave - 0.5) * volume * _NOISE_SWING
    if instrument.sample:
        signal = _added(signal, _clip(clip_sound(instrument), rate_hz))
    data = _to_bytes(signal)
    return bytes(2) + data[: len(data) // 2 * 2] + bytes(2)


def _clip(clip: Clip, rate_hz: float) -> NDArray[np.float64]:
    """Return a clip of the sample channel at another rate, centred on its mean."""
    levels = np.array(decode_delta(clip.packed), dtype=np.float64)
    own_hz = clip_rate_hz(clip.rate)
    places = np.arange(int(len(levels) * rate_hz / own_hz)) * own_hz / rate_hz
    swing = 159.79 / (1 / np.maximum(levels / 22_638, 1e-9) + 100)
    drum = np.interp(places, np.arange(len(levels)), swing) / _SAMPLE_SWING
    # The clip moves to one side of 0 only, which would waste half of the 8 bits.
    slow = np.convolve(drum, np.hanning(_SLOW_SAMPLES) / (_SLOW_SAMPLES / 2), mode="same")
    centred: NDArray[np.float64] = drum - slow
    return centred


def _added(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of two signals, as long as the longer one."""
    total: NDArray[np.float64] = np.zeros(max(len(one), len(other)))
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def _drum_frames(instrument: Instrument) -> int:
    """Return the frames before the drum's volume stays at 0, at most the limit."""
    sounding = [age for age in range(_MOST_DRUM_FRAMES) if instrument.volume.at(age)]
    return max(sounding, default=0) + 1


def _noise_means(steps: NDArray[np.float64], mode: int) -> NDArray[np.float64]:
    """Return the mean of the noise register's output between neighbouring places.

    Places count in steps of the register.
    """
    sums = _noise_sums(mode)
    period = len(sums) - 1
    whole, part = np.divmod(steps, period)
    area = whole * sums[-1] + np.interp(part, np.arange(period + 1), sums)
    means: NDArray[np.float64] = np.diff(area) / np.diff(steps)
    return means


@cache
def _noise_sums(mode: int) -> NDArray[np.float64]:
    """Return cumulative sums of the noise register's output over its period, starting with 0."""
    state = 1
    bits: list[int] = []
    tap = 6 if mode else 1
    while not bits or state != 1:
        bits.append(1 - (state & 1))
        state = state >> 1 | ((state ^ state >> tap) & 1) << 14
    return np.concatenate(([0.0], np.cumsum(bits)))


def _to_bytes(wave: NDArray[np.float64]) -> bytes:
    """Return a wave of -128 to 127 as signed bytes."""
    return np.clip(np.rint(wave), -128, 127).astype(np.int8).tobytes()
