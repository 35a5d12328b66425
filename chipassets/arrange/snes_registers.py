"""The S-DSP's registers: samples, envelopes and stereo positions of eight voices, and an echo.

A note is keyed on once and shaped by the chip: the instrument's volume macro becomes an ADSR
envelope if one fits, else direct gain values that change from frame to frame; its release is a
falling gain. The frame before a voice's next note keys it off, which takes the chip 8 ms, so that
the next note starts from silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.driver import Driver, Shadow, State, Voices, changed
from chipassets.arrange.dspenvelope import ADSR_ON, Adsr, direct_gain, fit_adsr, release_rate
from chipassets.chips.chipsong import CONTRAST, HOME, RETURN, ChipSong, Instrument
from chipassets.chips.places import CHORUS_STEP, PLACES, is_mirrored
from chipassets.chips.profiles import VoiceSpec
from chipassets.chips.recording import source_rate_hz
from chipassets.chips.registers import Write, write_of
from chipassets.chips.soundbank import (
    CYCLE_SAMPLES,
    DRUM_PITCH,
    RATE_HZ,
    drum_pitch,
    drum_source,
    sources,
    wave_source,
)

_KEY_ON, _KEY_OFF, _ECHO_ON = 0x4C, 0x5C, 0x4D
_VOICES = 8
_FIR = (-2, 8, 20, 26, 20, 8, -2, -4)
"""The echo's taps, of 128: it is softer below 1 kHz than around 4 kHz, so that it adds little to a
held note's fundamental, or takes little from it."""
_MASTER = 62


@dataclass(frozen=True, slots=True)
class Room:
    """The echo's delay in units of 16 ms, its feedback and its volume; 128 is a factor of one."""

    delay: int
    feedback: int
    volume: int


ROOMS = {
    "stage": Room(4, 84, 18),
    "close": Room(3, 72, 19),
    "hall": Room(5, 92, 19),
    "cave": Room(7, 104, 21),
}
"""By the name that a song gives; the first is the usual one.

The echo is in opposite phase on the two sides: what it takes from a held note on one side it adds
on the other, so that notes stay as loud as each other, and the room is wide. Below 1 kHz the taps
take 5 dB from it, so that with a feedback of 84 each repeat is 8 dB softer than the one before.
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the voices stand in a part of the form, and the echo's loudness against the room's.

    `senders` are the voices heard in the echo.
    """

    senders: tuple[str, ...]
    echo_percent: int = 100


# All voices but bass and drums are heard in the room; where the music goes away from home it turns
# around, and the room is larger.
_SENDERS = ("voice1", "voice2", "voice5", "voice6", "voice7")
STAGES = {
    HOME: Stage(_SENDERS),
    CONTRAST: Stage((*_SENDERS, "drums"), echo_percent=130),
    RETURN: Stage(_SENDERS),
}
"""By what a section is in the form."""
_DRUM_PLACES = {
    "hat": (92, 126),
    "open_hat": (92, 126),
    "tom": (122, 76),
    "crash": (120, 84),
}
FULL_SIDE = 127

_HIGHEST_PITCH = 0x3FFF
_FALLING_GAIN = 0xA0
_DRUM_ADSR = Adsr(ADSR_ON | 0x0F, 0xE0)


def _start(song: ChipSong, frame: int) -> tuple[Write, ...]:
    """Return the writes that set the chip anew: main volumes, the echo and its filter, no keys."""
    room = _room(song)
    volume = _echo_volume(song, frame)
    return (
        *(Write(address, _MASTER) for address in (0x0C, 0x1C)),
        *_echo_writes(volume),
        Write(_KEY_ON, 0),
        Write(_KEY_OFF, 0),
        *(Write(address, 0) for address in (0x6C, 0x2D, 0x3D)),
        Write(0x0D, room.feedback),
        Write(_ECHO_ON, _senders(song, frame)),
        Write(0x7D, room.delay),
        *(Write(n << 4 | 0x0F, value & 0xFF) for n, value in enumerate(_FIR)),
    )


def _scene(song: ChipSong, frame: int, states: Voices) -> tuple[Write, ...]:
    """Return the writes to the echo after a section's start: its voices and its volume.

    The volume moves to the section's by one unit per frame.
    """
    del states
    writes: list[Write] = []
    if not any(0 <= frame - part.start_frame <= FULL_SIDE for part in song.form):
        return ()
    volume = _echo_volume(song, frame)
    if volume != _echo_volume(song, frame - 1):
        writes += _echo_writes(volume)
    if _senders(song, frame) != _senders(song, frame - 1):
        writes.append(write_of(_ECHO_ON, _senders(song, frame)))
    return tuple(writes)


def _room(song: ChipSong) -> Room:
    """Return the room whose echo a song has; a stage if it names none."""
    return ROOMS.get(song.room, ROOMS["stage"])


def _senders(song: ChipSong, frame: int) -> int:
    """Return the bits of the voices that send to the echo in the section that plays at a frame."""
    stage = STAGES[song.part_at(frame).kind]
    return sum(1 << n for n, voice in enumerate(PLACES) if voice in stage.senders)


