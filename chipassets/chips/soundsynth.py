"""Makes the sound bank of the `snes` profile: sources synthesised and encoded.

`python -m chipassets.chips.soundsynth` writes the file that `soundbank` reads. A tone has a source
for every range of pitches: an attack in which its partials come and go, and a loop of whole cycles.
An ensemble is one long loop in which every partial is a narrow band, so that it fluctuates and
still joins without a seam (after Paul Nasca's PADsynth). A drum is a decaying sweep or noise,
played once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.brr import encode_brr
from chipassets.chips.soundbank import (
    BANK_FILE,
    DRUMS,
    RATE_HZ,
    SLOW_DRUMS,
    TONES,
    ZONES,
    Source,
    bank_bytes,
)
from chipassets.units import pitch_hz

Floats = NDArray[np.float64]

_TONE_RMS, _PEAK, _DRUM_PEAK = 6_500.0, 30_000.0, 26_000.0
_HEARD_SECONDS = 0.25
_HIGHEST_HZ = 10_500.0
_ENSEMBLE_SAMPLES = 2_048
_MOST_ATTACK_SAMPLES = 1_280
_MOST_BRIGHTENED = 1.5
_SHORT_CYCLE, _PHASES_TRIED = 32, 24
"""A loop of two blocks has little room to be exact: the phases that encode best are taken."""


def _steady(k: int, t: Floats) -> Floats:
    del k
    return np.ones_like(t)


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone: the loop's partials, the attack's effect on them, and its breath noise.

    partial(k, hz): amplitude of partial k at that frequency. attack(k, t): its factor after t
    seconds, 1 at the end. breath: noise at the start, relative to the tone. cents: the width of an
    ensemble's partials, 0 for a single player.
    """

    partial: Callable[[int, float], float]
    attack: Callable[[int, Floats], Floats] = _steady
    seconds: float = 0.0
    breath: float = 0.0
    cents: float = 0.0


def _formant(hz: float, centre: float, width: float, gain: float) -> float:
    """Return how much a formant lifts a partial at `hz`: `gain` at its centre."""
    return gain * math.exp(-(((hz - centre) / width) ** 2))


def _rises(seconds: float, per_partial: float) -> Callable[[int, Floats], Floats]:
    """Return an attack in which partials come in one after the other."""

    def factor(k: int, t: Floats) -> Floats:
        """Return how loud partial `k` is at times `t`: it rises to 1, the higher the later."""
        tau = seconds * (1 + per_partial * (k - 1))
        end = 1 - math.exp(-float(t[-1]) / tau) if len(t) else 1.0
        risen: Floats = (1 - np.exp(-t / tau)) / max(end, 1e-3)
        return risen

    return factor


def _falls(boost: float, seconds: float, bend: float) -> Callable[[int, Floats], Floats]:
    """Return an attack in which partials start louder and decay, higher ones more and faster.

    boost: how much louder the first partial starts. seconds: its decay time. bend: the exponent by
    which higher partials start louder.
    """

    def factor(k: int, t: Floats) -> Floats:
        fading: Floats = 1 + boost * k**bend * np.exp(-t * k**0.6 / seconds)
        return fading

    return factor


def _oboe(k: int, hz: float) -> float:
    body = 0.35 + _formant(hz, 1_250, 450, 1.0) + _formant(hz, 3_000, 700, 0.45)
    return body / math.pow(k, 0.55) if k > 1 else 0.7


def _strings(k: int, hz: float) -> float:
    body = 0.6 + _formant(hz, 500, 250, 0.5) + _formant(hz, 2_600, 900, 0.8)
    return body / math.pow(k, 1.05) / (1 + math.pow(hz / 6_500, 4))


def _choir(k: int, hz: float) -> float:
    """Return the level of partial `k` at `hz`, with the formants of an open vowel."""
    vowel = (
        _formant(hz, 640, 170, 1.0) + _formant(hz, 1_120, 220, 0.6) + _formant(hz, 2_700, 500, 0.16)
    )
    return (0.08 + vowel) / math.pow(k, 0.6)


def _brass(k: int, hz: float) -> float:
    return 1 / math.pow(k, 0.35) / (1 + math.pow(hz / 1_900, 2.4))


_FLUTE = {1: 1.0, 2: 0.42, 3: 0.2, 4: 0.09, 5: 0.05, 6: 0.025}
_CELESTA = {1: 1.0, 3: 0.06, 4: 0.34, 8: 0.05, 10: 0.03}


def _flute(k: int, hz: float) -> float:
    del hz
    return _FLUTE.get(k, 0.0)


def _celesta(k: int, hz: float) -> float:
    del hz
    return _CELESTA.get(k, 0.0)


def _harp(k: int, hz: float) -> float:
    del hz
    return math.pow(k, -1.9)


