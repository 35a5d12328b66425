"""The loudness of a note of a chip voice: its power under the K-weighting, computed.

Arranging has no samples to measure. But a voice's wave is known, and with it the power of each
partial; ITU-R BS.1770's K-weighting models how loud it is heard. Low notes lose by it and bright
ones gain, so levels alone are misleading. Powers are relative to full scale, before a chip's
filter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.arrange.gameboy_registers import sides_of
from chipassets.arrange.snes_registers import FULL_SIDE
from chipassets.chips import dmcbank, soundbank
from chipassets.chips.chipsong import ChipNote, Instrument
from chipassets.chips.places import PLACES
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS, Chip, VoiceSpec
from chipassets.chips.recorded_clip import clip_sound
from chipassets.chips.recorded_source import source_of
from chipassets.chips.recording import source_rate_hz
from chipassets.units import OCTAVE, pitch_hz

_MOST_PARTIALS = 64
_LONGEST_FRAMES, _FRAMES_STEP = 18, 3
"""The most frames of a sampled note over which its power is computed, and the steps to there: a
short note may be no more than its attack."""

_HIGHEST_HZ = 16_000.0
_DUTIES = (0.125, 0.25, 0.5, 0.75)
_NOISE_HZ = np.linspace(20.0, _HIGHEST_HZ, 400)
_FULL_LEVEL = 15

# Amplitudes at full level relative to full scale. NESdev, APU mixer: one pulse, the triangle and
# the noise alone. A VRC6 pulse is 0.86 of the 2A03's. The Game Boy's converters are equal.
_NES_PULSE, _NES_TRIANGLE = 0.149, 0.246
_NES_NOISE = 0.145
"""While the triangle sounds, which reduces it."""
_NES_SAMPLE_STEP = 159.79 / 100 / 22_638 * 0.8
_VRC6_PULSE, _VRC6_SAW = 0.128, 0.248
_GAMEBOY = 0.157


def k_gain(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power gain of the K-weighting at the frequencies in Hz.

    It is that of the analogue filters from which BS.1770-4 derives its coefficients: a shelf of 4
    dB at 1682 Hz and a high-pass at 38 Hz.
    """
    s = 1j * hz
    w, q, high = 1681.974450955533, 0.7071752369554196, math.pow(10.0, 3.999843853973347 / 20)
    middle = math.pow(high, 0.4996667741545416)
    shelf = (high * s * s + middle * w / q * s + w * w) / (s * s + w / q * s + w * w)
    w, q = 38.13547087602444, 0.5003270373238773
    passed = s * s / (s * s + w / q * s + w * w)
    gain: NDArray[np.float64] = np.abs(shelf * passed) ** 2
    return gain


def note_power(note: ChipNote, instrument: Instrument, chip: Chip, spec: VoiceSpec) -> float:
    """Return the mean power of a note over the frames for which it is held."""
    frames = max(note.duration_frames, 1)
    return _side_power(chip.family, spec.name) * _power(note, instrument, chip, spec, frames)


def _side_power(family: str, voice: str) -> float:
    """Return the summed power of both sides for a voice's panning, where mono is 1."""
    if family == "snes":
        return math.fsum((side / FULL_SIDE) ** 2 for side in PLACES[voice])
    return sum(sides_of(voice)) if family == "gameboy" else 1.0


