"""The S-DSP's registers: samples, envelopes and places for eight voices, with an echo.

A note is keyed on once and shaped by the chip: the instrument's volume macro becomes attack, decay
and sustain level, its release a falling gain. The frame before a voice's next note keys it off,
which takes the chip 8 ms, so that the next one begins from silence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from chipassets.arrange.driver import Driver, Shadow, State, changed
from chipassets.chips import VoiceSpec
from chipassets.chipsong import ChipSong, Instrument, Macro
from chipassets.registers import Write
from chipassets.soundbank import DRUM_PITCH, drum_source, wave_source

_KEY_ON, _KEY_OFF = 0x4C, 0x5C
_VOICES = 8
# An echo of 80 ms that comes back at 0.4, through a soft low-pass, on all but bass and drums.
_ECHO_SENDERS = ("lead", "inner", "harmony", "echo", "chorus")
_ECHO_DELAY, _ECHO_FEEDBACK, _ECHO_VOLUME = 5, 52, 20
_FIR = (10, 20, 30, 30, 20, 10, 4, 4)
_MASTER = 54

# Left and right of each role, of 127.
_PLACES = {
    "lead": (112, 112),
    "inner": (112, 72),
    "bass": (118, 118),
    "drums": (112, 112),
    "harmony": (68, 112),
    "echo": (52, 116),
    "chorus": (116, 40),
    "double": (90, 90),
}

_DETUNE = 290
"""A chorus is this part sharper than what it doubles: six cents."""

_FRAME_MS = 1000 / 60
_FRAME_SAMPLES = 532
# SNESdev, S-DSP envelopes: milliseconds from nothing to full by attack rate, and from full to a
# tenth by decay rate; samples between two steps by gain rate.
_ATTACK_MS = (4100, 2600, 1500, 1000, 640, 380, 260, 160, 96, 64, 40, 24, 16, 10, 6, 0)
_DECAY_MS = (1200, 740, 440, 290, 180, 110, 74, 37)
_PERIODS = (
    *(1 << 30, 2048, 1536, 1280, 1024, 768, 640, 512, 384, 320, 256, 192, 160, 128, 96, 80),
    *(64, 48, 40, 32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1),
)
_FALLING_GAIN = 0xA0
_ADSR_ON = 0x80
_HELD_FRAME = 600


def _start(song: ChipSong) -> tuple[Write, ...]:
    senders = sum(1 << n for n, role in enumerate(_PLACES) if role in _ECHO_SENDERS)
    del song  # Every song is played in the same room.
    return (
        *(Write(address, _MASTER) for address in (0x0C, 0x1C)),
        *(Write(address, _ECHO_VOLUME) for address in (0x2C, 0x3C)),
        Write(_KEY_ON, 0),
        Write(_KEY_OFF, 0),
        *(Write(address, 0) for address in (0x6C, 0x2D, 0x3D)),
        Write(0x0D, _ECHO_FEEDBACK),
        Write(0x4D, senders),
        Write(0x7D, _ECHO_DELAY),
        *(Write(n << 4 | 0x0F, value) for n, value in enumerate(_FIR)),
    )


def _prepare(states: Sequence[State]) -> list[State]:
    """Mark the frame before every attack as one in which the note before it is let go."""
    prepared = list(states)
    for frame, state in enumerate(states[1:]):
        if state.attack and prepared[frame].volume:
            prepared[frame] = replace(prepared[frame], held=False, ends=True)
    return prepared


def _voice(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    base = spec.base_address
    sounds = state.volume > 0 and state.held
    if not shadow and not sounds:
        return changed([(base + n, 0) for n in range(8)], shadow)
    if sounds and state.instrument and (state.attack or not shadow):
        note = _note(spec, state, state.instrument)
        return [*changed(note, shadow), Write(_KEY_ON, 1 << (base >> 4))]
    if sounds:
        return changed(_pitch(spec, state), shadow)
    writes = changed([(base + 5, shadow[base + 5] & ~_ADSR_ON)], shadow)
    return [*writes, Write(_KEY_OFF, 1 << (base >> 4))] if state.ends else writes


def _note(spec: VoiceSpec, state: State, instrument: Instrument) -> list[tuple[int, int]]:
    """All eight registers of a note that begins."""
    base = spec.base_address
    is_drum = spec.role == "drums"
    left, right = (place * state.level // 15 for place in _PLACES[_ROLE_OF[base]])
    number = (
        drum_source(instrument.name)
        if is_drum
        else wave_source(instrument.name, state.duty, state.pitch)
    )
    adsr = (_ADSR_ON | 0x0F, 0xE0) if is_drum else _envelope(instrument.volume)
    return [
        (base, left),
        (base + 1, right),
        *_pitch(spec, state),
        (base + 4, number),
        (base + 5, adsr[0]),
        (base + 6, adsr[1]),
        (base + 7, _FALLING_GAIN | _release_rate(instrument.volume)),
    ]


_ROLE_OF = {n << 4: role for n, role in enumerate(_PLACES)}


def _pitch(spec: VoiceSpec, state: State) -> list[tuple[int, int]]:
    pitch = DRUM_PITCH if spec.role == "drums" else state.timer
    if _ROLE_OF[spec.base_address] == "chorus":
        pitch += pitch // _DETUNE
    return [(spec.base_address + 2, pitch & 0xFF), (spec.base_address + 3, pitch >> 8)]


@lru_cache(maxsize=256)
def _envelope(volume: Macro) -> tuple[int, int]:
    """The two ADSR bytes that rise, fall and stay about as the macro does."""
    held = [volume.at(frame) for frame in range(len(volume.values))]
    peak, stays = max(held), max(volume.at(_HELD_FRAME), 1)
    top = held.index(peak)
    falls = next((n for n in range(top, len(held)) if held[n] <= stays), len(held)) - top
    attack = _nearest(_ATTACK_MS, (top + 1) * _FRAME_MS / 2 if top else 0)
    tenth_ms = falls * _FRAME_MS / max(math.log10(peak / stays), 0.1)
    sustain = min(7, max(0, round(8 * stays / peak) - 1))
    return _ADSR_ON | _nearest(_DECAY_MS, tenth_ms) << 4 | attack, sustain << 5


@lru_cache(maxsize=256)
def _release_rate(volume: Macro) -> int:
    """The gain rate that is at a tenth by the end of the macro's release."""
    frames = 1 if volume.release is None else max(1, len(volume.values) - volume.release)
    return _nearest(_PERIODS, frames * _FRAME_SAMPLES / (256 * math.log(10)))


def _nearest(table: Sequence[int], value: float) -> int:
    return min(range(len(table)), key=lambda place: abs(table[place] - value))


def _join(writes: list[Write]) -> list[Write]:
    """The frame's key-ons and key-offs as one write each, at its end."""
    others = [write for write in writes if write.address not in (_KEY_ON, _KEY_OFF)]
    if len(others) == len(writes):
        return writes
    on, off = (
        sum({write.value for write in writes if write.address == address})
        for address in (_KEY_ON, _KEY_OFF)
    )
    return [*others, Write(_KEY_OFF, off), Write(_KEY_ON, on)]


SNES_DRIVER = Driver(_start, _voice, _join, _prepare)
