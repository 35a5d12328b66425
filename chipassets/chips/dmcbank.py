"""The drum samples of the NES's sample channel (DMC): one bit per step, from $C000 on.

Each bit moves the converter's level, 0..127, up or down by 2 (NESdev, APU DMC). A high level makes
triangle and noise softer, so every drum starts and ends at 0 and stays above it. After its last
sound a clip falls until any level has reached 0, so that the channel rests at 0. The bank's clips,
made here, always lie first and at the same addresses; a game's own follow them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

ORIGIN, END = 0xC000, 0xFFFA
"""Where the memory of clips starts and ends; after it are the processor's vectors."""

ALIGNMENT = 64
"""Addresses of clips are multiples of this, relative to the origin; lengths are 16 n + 1 bytes."""

MOST_BYTES = 16 * 0xFF + 1
"""The longest clip."""

PERIODS = (428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54)
"""CPU clocks per bit, by the value of the rate register (NESdev, APU DMC, NTSC)."""

RATE = 0x0F
"""The highest value of the rate register, at which the bank's clips play: 33.1 kHz."""

_CPU_HZ = 236_250_000 / 132

MOST = 127
STEP = 2
FALL_BITS = 64
"""Steps after which every level has fallen to 0."""

_FRAME_CLOCKS = 29_780
_START_BITS = 16
"""A clip starts after the byte that is playing and the byte that is buffered."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A sample in memory: its bytes, and the registers that play it. `rate` is that of $4010."""

    name: str
    address: int
    packed: bytes
    rate: int = RATE

    @property
    def registers(self) -> tuple[int, int]:
        """Return the values of $4012 and $4013."""
        return (self.address - ORIGIN) // ALIGNMENT, (len(self.packed) - 1) // 16

    @property
    def frames(self) -> int:
        """Return the number of frames within which the clip ends."""
        clocks = (8 * len(self.packed) + _START_BITS) * PERIODS[self.rate]
        return -(-clocks // _FRAME_CLOCKS)


def rate_hz(rate: int) -> float:
    """Return the bits per second at a value of the rate register."""
    return _CPU_HZ / PERIODS[rate]


def packed_bytes(steps: int) -> int:
    """Return the size of a clip of this number of levels, with its fall to 0: 16 n + 1 bytes."""
    size = -(-(steps + FALL_BITS) // 8)
    return size + -(size - 1) % 16


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
    bits += [0] * FALL_BITS
    size = packed_bytes(len(wanted))
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
    made = (Clip(name, 0, encode_delta(_curve(drum))) for name, drum in _DRUMS.items())
    return {clip.name: clip for clip in _placed(made, ORIGIN)}


def own_clips(unplaced: Iterable[Clip]) -> tuple[Clip, ...]:
    """Return a game's own clips at their addresses, which follow the bank's."""
    return _placed(unplaced, ORIGIN + len(memory(clips().values())))


def _placed(unplaced: Iterable[Clip], start: int) -> tuple[Clip, ...]:
    """Return the clips one after the other, each at the next address that a register can hold."""
    found = []
    for clip in unplaced:
        address = ORIGIN + aligned(start - ORIGIN)
        found.append(replace(clip, address=address))
        start = address + len(clip.packed)
    return tuple(found)


def aligned(size: int) -> int:
    """Return the size up to the next address at which a clip can start."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def memory(placed: Iterable[Clip]) -> bytes:
    """Return the memory from $C000 on: these clips, in order, with zeros in the gaps."""
    image = bytearray()
    for clip in placed:
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
    hz = rate_hz(RATE)
    count = round(drum.seconds * hz)
    phase, levels = 0.0, []
    noise = _noise(count)
    for n in range(count):
        at = n / hz
        glide = math.exp(-at / drum.fall_seconds)
        phase += (drum.end_hz + (drum.start_hz - drum.end_hz) * glide) / hz
        tone = (1 - drum.noise) * math.exp(-at / drum.decay) * (1 - math.cos(2 * math.pi * phase))
        hiss = drum.noise * math.exp(-at / drum.noise_decay) * (1 + noise[n])
        fade = min(1.0, (count - n) / (_FADE_SECONDS * hz))
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
