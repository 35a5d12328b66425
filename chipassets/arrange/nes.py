"""The 2A03's and the VRC6's registers.

Writing a 2A03 pulse's high timer byte restarts its wave, which clicks, so it is written only when
the high bits change: a new note is an attack in volume, not in phase. Volume is constant volume
changed by software, so the sound does not hang on the chip's frame counter.
"""

from __future__ import annotations

from chipassets.arrange.driver import Driver, Shadow, State, changed
from chipassets.chips import VoiceSpec
from chipassets.chipsong import ChipSong
from chipassets.registers import Write

# $4015: all four voices on. $4017: four steps, no interrupt. $9003: the VRC6 at its usual pitch.
_START = (Write(0x4015, 0x0F), Write(0x4017, 0x40))
_VRC6_START = (*_START, Write(0x9003, 0x00))
# Sweep off, and set to go down: with the sweep at 0 low notes would be muted.
_SWEEP_OFF = 0x08
_CONSTANT_VOLUME = 0x30
_LENGTH_LOAD = 0x08
_GATE_ON, _GATE_OFF = 0xFF, 0x80
# The VRC6's duties are (D + 1) / 16 up to a half: 12.5, 25, 50 %, and 75 % as its mirror image.
_VRC6_DUTIES = (1, 3, 7, 3)
_VRC6_ENABLED = 0x80
_SAW_FULL_RATE = 42
"""The largest rate whose six additions stay within the saw's eight bits."""


def _start(song: ChipSong) -> tuple[Write, ...]:
    return _VRC6_START if song.chip == "nes-vrc6" else _START


def _voice(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    return changed(_registers(spec, state), shadow)


def _registers(spec: VoiceSpec, state: State) -> list[tuple[int, int]]:
    """Address and value of the voice's registers, pitch before volume."""
    base = spec.base_address
    if spec.kind.startswith("vrc6"):
        high = _VRC6_ENABLED | state.timer >> 8
        return [(base + 1, state.timer & 0xFF), (base + 2, high), (base, _vrc6(spec, state))]
    high = _LENGTH_LOAD | state.timer >> 8
    tone = [(base + 2, state.timer & 0xFF), (base + 3, high)]
    if spec.kind == "noise":
        volume = (base, _CONSTANT_VOLUME | state.volume)
        return [(base + 2, state.duty << 7 | state.timer), (base + 3, _LENGTH_LOAD), volume]
    if spec.kind == "triangle":
        return [*tone, (base, _GATE_ON if state.volume else _GATE_OFF)]
    control = state.duty << 6 | _CONSTANT_VOLUME | state.volume
    return [(base + 1, _SWEEP_OFF), *tone, (base, control)]


def _vrc6(spec: VoiceSpec, state: State) -> int:
    if spec.kind == "vrc6_saw":
        return state.volume * _SAW_FULL_RATE // 15
    return _VRC6_DUTIES[state.duty] << 4 | state.volume


NES_DRIVER = Driver(_start, _voice)
