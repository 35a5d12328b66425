"""The voices of the NES and of the Game Boy, as the cartridge's players write them.

NESdev, "APU"; Pan Docs, "Audio Registers".
"""

from __future__ import annotations

from collections.abc import Mapping

from chipassets.chipfiles.cartridge.lanes import (
    Console,
    Frame,
    LevelForm,
    Shadow,
    Tone,
    VoiceKind,
    changed,
)
from chipassets.chips.registers import Write

SWEEP_OFF = 0x08
_CONSTANT = 0x30
_GATE_ON, _GATE_OFF = 0xFF, 0x80
_LEVEL_BITS = 0xCF
"""Duty and volume of a level on the NES; the bits between are always set in the register."""
_VOLUME = 0x0F
_NES_LEVEL = LevelForm(volume=_VOLUME, mask=0x30, shift=4, kept=0xC0)
_GAMEBOY_PULSE = LevelForm(volume=0xF0, mask=0x0F, shift=0, plugged=0x08)
_GAMEBOY_WAVE = LevelForm(volume=0xF0, mask=0x0F, shift=0)
_GAMEBOY_NOISE = LevelForm(volume=0xF0, mask=0, shift=0, plugged=0x08)


def _nes(name: str, base: int, first: Tone) -> VoiceKind:
    """Return the kind of a 2A03 voice whose registers start at `base`."""

    def read(held: Mapping[int, int]) -> tuple[Tone, int]:
        """Return the tone and the level that the registers hold."""
        level = held.get(base, 0)
        if name == "triangle":
            level = 0 if level == _GATE_OFF else _VOLUME
        return (held.get(base + 2, 0), held.get(base + 3, 0)), level & _LEVEL_BITS

    def put(frame: Frame, shadow: Shadow, full: bool) -> list[Write]:
        """Return the writes that the player makes for a frame; `full` writes all of them."""
        level = frame.level | _CONSTANT
        if name == "triangle":
            level = _GATE_ON if frame.level else _GATE_OFF
        sweep = {base + 1: SWEEP_OFF} if full and name.startswith("pulse") else {}
        wanted = {base + 2: frame.tone[0], base + 3: frame.tone[1], base: level}
        return changed({**sweep, **wanted}, shadow, full=full)

    return VoiceKind(name, tuple(range(base, base + 4)), first, _NES_LEVEL, read, put)


def _gameboy_pulse(name: str, duty: int, low: int, level: int, high: int) -> VoiceKind:
    """Return the kind of a Game Boy pulse with these registers."""

    def read(held: Mapping[int, int]) -> tuple[Tone, int]:
        upper = held.get(duty, 0) & 0xC0 | held.get(high, 0) & 0x07
        return (held.get(low, 0), upper), held.get(level, 0)

    def put(frame: Frame, shadow: Shadow, full: bool) -> list[Write]:
        """Return the writes that the player makes for a frame; a new level triggers the voice."""
        tone = {duty: frame.tone[1] & 0xC0, low: frame.tone[0]}
        writes = changed(tone, shadow, full=full)
        louder = changed({level: frame.level}, shadow, full=full)
        upper = frame.tone[1] & 0x07
        if louder:
            shadow[high] = upper
            return [*writes, *louder, Write(high, 0x80 | upper)]
        return writes + changed({high: upper}, shadow, full=False)

    return VoiceKind(name, (duty, low, level, high), (0x00, 0x07), _GAMEBOY_PULSE, read, put)


def _gameboy_wave() -> VoiceKind:
    """Return the kind of the Game Boy's wave voice."""
    level, low, high = 0xFF1C, 0xFF1D, 0xFF1E

    def read(held: Mapping[int, int]) -> tuple[Tone, int]:
        return (held.get(low, 0), held.get(high, 0) & 0x07), held.get(level, 0)

    def put(frame: Frame, shadow: Shadow, full: bool) -> list[Write]:
        """Return the writes that the player makes for a frame; a full one triggers the voice."""
        writes = changed({low: frame.tone[0], level: frame.level}, shadow, full=full)
        if full:
            shadow[high] = frame.tone[1]
            return [*writes, Write(high, 0x80 | frame.tone[1])]
        return writes + changed({high: frame.tone[1]}, shadow, full=False)

    return VoiceKind("wave", (low, level, high), (0x00, 0x07), _GAMEBOY_WAVE, read, put)


def _gameboy_noise() -> VoiceKind:
    """Return the kind of the Game Boy's noise voice."""
    length, level, period, trigger = 0xFF20, 0xFF21, 0xFF22, 0xFF23

    def read(held: Mapping[int, int]) -> tuple[Tone, int]:
        return (held.get(period, 0), 0), held.get(level, 0)

    def put(frame: Frame, shadow: Shadow, full: bool) -> list[Write]:
        """Return the writes that the player makes for a frame."""
        writes = changed({length: 0, period: frame.tone[0]}, shadow, full=full)
        begins = frame.attack and frame.level >= 0x10
        # The chip takes a new level over only when the voice is triggered.
        if new_level := changed({level: frame.level}, shadow, full=full or begins):
            return [*writes, *new_level, Write(trigger, 0x80)]
        return writes

    return VoiceKind(
        "noise", (length, level, period, trigger), (0x00, 0x00), _GAMEBOY_NOISE, read, put
    )


CONSOLES: dict[str, Console] = {
    "nes": Console(
        "nes",
        (
            _nes("pulse1", 0x4000, (0xFF, 0x08)),
            _nes("pulse2", 0x4004, (0xFF, 0x08)),
            _nes("triangle", 0x4008, (0xFF, 0x08)),
            _nes("noise", 0x400C, (0x00, 0x08)),
        ),
        (0x4012, 0x4013),
    ),
    "gameboy": Console(
        "gameboy",
        (
            _gameboy_pulse("pulse1", 0xFF11, 0xFF13, 0xFF12, 0xFF14),
            _gameboy_pulse("pulse2", 0xFF16, 0xFF18, 0xFF17, 0xFF19),
            _gameboy_wave(),
            _gameboy_noise(),
        ),
    ),
}
"""The consoles by the chip's name."""
