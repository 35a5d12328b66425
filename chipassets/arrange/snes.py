"""The S-DSP's registers: samples, envelopes and places for eight voices, with an echo.

A note is keyed on once and shaped by the chip: the instrument's volume macro becomes attack, decay
and sustain where these can follow it, else a direct gain that changes with the frames; its release
is a falling gain. The frame before a voice's next note keys it off, which takes the chip 8 ms, so
that the next one begins from silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chipassets.arrange.driver import Driver, Shadow, State, changed
from chipassets.arrange.dspenvelope import ADSR_ON, Adsr, direct_gain, fit_adsr, release_rate
from chipassets.chips import VoiceSpec
from chipassets.chipsong import ChipSong, Instrument
from chipassets.registers import Write
from chipassets.soundbank import DRUM_PITCH, drum_source, wave_source

_KEY_ON, _KEY_OFF = 0x4C, 0x5C
_VOICES = 8
# An echo of 80 ms that comes back at 0.4, through a soft low-pass, on all but bass and drums.
_ECHO_SENDERS = ("voice1", "voice2", "voice5", "voice6", "voice7")
_ECHO_DELAY, _ECHO_FEEDBACK, _ECHO_VOLUME = 5, 52, 20
_FIR = (10, 20, 30, 30, 20, 10, 4, 4)
_MASTER = 54

# Left and right of each voice, of 127.
PLACES = {
    "voice1": (112, 112),
    "voice2": (112, 72),
    "voice3": (118, 118),
    "drums": (112, 112),
    "voice5": (68, 112),
    "voice6": (52, 116),
    "voice7": (116, 40),
    "voice8": (90, 90),
}
FULL_SIDE = 127

_DETUNE = 290
"""A chorus is this part sharper than what it doubles: six cents."""

_FALLING_GAIN = 0xA0
_DRUM_ADSR = Adsr(ADSR_ON | 0x0F, 0xE0)


def _start(song: ChipSong) -> tuple[Write, ...]:
    senders = sum(1 << n for n, voice in enumerate(PLACES) if voice in _ECHO_SENDERS)
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


def _prepare(states: Sequence[State], song: ChipSong) -> list[State]:
    """Mark the frame before every attack as one in which the note before it is let go."""
    del song
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
        return changed([*_pitch(spec, state), *_followed(base, state, shadow)], shadow)
    let_go = [(base + 5, shadow[base + 5] & ~ADSR_ON), (base + 7, _let_go(state))]
    writes = changed(let_go, shadow)
    return [*writes, Write(_KEY_OFF, 1 << (base >> 4))] if state.ends else writes


def _note(spec: VoiceSpec, state: State, instrument: Instrument) -> list[tuple[int, int]]:
    """All eight registers of a note that begins."""
    base = spec.base_address
    is_drum = spec.role == "drums"
    adsr = _DRUM_ADSR if is_drum else fit_adsr(instrument.volume)
    loudness = state.level * (adsr.full if adsr else 15)
    left, right = (place * loudness // 225 for place in PLACES[spec.name])
    number = (
        drum_source(instrument.name)
        if is_drum
        else wave_source(instrument.name, state.duty, state.pitch)
    )
    envelope = (
        [(base + 5, 0), (base + 6, 0), (base + 7, direct_gain(state.envelope))]
        if adsr is None
        else [(base + 5, adsr.first), (base + 6, adsr.second), (base + 7, _let_go(state))]
    )
    return [
        (base, left),
        (base + 1, right),
        *_pitch(spec, state),
        (base + 4, number),
        *envelope,
    ]


def _followed(base: int, state: State, shadow: Shadow) -> list[tuple[int, int]]:
    """The direct gain of a held note whose macro no ADSR follows."""
    if shadow[base + 5] & ADSR_ON:
        return []
    return [(base + 7, direct_gain(state.envelope))]


def _let_go(state: State) -> int:
    """The gain that falls as the instrument's release does."""
    return _FALLING_GAIN | (release_rate(state.instrument.volume) if state.instrument else 31)


def _pitch(spec: VoiceSpec, state: State) -> list[tuple[int, int]]:
    pitch = DRUM_PITCH if spec.role == "drums" else state.timer
    if spec.role == "chorus":
        pitch += pitch // _DETUNE
    return [(spec.base_address + 2, pitch & 0xFF), (spec.base_address + 3, pitch >> 8)]


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
