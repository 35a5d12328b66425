"""The samples of the `snes` profile, made here: single cycles for tones, and drums.

A tone is one cycle of 64 samples, a sum of sines; there are four of each, with fewer overtones for
higher notes, so that what is played far above its own rate does not alias. A drum is a decaying
sweep or noise, played once at 32 kHz. Everything is worked out in code, packed into the chip's
blocks, and is what comes out of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chipassets.brr import decode_brr, encode_brr

RATE_HZ = 32_000
CYCLE_SAMPLES = 64
DRUM_PITCH = 0x1000
"""The pitch register at which a sample is played at 32 kHz."""

# The first pitch above each octave's waves, and how many partials these have: at most 10 kHz.
_LIMITS = ((66, 28), (78, 14), (90, 7), (128, 4))
_WAVE_RMS = 7_000
_DRUM_PEAK = 26_000
_LOUDEST = 32_000


@dataclass(frozen=True, slots=True)
class Source:
    """A sample: its BRR blocks, their 16-bit values, and from which on it repeats, if it does."""

    name: str
    packed: bytes
    values: tuple[int, ...]
    loop_start: int | None


def _pulse(partial: int, width: float) -> float:
    return math.sin(math.pi * partial * width) / partial


_BELL = {1: 1.0, 3: 0.35, 4: 0.5, 7: 0.25, 10: 0.15, 13: 0.08}
_BASS = {1: 1.0, 2: 0.6, 3: 0.35, 4: 0.2, 5: 0.12, 6: 0.07, 7: 0.04}

_WAVES: dict[str, Callable[[int], float]] = {
    "reed": lambda k: _pulse(k, 0.25),
    "square": lambda k: k % 2 / k,
    "thin": lambda k: _pulse(k, 0.125),
    "pluck": lambda k: k**-1.3,
    "bell": lambda k: _BELL.get(k, 0.0),
    "pad": lambda k: (1.0 if k % 2 else 0.5) * k**-1.7,
    "brass": lambda k: 1 / (k * (1 + (k / 9) ** 2)),
    "bass": lambda k: _BASS.get(k, 0.0),
}
# Of their amplitude, in thousandths: among 88 to 100 % what packs best into a cycle whose end meets
# its start. An error that is the same each time adds to the overtones, and no hiss between them.
_SCALES = {
    "reed": (976, 960, 924, 888),
    "square": (884, 944, 940, 944),
    "thin": (904, 968, 996, 932),
    "pluck": (908, 976, 964, 948),
    "bell": (980, 980, 944, 960),
    "pad": (992, 940, 952, 988),
    "brass": (896, 984, 932, 964),
    "bass": (984, 984, 984, 900),
}
_WAVE_OF = {"triangle": "bass", "triangle_short": "bass", "under": "pad", "edge": "pluck"}
_WAVE_OF_DUTY = ("thin", "reed", "square", "reed")
_DRUMS = ("kick", "snare", "hat", "open_hat", "crash", "tom")


def wave_source(instrument: str, duty: int, pitch: int) -> int:
    """Return the number of the source for a tone; an instrument without a wave has its duty's."""
    name = instrument.split(" ")[0]
    name = _WAVE_OF.get(name, name)
    if name not in _WAVES:
        name = _WAVE_OF_DUTY[duty]
    octave = next(place for place, (above, _) in enumerate(_LIMITS) if pitch < above)
    return list(_WAVES).index(name) * len(_LIMITS) + octave


def drum_source(drum: str) -> int:
    """Return the number of a drum's source; a drum without one has the snare's."""
    place = _DRUMS.index(drum) if drum in _DRUMS else _DRUMS.index("snare")
    return len(_WAVES) * len(_LIMITS) + place


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Return every source; its place is its number in the chip's SRCN registers."""
    waves = [
        _source(f"{name}{place}", _cycle(name, partials, _SCALES[name][place]), loops=True)
        for name in _WAVES
        for place, (_, partials) in enumerate(_LIMITS)
    ]
    return (*waves, *(_source(name, _drum(name), loops=False) for name in _DRUMS))


def _source(name: str, values: Sequence[int], *, loops: bool) -> Source:
    packed, loop_start = encode_brr(values, loops=loops)
    return Source(name, packed, decode_brr(packed), loop_start)


def _cycle(name: str, partials: int, thousandths: int) -> tuple[int, ...]:
    raw = [
        sum(
            _WAVES[name](k) * math.sin(2 * math.pi * k * n / CYCLE_SAMPLES)
            for k in range(1, partials + 1)
        )
        for n in range(CYCLE_SAMPLES)
    ]
    rms = math.sqrt(sum(value * value for value in raw) / CYCLE_SAMPLES)
    scale = min(_WAVE_RMS / rms, _LOUDEST / max(map(abs, raw)))
    return tuple(round(round(value * scale) * thousandths / 1000) for value in raw)


@dataclass(frozen=True, slots=True)
class _Drum:
    """A tone that falls from one frequency to another, and noise; decays in seconds."""

    seconds: float
    start_hz: float = 0.0
    end_hz: float = 0.0
    fall_seconds: float = 0.03
    tone: float = 0.0
    tone_decay: float = 0.1
    noise: float = 0.0
    noise_decay: float = 0.05
    brightness: float = 0.0


_DRUM_SOUNDS = {
    "kick": _Drum(0.28, 190, 46, 0.035, tone=1.0, tone_decay=0.09, noise=0.12, noise_decay=0.004),
    "snare": _Drum(0.22, 230, 175, 0.02, 0.5, 0.05, noise=0.9, noise_decay=0.06, brightness=0.4),
    "hat": _Drum(0.07, noise=1.0, noise_decay=0.014, brightness=0.97),
    "open_hat": _Drum(0.28, noise=1.0, noise_decay=0.075, brightness=0.97),
    "crash": _Drum(0.75, noise=1.0, noise_decay=0.22, brightness=0.85),
    "tom": _Drum(0.3, 190, 105, 0.07, tone=1.0, tone_decay=0.09, noise=0.1, noise_decay=0.01),
}
_FADE_SAMPLES = 160


def _drum(name: str) -> tuple[int, ...]:
    drum = _DRUM_SOUNDS[name]
    count = round(drum.seconds * RATE_HZ)
    noise = _noise(count, drum.brightness)
    phase, raw = 0.0, []
    for n in range(count):
        at = n / RATE_HZ
        glide = math.exp(-at / drum.fall_seconds)
        phase += (drum.end_hz + (drum.start_hz - drum.end_hz) * glide) / RATE_HZ
        tone = drum.tone * math.exp(-at / drum.tone_decay) * math.sin(2 * math.pi * phase)
        hiss = drum.noise * math.exp(-at / drum.noise_decay) * noise[n]
        raw.append((tone + hiss) * min(1.0, (count - n) / _FADE_SAMPLES))
    scale = _DRUM_PEAK / max(map(abs, raw))
    return tuple(round(value * scale) for value in raw)


def _noise(count: int, brightness: float) -> list[float]:
    """White noise -1..1 from a 23-bit shift register, less its slow part by `brightness`."""
    state, slow, values = 0x2A_6D31, 0.0, []
    for _ in range(count):
        for _ in range(7):
            state = state >> 1 | ((state ^ state >> 5) & 1) << 22
        white = (state & 0xFFFF) / 32_768 - 1
        slow += 0.45 * (white - slow)
        values.append(white - brightness * slow)
    return values