def _echo_volume(song: ChipSong, frame: int) -> int:
    """Return the echo volume at a frame: it moves to the section's by one unit per frame."""
    part = song.part_at(frame)
    wanted = _room(song).volume * STAGES[part.kind].echo_percent // 100
    if part.start_frame in (0, song.loop_start_frame):
        return wanted
    before = song.part_at(part.start_frame - 1)
    start = _room(song).volume * STAGES[before.kind].echo_percent // 100
    moved = frame - part.start_frame + 1
    return min(start + moved, wanted) if wanted > start else max(start - moved, wanted)


def _echo_writes(volume: int) -> list[Write]:
    """Return the writes of the echo's volume, inverted on the right so that it sounds wide."""
    return [write_of(0x2C, volume), write_of(0x3C, -volume & 0xFF)]


def _prepare(states: Sequence[State], song: ChipSong) -> list[State]:
    """Mark the frame before every attack, in which the previous note is keyed off."""
    del song
    prepared = list(states)
    for frame, state in enumerate(states[1:]):
        if state.attack and prepared[frame].volume:
            prepared[frame] = replace(prepared[frame], held=False, ends=True)
    return prepared


def _voice(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return a voice's writes: a key-on with all registers, a held note's changes, or a release."""
    base = spec.base_address
    sounds = state.volume > 0 and state.held
    if not shadow and not sounds:
        return changed([(base + n, 0) for n in range(8)], shadow)
    if sounds and state.instrument and (state.attack or not shadow):
        note = _note(spec, state, state.instrument)
        return [*changed(note, shadow), write_of(_KEY_ON, 1 << (base >> 4))]
    if sounds:
        pitch = _pitch(spec, state, shadow[base + 4])
        return changed([*pitch, *_followed(base, state, shadow)], shadow)
    release = [(base + 5, shadow[base + 5] & ~ADSR_ON), (base + 7, _release(state))]
    writes = changed(release, shadow)
    return [*writes, write_of(_KEY_OFF, 1 << (base >> 4))] if state.ends else writes


def _note(spec: VoiceSpec, state: State, instrument: Instrument) -> list[tuple[int, int]]:
    """Return all eight register writes of a note that begins."""
    base = spec.base_address
    is_drum = spec.role == "drums"
    adsr = _DRUM_ADSR if is_drum else fit_adsr(instrument.volume)
    loudness = state.level * (adsr.full if adsr else 15)
    places = _DRUM_PLACES.get(instrument.name) if is_drum else None
    sides = places or PLACES[spec.name]
    if is_mirrored(state.part):
        sides = sides[::-1]
    left, right = (place * loudness // 225 for place in sides)
    number = _number(state, instrument, is_drum=is_drum)
    envelope = (
        [(base + 5, 0), (base + 6, 0), (base + 7, direct_gain(state.envelope))]
        if adsr is None
        else [(base + 5, adsr.first), (base + 6, adsr.second), (base + 7, _release(state))]
    )
    return [
        (base, left),
        (base + 1, right),
        *_pitch(spec, state, number),
        (base + 4, number),
        *envelope,
    ]


def _number(state: State, instrument: Instrument, *, is_drum: bool) -> int:
    """Return the source that a note plays: recordings are numbered after the bank."""
    if state.recorded:
        return len(sources()) + state.recorded[0]
    if is_drum:
        return drum_source(instrument.name)
    return wave_source(instrument.name, state.duty, state.pitch)


def _followed(base: int, state: State, shadow: Shadow) -> list[tuple[int, int]]:
    """Return the direct gain of a held note whose macro no ADSR fits."""
    if shadow[base + 5] & ADSR_ON:
        return []
    return [(base + 7, direct_gain(state.envelope))]


def _release(state: State) -> int:
    """Return the decreasing gain that matches the instrument's release."""
    return _FALLING_GAIN | (release_rate(state.instrument.volume) if state.instrument else 31)


def _pitch(spec: VoiceSpec, state: State, number: int) -> list[tuple[int, int]]:
    """Return the pitch register: the chip table's value, scaled to the source's cycle length."""
    if spec.role == "drums":
        own = state.instrument.recording if state.instrument else None
        pitch = round(DRUM_PITCH * source_rate_hz(own) / RATE_HZ) if own else drum_pitch(number)
    else:
        source = state.recorded[1] if state.recorded else sources()[number]
        pitch = int(state.timer * source.cycle_samples // CYCLE_SAMPLES)
    if spec.role == "chorus":
        pitch += pitch // CHORUS_STEP
    pitch = min(pitch, _HIGHEST_PITCH)
    return [(spec.base_address + 2, pitch & 0xFF), (spec.base_address + 3, pitch >> 8)]


def _join(writes: list[Write]) -> list[Write]:
    """Return the writes with the frame's key-ons and key-offs joined into one write each, last."""
    others = [write for write in writes if write.address not in (_KEY_ON, _KEY_OFF)]
    if len(others) == len(writes):
        return writes
    on, off = (
        sum({write.value for write in writes if write.address == address})
        for address in (_KEY_ON, _KEY_OFF)
    )
    return [*others, write_of(_KEY_OFF, off), write_of(_KEY_ON, on)]


SNES_DRIVER = Driver(_start, _voice, _join, _prepare, _scene)
