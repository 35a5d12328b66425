"""The sound chips as tables: clocks, voices, registers and ranges; code iterates over the rows.

Clocks are exact fractions (NESdev: the NTSC master clock is 236.25 MHz / 11, the CPU a twelfth of
it, and a video frame lasts 29780.5 CPU clocks; Pan Docs: the Game Boy's clock is 2**22 Hz and its
frame lasts 70224 of them; SNESdev: the SNES has the NES's master clock and frames of 357366 of its
clocks, and its sound chip makes 32000 samples a second, which are its clocks here).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from chipassets.units import pitch_hz

_NTSC_CPU_HZ = Fraction(236_250_000, 11 * 12)
_NTSC_FRAME_CLOCKS = Fraction(59_561, 2)
_DMG_HZ = Fraction(1 << 22)
_DMG_FRAME_CLOCKS = 70_224
_DSP_HZ = Fraction(32_000)
_SNES_FRAME_RATE_HZ = Fraction(236_250_000, 11 * 357_366)

VRC6_DUTIES = (1, 3, 7, 3)
"""The VRC6's duties nearest to 12.5, 25, 50 and 75 %: (D + 1) / 16; the last mirrors 25 %."""

# NESdev, APU noise: NTSC timer periods in CPU clocks. The pitch of noise, on any chip, is an
# index into this table.
NOISE_PERIODS = (4, 8, 16, 32, 64, 96, 128, 160, 202, 254, 380, 508, 762, 1016, 2034, 4068)


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """One voice: its role, its registers and the MIDI pitches that it can play.

    A tone sounds at clock_hz / (clocks_per_cycle * (timer + 1)). A sample sounds at clock_hz *
    timer / (4096 * clocks_per_cycle), because its register is a step and not a period. Noise has
    clocks_per_cycle 0, and its pitches are indices into NOISE_PERIODS. The roles lead, inner, bass
    and drums exist on every chip; the other roles are those of the arranger's table of further
    parts.
    """

    name: str
    kind: str
    role: str
    base_address: int
    clocks_per_cycle: int
    lowest_pitch: int
    highest_pitch: int
    timer_bits: int = 11


@dataclass(frozen=True, slots=True)
class Chip:
    """A sound chip: its name, clocks and voices.

    family: the chip whose registers, waves and panning it has; a variant's own are its clocks, and
    voices besides. filters: the possible output filters, the default first. kits: the possible drum
    kits, the default first.
    """

    name: str
    family: str
    clock_hz: Fraction
    frame_rate_hz: Fraction
    voices: tuple[VoiceSpec, ...]
    filters: tuple[str, ...] = ("none",)
    kits: tuple[str, ...] = ("noise",)

    @property
    def samples_tones(self) -> bool:
        """Whether tones, and drums too, are samples."""
        return any(spec.kind == "sample" for spec in self.voices)

    @property
    def plays_clips(self) -> bool:
        """Whether drums have samples on a channel beside the noise."""
        return "dmc" in self.kits

    def voice(self, role: str) -> VoiceSpec:
        """Return the voice with this role; KeyError if there is none."""
        for spec in self.voices:
            if spec.role == role:
                return spec
        raise KeyError(role)

    def timer(self, spec: VoiceSpec, pitch: int) -> int:
        """Return the timer value whose tone is nearest to the MIDI pitch (A4 = 440 Hz)."""
        frequency_hz = pitch_hz(pitch)
        if spec.kind == "sample":
            step = round(4096 * spec.clocks_per_cycle * frequency_hz / float(self.clock_hz))
            return min(step, (1 << spec.timer_bits) - 1)
        timer = round(float(self.clock_hz) / (spec.clocks_per_cycle * frequency_hz)) - 1
        return min(max(timer, 0), (1 << spec.timer_bits) - 1)


# The highest pitches keep the timer's rounding error below 12.1 cents; the lowest pulse is A1,
# because the timer has 11 bits. The triangle is an octave lower at the same timer.
_NES_VOICES = (
    VoiceSpec("pulse1", "pulse", "lead", 0x4000, 16, 33, 95),
    VoiceSpec("pulse2", "pulse", "inner", 0x4004, 16, 33, 95),
    VoiceSpec("triangle", "triangle", "bass", 0x4008, 32, 24, 83),
    VoiceSpec("noise", "noise", "drums", 0x400C, 0, 0, 15),
)
_VRC6_VOICES = (
    VoiceSpec("vrc6_pulse1", "vrc6_pulse", "harmony", 0x9000, 16, 24, 95, timer_bits=12),
    VoiceSpec("vrc6_pulse2", "vrc6_pulse", "echo", 0xA000, 16, 24, 95, timer_bits=12),
    VoiceSpec("vrc6_saw", "vrc6_saw", "double", 0xB000, 14, 24, 95, timer_bits=12),
)
# The Game Boy counts up to 2048: its frequency register is 2047 - timer. The lowest pulse is C2.
_DMG_VOICES = (
    VoiceSpec("pulse1", "dmg_pulse", "lead", 0xFF10, 32, 36, 95),
    VoiceSpec("pulse2", "dmg_pulse", "inner", 0xFF15, 32, 36, 95),
    VoiceSpec("wave", "dmg_wave", "bass", 0xFF1A, 64, 24, 83),
    VoiceSpec("noise", "noise", "drums", 0xFF1F, 0, 0, 15),
)

# A sample of 64 values sounds at clock_hz * register / (64 * 4096): the register grows with pitch.
_SNES_VOICES = tuple(
    VoiceSpec(name, "sample", role, number << 4, 64, low, high, timer_bits=14)
    for number, (name, role, low, high) in enumerate(
        (
            ("voice1", "lead", 33, 95),
            ("voice2", "inner", 33, 95),
            ("voice3", "bass", 24, 83),
            ("drums", "drums", 0, 15),
            ("voice5", "harmony", 33, 95),
            ("voice6", "echo", 33, 95),
            ("voice7", "chorus", 33, 95),
            ("voice8", "double", 33, 95),
        )
    )
)

_NES = Chip(
    name="nes",
    family="nes",
    clock_hz=_NTSC_CPU_HZ,
    frame_rate_hz=_NTSC_CPU_HZ / _NTSC_FRAME_CLOCKS,
    voices=_NES_VOICES,
    filters=("famicom", "nes", "none", "muffled"),
    kits=("noise", "dmc"),
)
_VRC6 = replace(
    _NES,
    name="nes-vrc6",
    voices=_NES_VOICES + _VRC6_VOICES,
)
_GAMEBOY = Chip(
    name="gameboy",
    family="gameboy",
    clock_hz=_DMG_HZ,
    frame_rate_hz=_DMG_HZ / _DMG_FRAME_CLOCKS,
    voices=_DMG_VOICES,
    filters=("gameboy", "none", "muffled"),
)
_SNES = Chip(
    name="snes",
    family="snes",
    clock_hz=_DSP_HZ,
    frame_rate_hz=_SNES_FRAME_RATE_HZ,
    voices=_SNES_VOICES,
    kits=("samples",),
)

CHIPS: dict[str, Chip] = {chip.name: chip for chip in (_NES, _VRC6, _GAMEBOY, _SNES)}
"""Every chip by name. Another one is a row here, a driver that writes its registers (arrange), a
board that sounds them (render), and nothing else."""
