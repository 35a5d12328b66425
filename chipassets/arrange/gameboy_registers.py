"""The Game Boy's registers (Pan Docs, Audio Registers).

A pulse takes a new volume only with a trigger, so both are written together and only when needed. A
trigger also resets the noise register, which would make a fade buzz: a drum is triggered once and
fades with the chip's own envelope. Silent voices have volume 0 with their converters on, because
switching a converter off clicks. A converter that is on adds a constant level, which thumps when it
is switched on alone, so it is switched on with the first note, and never for a voice without notes.
The wave voice's memory is written with the voice off, at the start and in sections with another
wave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from chipassets.arrange.driver import Driver, Shadow, State, Voices, changed
from chipassets.chips.chipsong import CONTRAST, HOME, RETURN, ChipNote, ChipSong, Instrument
from chipassets.chips.profiles import CHIPS, NOISE_PERIODS, VoiceSpec
from chipassets.chips.registers import Write

_SWEEP, _WAVE_POWER, _WAVE_LENGTH, _WAVE_TRIGGER = 0xFF10, 0xFF1A, 0xFF1B, 0xFF1E
_MASTER, _PANNING, _POWER, _WAVE_MEMORY = 0xFF24, 0xFF25, 0xFF26, 0xFF30
_SWEEP_OFF = 0x08
_FULL_MASTER = 0x77
# The second pulse is on one side only, everything else on both. Moving a voice moves its
# converter's offset, too; as it only changes sides, the sum of both sides does not change.
_SIDES = {HOME: 0xFD, CONTRAST: 0xDF, RETURN: 0xFD}
_TRIGGER = 0x80
_SILENT_ENVELOPE = 0x08
"""Volume 0, increasing with period 0: silent, but the converter is on."""
_ENVELOPE_HZ = 64

# One period of 32 steps, 0..15. A triangle with a second and a third harmonic is audible on small
# speakers; the short one sounds hollow and harder.
_WAVES = {
    "triangle": ((1, 60), (2, 22), (3, 10)),
    "triangle b": ((1, 60), (2, 8), (3, 20), (5, 6)),
    "triangle_short": ((1, 56), (3, 24), (5, 12)),
    "triangle_short b": ((1, 60), (2, 26), (3, 6), (4, 8)),
}
# The register's values for the levels 0, 1/4, 1/2 and 1.
_WAVE_LEVELS = (0, 3, 2, 1)
_OTHER_WAVE = ((1, 60), (2, 30), (4, 10))


def sides_of(voice: str) -> tuple[int, int]:
    """Return (left, right) at the start: 1 if the voice is heard on this side, else 0."""
    number = [spec.name for spec in CHIPS["gameboy"].voices].index(voice)
    return _SIDES[HOME] >> (4 + number) & 1, _SIDES[HOME] >> number & 1


def _start(song: ChipSong, frame: int) -> tuple[Write, ...]:
    """Return the writes that switch the chip on: volume, panning, sweep and the bass's wave."""
    bass = _bass_at(song, frame)
    return (
        Write(_POWER, 0x80),
        Write(_MASTER, _FULL_MASTER),
        Write(_PANNING, _SIDES[song.part_at(frame).kind]),
        Write(_SWEEP, _SWEEP_OFF),
        *_wave_memory(bass),
        *((Write(_WAVE_POWER, 0x80),) if bass else ()),
        Write(_WAVE_LENGTH, 0x00),
    )


def _scene(song: ChipSong, frame: int, states: Voices) -> tuple[Write, ...]:
    """Return the writes at a section's start that change the panning or the bass's wave."""
    if not any(part.start_frame == frame for part in song.form):
        return ()
    before, now = song.part_at(frame - 1), song.part_at(frame)
    writes = []
    if _SIDES[before.kind] != _SIDES[now.kind]:
        writes.append(Write(_PANNING, _SIDES[now.kind]))
    bass = _bass_at(song, frame)
    if _wave_bytes(bass) != _wave_bytes(_bass_at(song, frame - 1)):
        # With its converter off the voice has stopped, so it is started where it stood.
        heard = [item.timer for item in states[_wave_voice(song)][: frame + 1] if item.volume]
        high = 2047 - heard[-1] >> 8 if heard else 0x07
        start = Write(_WAVE_POWER, 0x80), Write(_WAVE_TRIGGER, _TRIGGER | high)
        writes += [*_wave_memory(bass), *start]
    return tuple(writes)


def _wave_voice(song: ChipSong) -> str:
    return next(spec.name for spec in CHIPS[song.chip].voices if spec.kind == "dmg_wave")


def _bass_at(song: ChipSong, frame: int) -> str:
    """Return the name of the wave voice's instrument in the section that contains the frame.

    It is that of the section's first note; in a section without notes that of the note before, else
    of the song's first note; "" if the voice has no notes.
    """
    begin = song.part_at(frame).start_frame
    end = min((part.start_frame for part in song.form if part.start_frame > frame),
              default=song.frames)  # fmt: skip
    name = _wave_voice(song)
    notes = [note for voice in song.voices if voice.name == name for note in voice.notes]
    inside = [note for note in notes if begin <= note.start_frame < end]
    before = [note for note in notes if note.start_frame < begin]
    return (inside[:1] or before[-1:] or notes[:1] or [_NO_NOTE])[0].instrument


_NO_NOTE = ChipNote(0, 0, 0, 0, "")


