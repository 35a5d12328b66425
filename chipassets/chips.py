"""The sound chips as tables: clocks, voices, registers and ranges. Code walks the rows.

Clocks are exact fractions (NESdev: the NTSC master clock is 236.25 MHz / 11, the CPU a twelfth of
it, and a video frame lasts 29780.5 CPU clocks).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

_NTSC_CPU_HZ = Fraction(236_250_000, 11 * 12)
_NTSC_FRAME_CLOCKS = Fraction(59_561, 2)


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """One voice: the role that it plays, its registers and the MIDI pitches that it can hold.

    A tone sounds at clock_hz / (clocks_per_cycle * (timer + 1)); noise has clocks_per_cycle 0 and
    its pitches are indices into the chip's period table.
    """

    name: str
    kind: str
    role: str
    base_address: int
    clocks_per_cycle: int
    lowest_pitch: int
    highest_pitch: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A sound chip: its name, clocks and voices."""

    name: str
    clock_hz: Fraction
    frame_rate_hz: Fraction
    voices: tuple[VoiceSpec, ...]

    def voice(self, role: str) -> VoiceSpec:
        """The voice with that role; KeyError without one."""
        for spec in self.voices:
            if spec.role == role:
                return spec
        raise KeyError(role)

    def timer(self, spec: VoiceSpec, pitch: int) -> int:
        """The timer value (11 bits) whose tone is nearest to the MIDI pitch, A4 = 440 Hz."""
        frequency_hz = 440.0 * math.pow(2.0, (pitch - 69) / 12)
        timer = round(float(self.clock_hz) / (spec.clocks_per_cycle * frequency_hz)) - 1
        return min(max(timer, 0), 0x7FF)


# The highest pitches keep the timer's rounding within 12.1 cents; the lowest pulse is A1 as the
# timer has 11 bits. The triangle sounds an octave lower at the same timer.
CHIPS: dict[str, Chip] = {
    "nes": Chip(
        name="nes",
        clock_hz=_NTSC_CPU_HZ,
        frame_rate_hz=_NTSC_CPU_HZ / _NTSC_FRAME_CLOCKS,
        voices=(
            VoiceSpec("pulse1", "pulse", "lead", 0x4000, 16, 33, 95),
            VoiceSpec("pulse2", "pulse", "inner", 0x4004, 16, 33, 95),
            VoiceSpec("triangle", "triangle", "bass", 0x4008, 32, 24, 83),
            VoiceSpec("noise", "noise", "drums", 0x400C, 0, 0, 15),
        ),
    ),
}