TONE_SOUNDS: dict[str, Tone] = {
    "oboe": Tone(_oboe, _rises(0.012, 0.05), 0.06, breath=0.05),
    "flute": Tone(_flute, _rises(0.018, 0.6), 0.09, breath=0.35),
    "violin": Tone(_strings, cents=6.0),
    "harp": Tone(_harp, _falls(0.9, 0.11, 0.45), 0.2, breath=0.1),
    "celesta": Tone(_celesta, _falls(0.8, 0.07, 0.5), 0.16, breath=0.05),
    "strings": Tone(_strings, cents=26.0),
    "brass": Tone(_brass, _rises(0.014, 0.9), 0.1, breath=0.02),
    "choir": Tone(_choir, cents=34.0),
    "bass": Tone(lambda k, hz: k**-1.35 / (1 + (hz / 900) ** 2), _falls(0.8, 0.05, 0.6), 0.12),
    "slap": Tone(lambda k, hz: k**-1.05 / (1 + (hz / 2_200) ** 2), _falls(1.6, 0.045, 0.6), 0.12,
                 breath=0.25),
    "piano": Tone(lambda k, hz: k**-1.25 / (1 + (hz / 3_200) ** 2), _falls(1.1, 0.09, 0.4), 0.18,
                  breath=0.12),
}  # fmt: skip


def make_tone(name: str, zone: int) -> Source:
    """Return a tone's source for one of the ranges of pitches."""
    tone, cycle = TONE_SOUNDS[name], ZONES[zone].cycle_samples
    hz = _centre_hz(zone)
    amplitudes = _amplitudes(tone, zone, hz)
    tries = _PHASES_TRIED if cycle <= _SHORT_CYCLE and not tone.cents else 1
    made = [_made(name, tone, zone, amplitudes, attempt) for attempt in range(tries)]
    return min(made, key=lambda found: found[1])[0]