def _power(
    note: ChipNote, instrument: Instrument, chip: Chip, spec: VoiceSpec, frames: int
) -> float:
    """Return the mean power of a note over `frames`, by the kind of voice."""
    if spec.role == "drums":
        return _drum_power(note, instrument, chip.family) / frames
    heard = _mean_square(instrument, frames) * (note.level / _FULL_LEVEL) ** 2
    if spec.kind == "triangle":
        heard = sum(instrument.volume.at(age) > 0 for age in range(frames)) / frames
    duty = instrument.duty.at(min(frames // 2, 12))
    if spec.kind == "sample":
        steps = -(-min(frames, _LONGEST_FRAMES) // _FRAMES_STEP)
        source = _source(instrument, duty, note.pitch)
        return heard * _sample_power(source, note.pitch, steps * _FRAMES_STEP)
    return heard * _tone_power(spec.kind, instrument.name, duty, note.pitch)


def _mean_square(instrument: Instrument, frames: int) -> float:
    volume = instrument.volume
    return math.fsum((volume.at(age) / _FULL_LEVEL) ** 2 for age in range(frames)) / frames


@lru_cache(maxsize=4096)
def _tone_power(kind: str, instrument: str, duty: int, pitch: int) -> float:
    """Return the power of a voice's wave at its full level."""
    partial = np.arange(1, _MOST_PARTIALS + 1)
    hz = partial.astype(np.float64) * pitch_hz(pitch)
    powers = _WAVES[kind](partial, instrument, duty, pitch)
    return float((powers * k_gain(hz))[hz < _HIGHEST_HZ].sum())


_Partials = NDArray[np.int64]
_Powers = NDArray[np.float64]


def _pulse_of(swing: float) -> Callable[[_Partials, str, int, int], _Powers]:
    """Return the powers of the partials of a pulse wave; swing: from its low to its high level."""

    def powers(partial: _Partials, instrument: str, duty: int, pitch: int) -> _Powers:
        """Return the power of each partial of a pulse at full level."""
        del instrument, pitch
        sine = np.sin(np.pi * partial * _DUTIES[duty])
        found: _Powers = (swing * 2 / np.pi / partial * sine) ** 2 / 2
        return found

    return powers


def _triangle(partial: _Partials, instrument: str, duty: int, pitch: int) -> _Powers:
    """Return the power of each partial of a triangle, which has only odd ones."""
    del instrument, duty, pitch
    found: _Powers = (_NES_TRIANGLE * 4 / np.pi**2 / partial**2) ** 2 / 2 * (partial % 2)
    return found


def _saw(partial: _Partials, instrument: str, duty: int, pitch: int) -> _Powers:
    """Return the power of each partial of a sawtooth at full level."""
    del instrument, duty, pitch
    found: _Powers = (_VRC6_SAW / np.pi / partial) ** 2 / 2
    return found


def _wave(partial: _Partials, instrument: str, duty: int, pitch: int) -> _Powers:
    """Return the power of a partial of the Game Boy's wave: a sine with weak harmonics."""
    del instrument, duty, pitch
    found: _Powers = np.where(partial == 1, (_GAMEBOY / 2) ** 2 / 2, 0.0)
    found[1] = found[0] * 0.13
    return found


def _source(instrument: Instrument, duty: int, pitch: int) -> soundbank.Source:
    """Return the SNES source that an instrument plays; a recording without its gain.

    The gain of a recording is applied to the power instead.
    """
    if instrument.recording:
        return source_of(replace(instrument.recording, gain_db=0.0))
    return soundbank.sources()[soundbank.wave_source(instrument.name, duty, pitch)]


@lru_cache(maxsize=4096)
def _sample_power(source: soundbank.Source, pitch: int, frames: int) -> float:
    """Return the power of a SNES source at a pitch, over the first frames of a note."""
    rate = source.cycle_samples * 440.0 * math.pow(2.0, (pitch - 69) / OCTAVE)
    values = np.array(source.values, dtype=np.float64) / 32_768
    loop = np.zeros(1) if source.loop_start is None else values[source.loop_start :]
    count = int(frames / 60 * rate)
    heard = np.concatenate((values, np.tile(loop, max(0, count - len(values)) // len(loop) + 1)))
    return _energy(heard[:count], rate) / frames


_WAVES: dict[str, Callable[[_Partials, str, int, int], _Powers]] = {
    "pulse": _pulse_of(_NES_PULSE),
    "triangle": _triangle,
    "vrc6_pulse": _pulse_of(_VRC6_PULSE),
    "vrc6_saw": _saw,
    "dmg_pulse": _pulse_of(_GAMEBOY),
    "dmg_wave": _wave,
}


def _drum_power(note: ChipNote, instrument: Instrument, family: str) -> float:
    """Return the energy of a stroke, in frames of full power."""
    loudness = (note.level / _FULL_LEVEL) ** 2
    if family == "snes":
        return _hit_energy(instrument, note.duration_frames) * loudness
    frames = min(note.duration_frames, len(instrument.volume.values))
    swing = _GAMEBOY if family == "gameboy" else _NES_NOISE
    periods = len(NOISE_PERIODS) - 1
    energy = math.fsum(
        _noise_power(min(max(note.pitch + instrument.arpeggio.at(age), 0), periods))
        * (instrument.volume.at(age) / _FULL_LEVEL * swing) ** 2
        for age in range(frames)
    )
    sample = _clip_energy(clip_sound(instrument)) if instrument.sample else 0.0
    return energy * loudness + sample


@lru_cache(maxsize=32)
def _noise_power(period_index: int) -> float:
    """Return the power of noise of amplitude one.

    Each bit is held for a period: a sinc spectrum.
    """
    rate = float(CHIPS["nes"].clock_hz) / NOISE_PERIODS[period_index]
    density = 2 * 0.25 / rate * np.sinc(_NOISE_HZ / rate) ** 2
    return float((density * k_gain(_NOISE_HZ)).mean() * (_HIGHEST_HZ - 20))


@lru_cache(maxsize=256)
def _hit_energy(instrument: Instrument, frames: int) -> float:
    """Return the energy of a SNES drum cut after `frames`, in frames of full power.

    The gain of a recording is applied to the power instead.
    """
    number = soundbank.drum_source(instrument.name)
    source = soundbank.sources()[number]
    rate = soundbank.RATE_HZ * soundbank.drum_pitch(number) // soundbank.DRUM_PITCH
    if instrument.recording:
        source = source_of(replace(instrument.recording, gain_db=0.0))
        rate = int(source_rate_hz(instrument.recording))
    values = np.array(source.values[: frames * rate // 60]) / 32_768
    return _energy(values, rate)


@lru_cache(maxsize=32)
def _clip_energy(clip: dmcbank.Clip) -> float:
    level = np.array(dmcbank.decode_delta(clip.packed)) * _NES_SAMPLE_STEP
    return _energy(level, dmcbank.rate_hz(clip.rate))


def _energy(values: NDArray[np.float64], rate_hz: float) -> float:
    """Return the weighted energy of the samples, in frames of full power."""
    count = len(values)
    spectrum = np.abs(np.fft.rfft(values)) ** 2
    hz = np.arange(len(spectrum)) * rate_hz / count
    heard = (spectrum * k_gain(np.maximum(hz, 1.0)))[(hz > 15) & (hz < _HIGHEST_HZ)]
    return float(2 * heard.sum() / count / rate_hz * 60)
