"""The registers of the 2A03 and the VRC6.

Writing a 2A03 pulse's high timer byte restarts its wave, which clicks, so it is written only when
the high bits change: a new note starts by volume, not by phase. The volume is constant volume set
by software, so that the sound does not depend on the chip's frame counter. A drum with a sample
also plays the sample channel, at the rate of its clip.
"""

from __future__ import annotations

from chipassets.arrange.driver import Driver, Shadow, State, changed
from chipassets.chips import dmcbank
from chipassets.chips.chipsong import ChipSong
from chipassets.chips.profiles import VRC6_DUTIES, VoiceSpec
from chipassets.chips.registers import Write

# $4015: all four voices on. $4017: four steps, no interrupt. $9003: the VRC6 at normal pitch.
_START = (Write(0x4015, 0x0F), Write(0x4017, 0x40))
_VRC6_START = (*_START, Write(0x9003, 0x00))
_RATE = 0x4010
# $4010 to $4013: the sample channel at rest, at its finest steps and at level 0.
_SAMPLES_START = (
    Write(_RATE, dmcbank.RATE),
    *(Write(address, 0) for address in (0x4011, 0x4012, 0x4013)),
)
_SAMPLE_STOPS, _SAMPLE_STARTS = Write(0x4015, 0x0F), Write(0x4015, 0x1F)
# Sweep off, with the negate bit set: without it low notes would be muted.
_SWEEP_OFF = 0x08
_CONSTANT_VOLUME = 0x30
_LENGTH_LOAD = 0x08
_GATE_ON, _GATE_OFF = 0xFF, 0x80
_VRC6_ENABLED = 0x80
_SAW_FULL_RATE = 42
"""The largest rate whose six additions fit the saw's eight bits."""


def _start(song: ChipSong, frame: int) -> tuple[Write, ...]:
    """Return the writes before the first frame."""
    del frame  # What the chip is told first does not change with the form.
    start = _VRC6_START if song.chip == "nes-vrc6" else _START
    uses_samples = any(instrument.sample for instrument in song.instruments)
    return (*start, *_SAMPLES_START) if uses_samples else start


def _voice(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return a voice's writes that change registers, and those that start its sample, if any."""
    writes = changed(_registers(spec, state), shadow)
    clip = state.clip
    if not clip:
        return writes
    address, length = clip.registers
    # The first writes of a full frame have set the rate of the bank's clips.
    shadow.setdefault(_RATE, dmcbank.RATE)
    writes += changed([(_RATE, clip.rate), (0x4012, address), (0x4013, length)], shadow)
    return [*writes, _SAMPLE_STOPS, _SAMPLE_STARTS]


def _registers(spec: VoiceSpec, state: State) -> list[tuple[int, int]]:
    """Return address and value of the voice's registers, pitch before volume."""
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
    """Return the level register of a VRC6 voice; a pulse's holds the duty too."""
    if spec.kind == "vrc6_saw":
        return state.volume * _SAW_FULL_RATE // 15
    return VRC6_DUTIES[state.duty] << 4 | state.volume


def _join(writes: list[Write]) -> list[Write]:
    """Return the writes with the sample channel's rate first, as the cartridge's player has it."""
    return sorted(writes, key=lambda write: write.address != _RATE)


NES_DRIVER = Driver(_start, _voice, _join)