def _made(
    name: str, tone: Tone, zone: int, amplitudes: dict[int, float], attempt: int
) -> tuple[Source, float]:
    """Return a source whose partials have random phases, and the error of its encoded loop.

    attempt: selects the phases.
    """
    cycle, hz = ZONES[zone].cycle_samples, _centre_hz(zone)
    rng = np.random.Generator(np.random.PCG64(1 + 31 * zone + 1_009 * attempt))
    if tone.cents:
        loop, attack = _ensemble(amplitudes, cycle, tone.cents, rng), np.zeros(0)
    else:
        attack, loop = _single(tone, amplitudes, cycle, hz, rng)
    heard = np.concatenate(
        (attack, np.tile(loop, 1 + int(_HEARD_SECONDS * hz * cycle) // len(loop)))
    )
    heard = heard[: max(int(_HEARD_SECONDS * hz * cycle), cycle)]
    loudest = max(np.abs(attack).max(initial=0.0), np.abs(loop).max())
    scale = min(_TONE_RMS / math.sqrt((heard**2).mean()), _PEAK / loudest)
    source = _packed(f"{name}{zone}", attack * scale, loop * scale, cycle)
    repeated = np.array(source.values[source.loop_start :], dtype=np.float64)
    return source, float(np.std(repeated - np.resize(loop * scale, len(repeated))))


def _centre_hz(zone: int) -> float:
    """Return the frequency in the middle of a zone of pitches."""
    top = min(ZONES[zone].below_pitch, 96)
    bottom = ZONES[zone - 1].below_pitch if zone else 28
    return pitch_hz((top + bottom) / 2)


def _amplitudes(tone: Tone, zone: int, hz: float) -> dict[int, float]:
    """Return the partials that stay below the highest frequency at every pitch of the zone."""
    top_hz = pitch_hz(min(ZONES[zone].below_pitch, 96) - 1)
    cycle = ZONES[zone].cycle_samples
    most = min(int(_HIGHEST_HZ / top_hz), int(0.36 * cycle))
    found = {
        k: tone.partial(k, k * hz) * _brightening(k / cycle) for k in range(1, max(most, 3) + 1)
    }
    return {k: value for k, value in found.items() if abs(value) > 1e-4}


def _brightening(cycles_a_sample: float) -> float:
    """Return the gain that compensates the low-pass of the chip's interpolation at a frequency."""
    t = np.linspace(-2, 2, 401)
    bell = np.exp(-((t / 0.85) ** 2))
    response = float((bell * np.cos(2 * np.pi * cycles_a_sample * t)).sum() / bell.sum())
    return min(1 / max(response, 1e-3), _MOST_BRIGHTENED)


def _single(
    tone: Tone, amplitudes: dict[int, float], cycle: int, hz: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return attack and loop of one player; the loop continues where the attack ends."""
    cycles = max(1, min(round(tone.seconds * hz), _MOST_ATTACK_SAMPLES // cycle))
    count = cycles * cycle
    seconds = np.arange(count) / (cycle * hz)
    phases = {k: float(rng.uniform(0, 2 * np.pi)) for k in amplitudes}
    attack, loop = np.zeros(count), np.zeros(cycle)
    for k, amplitude in amplitudes.items():
        factor = tone.attack(k, seconds)
        wave = np.sin(2 * np.pi * k * np.arange(count) / cycle + phases[k])
        attack += amplitude * factor * wave
        loop += amplitude * float(factor[-1]) * wave[:cycle]
    noise = np.convolve(rng.standard_normal(count + 2), (0.25, 0.5, 0.25), mode="valid")
    fade = np.exp(-6 * np.arange(count) / count) * (1 - np.arange(count) / count)
    attack += noise * tone.breath * float(np.std(loop)) * fade
    return attack, loop


def _ensemble(
    amplitudes: dict[int, float], cycle: int, cents: float, rng: np.random.Generator
) -> Floats:
    """Return a loop of many cycles in which every partial is a band `cents` wide."""
    count = _ENSEMBLE_SAMPLES
    cycles = count // cycle
    spectrum = np.zeros(count // 2 + 1, dtype=np.complex128)
    bins = np.arange(len(spectrum))
    for k, amplitude in amplitudes.items():
        width = max(k * cycles * (2 ** (cents / 1200) - 1), 0.25)
        band = np.exp(-(((bins - k * cycles) / width) ** 2))
        band *= amplitude / math.sqrt(float((band**2).sum()))
        spectrum += band * np.exp(2j * np.pi * rng.uniform(size=len(bins)))
    loop: Floats = np.fft.irfft(spectrum, count)
    return loop


def _packed(name: str, attack: Floats, loop: Floats, cycle: int) -> Source:
    """Return the encoded source; the loop is encoded after the attack until it ends as it began."""
    start = [round(float(value)) for value in attack]
    body = [round(float(value)) for value in loop]
    packed, loop_start = encode_brr(start + body, loops=True, loop_start=len(start))
    return Source(name, packed, loop_start, cycle)


@dataclass(frozen=True, slots=True)
class Drum:
    """A tone that falls from one frequency to another, and noise; decay times in seconds."""

    seconds: float
    start_hz: float = 0.0
    end_hz: float = 0.0
    fall_seconds: float = 0.03
    tone: float = 0.0
    tone_decay: float = 0.1
    noise: float = 0.0
    noise_decay: float = 0.05
    brightness: float = 0.0


DRUM_SOUNDS = {
    "kick": Drum(0.28, 190, 48, 0.03, tone=1.0, tone_decay=0.09, noise=0.22, noise_decay=0.006),
    "snare": Drum(0.2, 230, 178, 0.02, 0.55, 0.05, noise=0.9, noise_decay=0.075, brightness=0.45),
    "hat": Drum(0.12, noise=1.0, noise_decay=0.036, brightness=0.97),
    "open_hat": Drum(0.2, noise=1.0, noise_decay=0.09, brightness=0.97),
    "crash": Drum(0.36, noise=1.0, noise_decay=0.14, brightness=0.85),
    "tom": Drum(0.32, 190, 105, 0.07, tone=1.0, tone_decay=0.1, noise=0.14, noise_decay=0.012),
}
_FADE_SAMPLES = 160


def make_drum(name: str) -> Source:
    """Return a drum's source."""
    drum = DRUM_SOUNDS[name]
    rate_hz = RATE_HZ // 2 if name in SLOW_DRUMS else RATE_HZ
    count = round(drum.seconds * rate_hz)
    at = np.arange(count) / rate_hz
    glide = np.exp(-at / drum.fall_seconds)
    phase = np.cumsum(drum.end_hz + (drum.start_hz - drum.end_hz) * glide) / rate_hz
    tone = drum.tone * np.exp(-at / drum.tone_decay) * np.sin(2 * np.pi * phase)
    rng = np.random.Generator(np.random.PCG64(7))
    white = rng.uniform(-1, 1, count)
    slow = np.zeros(count)
    for n in range(1, count):
        slow[n] = slow[n - 1] + 0.45 * (white[n] - slow[n - 1])
    hiss = drum.noise * np.exp(-at / drum.noise_decay) * (white - drum.brightness * slow)
    fade = np.minimum(1.0, (count - np.arange(count)) / _FADE_SAMPLES)
    raw = (tone + hiss) * fade
    values = [round(float(value)) for value in raw * (_DRUM_PEAK / np.abs(raw).max())]
    packed, _ = encode_brr(values, loops=False)
    return Source(name, packed, None, 0)


def main() -> None:
    """Write the bank beside the module that reads it."""
    tones = [make_tone(name, zone) for name in TONES for zone in range(len(ZONES))]
    made = (*tones, *(make_drum(name) for name in DRUMS))
    Path(BANK_FILE).write_bytes(bank_bytes(made))


if __name__ == "__main__":
    main()
