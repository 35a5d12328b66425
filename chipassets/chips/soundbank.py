"""The sample sources of the `snes` profile: tones for several ranges of pitch, and drums.

`soundsynth` made them; they lie encoded as BRR in the file beside this module. What is heard is the
decoded blocks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chipassets.chips.brr import BLOCK_BYTES, BLOCK_SAMPLES, decode_brr

RATE_HZ = 32_000
CYCLE_SAMPLES = 64
"""The cycle length in samples for which the chip table computes pitch registers."""

DRUM_PITCH = 0x1000
"""The pitch register that plays a sample at 32 kHz."""

BANK_FILE = Path(__file__).with_name("snes.bank")
_MAGIC = b"chipassets bank 1\n"


@dataclass(frozen=True, slots=True)
class Zone:
    """A range of pitches that share a source, and the number of samples in a cycle of it."""

    below_pitch: int
    cycle_samples: int


ZONES = (Zone(46, 256), Zone(58, 128), Zone(70, 64), Zone(82, 32), Zone(128, 32))
TONES = (
    "oboe", "flute", "violin", "harp", "celesta", "strings", "brass", "choir", "bass", "slap",
    "piano",
)  # fmt: skip
DRUMS = ("kick", "snare", "hat", "open_hat", "crash", "tom")

SLOW_DRUMS = ("kick", "tom")
"""Drums without high frequencies, which are stored at half the sample rate."""

_TONE_OF = {
    "reed": "oboe", "square": "flute", "thin": "violin", "pluck": "harp", "bell": "celesta",
    "pad": "strings", "brass": "brass", "echo": "choir", "triangle": "bass",
    "triangle_short": "slap", "under": "strings", "edge": "piano",
}  # fmt: skip
_TONE_OF_DUTY = ("violin", "oboe", "flute", "oboe")
_OTHER_TONE = {
    "oboe": "flute", "flute": "oboe", "violin": "strings", "harp": "piano", "celesta": "harp",
    "strings": "choir", "brass": "strings", "choir": "strings", "piano": "harp", "bass": "slap",
    "slap": "bass",
}  # fmt: skip
_CONTRAST = "b"
"""The part of an instrument's name that selects its other timbre."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sample: its BRR blocks, and the index of the sample at which its loop starts, if it loops.

    `cycle_samples` is the number of samples in a cycle of its tone, a whole one in the bank; 0 for
    a drum.
    """

    name: str
    packed: bytes
    loop_start: int | None
    cycle_samples: float

    @property
    def values(self) -> tuple[int, ...]:
        """Return the 16-bit values of the blocks, as the chip plays them the first time."""
        return _decoded(self.packed)

    @property
    def length(self) -> int:
        """Return the number of values."""
        return len(self.packed) // BLOCK_BYTES * BLOCK_SAMPLES


@lru_cache(maxsize=256)
def _decoded(packed: bytes) -> tuple[int, ...]:
    """Return the samples of BRR data, kept for the next call."""
    return decode_brr(packed)


@lru_cache(maxsize=1024)
def wave_source(instrument: str, duty: int, pitch: int) -> int:
    """Return the number of the source for a tone.

    An instrument without a source gets its duty's.
    """
    name, *words = instrument.split(" ")
    tone = _TONE_OF.get(name, name)
    if tone not in TONES:
        tone = _TONE_OF_DUTY[duty]
    elif words and words[-1] == "echo":
        tone = _TONE_OF["echo"] if tone in ("brass", "oboe") else tone
    elif _CONTRAST in words:
        tone = _OTHER_TONE.get(tone, tone)
    zone = next(place for place, item in enumerate(ZONES) if pitch < item.below_pitch)
    return TONES.index(tone) * len(ZONES) + zone


def drum_pitch(number: int) -> int:
    """Return the pitch register at which a drum's source has its original pitch."""
    return DRUM_PITCH // 2 if sources()[number].name in SLOW_DRUMS else DRUM_PITCH


def drum_source(drum: str) -> int:
    """Return the number of a drum's source; a drum without one gets the snare's."""
    place = DRUMS.index(drum) if drum in DRUMS else DRUMS.index("snare")
    return len(TONES) * len(ZONES) + place


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Return every source; its index is its number in the chip's SRCN registers."""
    data = BANK_FILE.read_bytes()
    if not data.startswith(_MAGIC):
        raise ValueError(f"{BANK_FILE.name} is not a sound bank; install the package again")
    found, at = [], len(_MAGIC)
    while at < len(data):
        name_size, loop_start, cycle, size = struct.unpack_from("<BiHI", data, at)
        at += struct.calcsize("<BiHI")
        name = data[at : at + name_size].decode("ascii")
        packed = data[at + name_size : at + name_size + size]
        found.append(Source(name, packed, None if loop_start < 0 else loop_start, cycle))
        at += name_size + size
    return tuple(found)


def bank_bytes(bank: Sequence[Source]) -> bytes:
    """Return the file that holds the sources."""
    rows = bytearray(_MAGIC)
    for source in bank:
        start = -1 if source.loop_start is None else source.loop_start
        name = source.name.encode("ascii")
        cycle = int(source.cycle_samples)
        rows += struct.pack("<BiHI", len(name), start, cycle, len(source.packed))
        rows += name + source.packed
    return bytes(rows)
