"""ChipSong to RegisterLog for the 2A03: macros run at 60 Hz, and only what changes is written.

Volume is constant volume changed by software, so the sound does not hang on the chip's frame
counter. Writing a pulse's high timer byte restarts its wave, which clicks, so it is written only
when the high bits change: a new note is an attack in volume, not in phase, and vibrato stays within
its note's high bits. The first frame and the loop's first frame write every register.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chipassets.chips import CHIPS, Chip, VoiceSpec
from chipassets.chipsong import ChipNote, ChipSong, ChipVoice, Instrument
from chipassets.errors import ArrangeError
from chipassets.registers import RegisterLog, Write

# $4015: all four voices on. $4017: four steps, no interrupt.
_START = (Write(0x4015, 0x0F), Write(0x4017, 0x40))
# Sweep off, and set to go down: with the sweep at 0 low notes would be muted.
_SWEEP_OFF = 0x08
_CONSTANT_VOLUME = 0x30
_LENGTH_LOAD = 0x08
_GATE_ON, _GATE_OFF = 0xFF, 0x80
_CENT = 0.0005776226504666211
"""ln 2 / 1200: the part of a timer that a cent is."""


@dataclass(frozen=True, slots=True)
class State:
    """What one voice should sound in one frame; `volume` 0 is silent and leaves the rest alone."""

    volume: int = 0
    duty: int = 0
    timer: int = 0


_SILENT = State()


def write_registers(song: ChipSong) -> RegisterLog:
    """Return the writes of every frame; the loop's first frame writes all registers.

    ArrangeError for a voice that the chip does not have.
    """
    chip = _find_chip(song.chip)
    specs = {spec.name: spec for spec in chip.voices}
    unknown = [voice.name for voice in song.voices if voice.name not in specs]
    if unknown:
        raise ArrangeError(f"the chip {song.chip} has no voice {unknown[0]!r}")
    played = {voice.name: _states(song, voice, chip, specs[voice.name]) for voice in song.voices}
    silent = [_SILENT] * song.frames
    columns = [_writes(spec, played.get(spec.name, silent), song) for spec in chip.voices]
    frames = []
    for frame, parts in enumerate(zip(*columns, strict=True)):
        writes = [write for part in parts for write in part]
        frames.append((*(_START if _is_full(frame, song) else ()), *writes))
    return RegisterLog(song.chip, tuple(frames), song.loop_start_frame)


def _find_chip(name: str) -> Chip:
    if name not in CHIPS:
        raise ArrangeError(f"there is no chip {name!r}; choose one of {', '.join(CHIPS)}")
    return CHIPS[name]


def _is_full(frame: int, song: ChipSong) -> bool:
    return frame == 0 or frame == song.loop_start_frame


def _states(song: ChipSong, voice: ChipVoice, chip: Chip, spec: VoiceSpec) -> list[State]:
    """The voice's state in every frame: notes, and their releases until the next note."""
    states = [_SILENT] * song.frames
    seams = [song.frames] + ([song.loop_start_frame] if song.loop_start_frame else [])
    starts = [note.start_frame for note in voice.notes[1:]] + [song.frames]
    for note, next_start in zip(voice.notes, starts, strict=False):
        instrument = song.instrument(note.instrument)
        limit = min([next_start] + [seam for seam in seams if seam > note.start_frame])
        for frame in range(note.start_frame, limit):
            states[frame] = _state(note, instrument, frame, chip, spec)
            if frame >= note.end_frame and not states[frame].volume:
                break
    return states


def _state(
    note: ChipNote, instrument: Instrument, frame: int, chip: Chip, spec: VoiceSpec
) -> State:
    age = frame - note.start_frame
    held = frame < note.end_frame
    volume = instrument.volume.at(age) if held else _released(note, instrument, frame)
    if not volume:
        return _SILENT
    scaled = max(1, (volume * note.level + 7) // 15)
    duty = instrument.duty.at(age)
    arpeggio = instrument.arpeggio.at(age)
    if spec.kind == "noise":
        period = min(max(note.pitch + arpeggio, spec.lowest_pitch), spec.highest_pitch)
        return State(scaled, 0, period)
    return State(scaled, duty, _timer(note.pitch + arpeggio, instrument, age, chip, spec))


def _released(note: ChipNote, instrument: Instrument, frame: int) -> int:
    return instrument.volume.released(frame - note.end_frame) or 0


def _timer(pitch: int, instrument: Instrument, age: int, chip: Chip, spec: VoiceSpec) -> int:
    """The timer with slide and vibrato, which leave the note's high bits alone."""
    base = chip.timer(spec, min(max(pitch, spec.lowest_pitch), spec.highest_pitch))
    bend = instrument.pitch.at(age)
    delay = instrument.vibrato_delay_frames
    if delay is not None and age >= delay:
        cents = instrument.vibrato_depth_cents * _wave(age - delay, instrument)
        bend += round(cents * _CENT * (base + 1))
    return min(max(base + bend, base & 0x700), base | 0xFF)


def _wave(age: int, instrument: Instrument) -> float:
    """A triangle wave from 0 up, -1..1, that swells over its first two periods."""
    period = instrument.vibrato_period_frames
    quarter = (age % period) * 4 / period
    wave = quarter if quarter < 1 else 2 - quarter if quarter < 3 else quarter - 4
    return wave * min(1.0, (age + 1) / (2 * period))


def _writes(
    spec: VoiceSpec, states: Sequence[State], song: ChipSong
) -> Iterator[tuple[Write, ...]]:
    """Per frame the writes of one voice: what changed, or everything in a full frame."""
    shadow: dict[int, int] = {}
    last = State(timer=0x0FF if spec.kind != "noise" else 0)
    for frame, state in enumerate(states):
        if not state.volume:
            state = State(0, last.duty, last.timer)
        if _is_full(frame, song):
            shadow.clear()
        wanted = _registers(spec, state)
        writes = tuple(Write(a, v) for a, v in wanted if shadow.get(a) != v)
        shadow.update(wanted)
        last = state
        yield writes


def _registers(spec: VoiceSpec, state: State) -> list[tuple[int, int]]:
    """Address and value of the voice's registers, pitch before volume."""
    base = spec.base_address
    high = _LENGTH_LOAD | state.timer >> 8
    tone = [(base + 2, state.timer & 0xFF), (base + 3, high)]
    if spec.kind == "noise":
        volume = (base, _CONSTANT_VOLUME | state.volume)
        return [(base + 2, state.duty << 7 | state.timer), (base + 3, _LENGTH_LOAD), volume]
    if spec.kind == "triangle":
        return [*tone, (base, _GATE_ON if state.volume else _GATE_OFF)]
    control = state.duty << 6 | _CONSTANT_VOLUME | state.volume
    return [(base + 1, _SWEEP_OFF), *tone, (base, control)]
