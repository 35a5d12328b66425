"""The drum samples of the NES's sample channel (DMC), made here: one bit per step, from $C000 on.

Each bit moves the converter's level, 0..127, up or down by 2 (NESdev, APU DMC). A high level makes
triangle and noise softer, so every drum starts and ends at 0 and stays above it. After its last
sound a clip falls until any level has reached 0, so that the channel rests at 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

ORIGIN = 0xC000
ALIGNMENT = 64
"""Addresses of clips are multiples of this, relative to the origin; lengths are 16 n + 1 bytes."""

RATE = 0x0F
PERIOD_CLOCKS = 54
RATE_HZ = 236_250_000 / 132 / PERIOD_CLOCKS
"""The highest value of the rate register, and its rate: 33.1 kHz (NESdev, APU DMC)."""

MOST = 127
STEP = 2
_FALL_BITS = 64
_FRAME_CLOCKS = 29_780
_START_BITS = 16
"""A clip starts after the byte that is playing and the byte that is buffered."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A sample in memory: the address and length registers that play it, and its bytes."""

    name: str
    address: int
    packed: bytes

    @property
    def registers(self) -> tuple[int, int]:
        """Return the values of $4012 and $4013."""
        return (self.address - ORIGIN) // ALIGNMENT, (len(self.packed) - 1) // 16

    @property
    def frames(self) -> int:
        """Return the number of frames within which the clip ends."""
        clocks = (8 * len(self.packed) + _START_BITS) * PERIOD_CLOCKS
        return -(-clocks // _FRAME_CLOCKS)


def encode_delta(wanted: Sequence[int], level: int = 0) -> bytes:
    """Return the bits, lowest of a byte first, whose levels approximate the wanted ones.

    level: the level before the first bit. After the last wanted level the bits fall to 0; the
    length is 16 n + 1 bytes.
    """
    bits = []
    for value in wanted:
        up = value > level and level + STEP <= MOST
        level += STEP if up else -STEP if level >= STEP else 0
        bits.append(int(up))
    bits += [0] * _FALL_BITS
    size = -(-len(bits) // 8)
    size += -(size - 1) % 16
    bits += [0] * (8 * size - len(bits))
    return bytes(
        sum(bit << n for n, bit in enumerate(bits[start : start + 8]))
        for start in range(0, len(bits), 8)
    )


def decode_delta(packed: bytes, level: int = 0) -> list[int]:
    """Return the level, 0..127, after each bit of the bytes."""
    levels = []
    for byte in packed:
        for place in range(8):
            moved = level + (STEP if byte >> place & 1 else -STEP)
            level = moved if 0 <= moved <= MOST else level
            levels.append(level)
    return levels


@lru_cache(maxsize=1)
def clips() -> dict[str, Clip]:
    """Return the clips by name, in their order in memory."""
    found: dict[str, Clip] = {}
    address = ORIGIN
    for name, drum in _DRUMS.items():
        found[name] = Clip(name, address, encode_delta(_curve(drum)))
        address += -(-len(found[name].packed) // ALIGNMENT) * ALIGNMENT
    return found


@lru_cache(maxsize=1)
def memory() -> bytes:
    """Return the memory from $C000 on: all clips, with zeros in the gaps."""
    image = bytearray()
    for clip in clips().values():
        image += bytes(clip.address - ORIGIN - len(image)) + clip.packed
    return bytes(image)


def uses_samples(addresses: Iterable[int]) -> bool:
    """Return whether one of the written registers plays samples, so that their memory is needed."""
    return any(0x4010 <= address <= 0x4013 for address in addresses)


@dataclass(frozen=True, slots=True)
class _Drum:
    """A tone that falls from one frequency to another, and noise; decay times in seconds.

    `height` is the highest level; `noise` is the noise's share of it.
    """

    seconds: float
    height: int
    start_hz: float
    end_hz: float
    fall_seconds: float
    decay: float
    noise: float = 0.0
    noise_decay: float = 0.05


_DRUMS = {
    "kick": _Drum(0.13, 62, 170, 46, 0.022, 0.055),
    "snare": _Drum(0.12, 55, 235, 180, 0.02, 0.035, noise=0.6, noise_decay=0.045),
    "tom": _Drum(0.16, 54, 190, 92, 0.06, 0.065),
}
_FADE_SECONDS = 0.012


def _curve(drum: _Drum) -> list[int]:
    """Return the levels of the drum, 0..127, one per step."""
    count = round(drum.seconds * RATE_HZ)
    phase, levels = 0.0, []
    noise = _noise(count)
    for n in range(count):
        at = n / RATE_HZ
        glide = math.exp(-at / drum.fall_seconds)
        phase += (drum.end_hz + (drum.start_hz - drum.end_hz) * glide) / RATE_HZ
        tone = (1 - drum.noise) * math.exp(-at / drum.decay) * (1 - math.cos(2 * math.pi * phase))
        hiss = drum.noise * math.exp(-at / drum.noise_decay) * (1 + noise[n])
        fade = min(1.0, (count - n) / (_FADE_SECONDS * RATE_HZ))
        levels.append(round(drum.height * fade * (tone + hiss) / 2))
    return levels


def _noise(count: int) -> list[float]:
    """Return noise in -1..1 from a 15-bit shift register, slow enough for steps of 2."""
    state, slow, values = 1, 0.0, []
    for n in range(count):
        if n % 3 == 0:
            state = state >> 1 | ((state ^ state >> 1) & 1) << 14
        slow += 0.35 * ((1.0 if state & 1 else -1.0) - slow)
        values.append(slow)
    return values