def _wave_memory(instrument: str) -> list[Write]:
    """Return the writes that switch the wave voice off and load the instrument's wave."""
    wave = enumerate(_wave_bytes(instrument))
    return [Write(_WAVE_POWER, 0x00), *(Write(_WAVE_MEMORY + n, byte) for n, byte in wave)]


@cache
def _wave_bytes(instrument: str) -> bytes:
    """Return 32 steps of the instrument's wave, two per byte, the high four bits first."""
    partials = _WAVES.get(instrument) or _WAVES.get(instrument.removesuffix(" b"), _OTHER_WAVE)
    raw = [
        sum(
            weight * math.sin(2 * math.pi * number * (step + 0.5) / 32)
            for number, weight in partials
        )
        for step in range(32)
    ]
    top = max(map(abs, raw))
    steps = [min(15, int(8 + 8 * value / top)) for value in raw]
    return bytes(high << 4 | low for high, low in zip(steps[::2], steps[1::2], strict=True))


def _prepare(states: Sequence[State], song: ChipSong) -> list[State]:
    """Mark the silence before the first note as `unplugged`, unless a loop returns to it."""
    first = next((n for n, state in enumerate(states) if state.volume), len(states))
    if first < len(states) and song.loop_start_frame is not None:
        first = min(first, song.loop_start_frame)
    return [replace(state, unplugged=True) for state in states[:first]] + list(states[first:])


def _voice(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return the writes of a voice, by its kind."""
    return _KINDS[spec.kind](spec, state, shadow)


def _pulse(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return a pulse's writes: duty, pitch and, if it changed, volume with a trigger."""
    base = spec.base_address
    frequency = 2047 - state.timer
    envelope = 0 if state.unplugged else state.volume << 4 | _SILENT_ENVELOPE
    writes = changed([(base + 1, state.duty << 6), (base + 3, frequency & 0xFF)], shadow)
    louder = changed([(base + 2, envelope)], shadow)
    return writes + louder + _high(base + 4, frequency >> 8, bool(louder), shadow)


def _wave(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return the wave voice's writes: pitch and level, which needs no trigger."""
    base = spec.base_address
    frequency = 2047 - state.timer
    restarted = not shadow
    level = _next_level(shadow.get(base + 2), _wave_level(state.volume))
    wanted = [(base + 3, frequency & 0xFF), (base + 2, level << 5)]
    writes = changed(wanted, shadow)
    return writes + _high(base + 4, frequency >> 8, restarted, shadow)


def _wave_level(volume: int) -> int:
    """Return the index of the wave's level, 0 to full, that is nearest to the volume."""
    return 3 if volume > 10 else 2 if volume > 5 else 1 if volume else 0


def _next_level(register: int | None, wanted: int) -> int:
    """Return the register's level in this frame, at most two levels higher or one lower.

    The converter's output follows the level, so stopping a note at once would be heard as a thump.
    """
    if register is None:
        return _WAVE_LEVELS[wanted]
    now = _WAVE_LEVELS.index(register >> 5)
    return _WAVE_LEVELS[min(max(wanted, now - 1), now + 2)]


def _high(address: int, high: int, trigger: bool, shadow: Shadow) -> list[Write]:
    """Return the write of the upper frequency bits, with a trigger if wanted.

    The shadow keeps them without the trigger.
    """
    if not trigger:
        return changed([(address, high)], shadow)
    shadow[address] = high
    return [Write(address, _TRIGGER | high)]


def _noise(spec: VoiceSpec, state: State, shadow: Shadow) -> list[Write]:
    """Return the noise voice's writes; a drum is triggered once, with the chip's own fade."""
    base = spec.base_address
    silence = 0 if state.unplugged else _SILENT_ENVELOPE
    sounds = shadow.get(base + 2) != silence
    writes = changed([(base + 1, 0), (base + 3, noise_byte(state.timer))], shadow)
    if state.volume and (state.attack or not shadow.get(base + 2)):
        shadow[base + 2] = state.volume << 4 | _fade(state)
    elif not state.volume and sounds:
        shadow[base + 2] = silence
    else:
        return writes
    return [*writes, Write(base + 2, shadow[base + 2]), Write(base + 4, _TRIGGER)]


def _fade(state: State) -> int:
    """Return the envelope's period, in 64ths of a second a step, that halves the volume in time."""
    frames = _half_frames(state.instrument) if state.instrument else 1
    return min(7, max(1, round(frames * _ENVELOPE_HZ / 60 / max(state.volume / 2, 1))))


def _half_frames(instrument: Instrument) -> int:
    """Return the frames until the instrument is at half its initial volume, or its macro ends."""
    volumes = instrument.volume.values
    below = (frame for frame, volume in enumerate(volumes) if 2 * volume <= volumes[0])
    return next(below, len(volumes))


@cache
def noise_byte(index: int) -> int:
    """Return the NR43 byte whose noise is nearest to the 2A03's at this period index."""
    wanted = float(CHIPS["nes"].clock_hz) / NOISE_PERIODS[index]
    choices = ((shift, divider) for shift in range(14) for divider in range(8))

    def distance(choice: tuple[int, int]) -> float:
        shift, divider = choice
        return abs(math.log(262_144 / ((divider or 0.5) * (1 << shift)) / wanted))

    shift, divider = min(choices, key=distance)
    return shift << 4 | divider


_KINDS = {"dmg_pulse": _pulse, "dmg_wave": _wave, "noise": _noise}

GAMEBOY_DRIVER = Driver(_start, _voice, prepare=_prepare, scene=_scene)
