"""ChipSong to RegisterLog: macros advance every frame, and only changed registers are written.

The first frame and the loop's first frame write every register. Vibrato and slides do not change
the high timer bits of their note, because on some chips writing those restarts the wave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chipassets.arrange.driver import Driver, Shadow, State
from chipassets.arrange.gameboy_registers import GAMEBOY_DRIVER
from chipassets.arrange.nes_registers import NES_DRIVER
from chipassets.arrange.snes_registers import SNES_DRIVER
from chipassets.arrange.voice_roles import find_chip
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument
from chipassets.chips.dmcbank import Clip, memory
from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.chips.recorded_source import source_of
from chipassets.chips.registers import RegisterLog, Write
from chipassets.chips.soundbank import Source
from chipassets.errors import ArrangeError
from chipassets.units import CENT

DRIVERS: dict[str, Driver] = {
    "nes": NES_DRIVER,
    "gameboy": GAMEBOY_DRIVER,
    "snes": SNES_DRIVER,
}
"""The driver of each family of chips."""


_SILENT = State()


def write_registers(song: ChipSong) -> RegisterLog:
    """Return the writes of every frame; the loop's first frame writes all registers.

    ArrangeError for a voice that the chip does not have.
    """
    chip = find_chip(song.chip)
    specs = {spec.name: spec for spec in chip.voices}
    unknown = [voice.name for voice in song.voices if voice.name not in specs]
    if unknown:
        raise ArrangeError(f"the chip {song.chip} has no voice {unknown[0]!r}")
    own = _recorded(song)
    played = {
        voice.name: _states(song, voice, chip, specs[voice.name], own) for voice in song.voices
    }
    silent = [_SILENT] * song.frames
    driver = DRIVERS[chip.family]
    columns = [_writes(driver, spec, played.get(spec.name, silent), song) for spec in chip.voices]
    frames = []
    for frame, parts in enumerate(zip(*columns, strict=True)):
        writes = driver.join([write for part in parts for write in part])
        full = _is_full(frame, song)
        opening = driver.start(song, frame) if full else driver.scene(song, frame, played)
        frames.append((*opening, *writes))
    has_clips = any(item.sample for item in song.instruments)
    samples = memory(song.samples.values()) if has_clips else b""
    return RegisterLog(song.chip, tuple(frames), song.loop_start_frame, own, samples)


def _is_full(frame: int, song: ChipSong) -> bool:
    """Return whether a frame writes all registers: the first, and that which a loop jumps to."""
    return frame == 0 or frame == song.loop_start_frame


def _recorded(song: ChipSong) -> tuple[Source, ...]:
    """Return the recordings that the song's instruments play, each once; none but for a sampler."""
    if not CHIPS[song.chip].samples_tones:
        return ()
    recordings = [item.recording for item in song.instruments if item.recording]
    return tuple(dict.fromkeys(source_of(item) for item in recordings))


def _states(
    song: ChipSong, voice: ChipVoice, chip: Chip, spec: VoiceSpec, own: Sequence[Source]
) -> list[State]:
    """Return the voice's state in every frame: notes, and their releases until the next note."""
    states = [_SILENT] * song.frames
    starts = [note.start_frame for note in voice.notes[1:]] + [song.frames]
    # Notes of one pitch, level and instrument sound alike: most frames have been made before.
    known: dict[tuple[object, ...], State] = {}
    for note, next_start in zip(voice.notes, starts, strict=False):
        instrument = song.instrument(note.instrument)
        room = song.left(note.start_frame)
        part = song.part_at(note.start_frame).kind
        source = source_of(instrument.recording) if own and instrument.recording else None
        recorded = (own.index(source), source) if source else None
        for frame in range(note.start_frame, min(next_start, note.start_frame + room)):
            age, since = frame - note.start_frame, max(-1, frame - note.end_frame)
            key = (note.pitch, note.level, note.instrument, part, age, since)
            state = known.get(key)
            if state is None:
                state = known[key] = _state(note, instrument, frame, chip, spec, part)
            states[frame] = replace(state, recorded=recorded) if recorded else state
            if frame >= note.end_frame and not states[frame].volume:
                break
        if clip := _clip(song, instrument, room):
            states[note.start_frame] = replace(states[note.start_frame], clip=clip)
    return states


def _clip(song: ChipSong, instrument: Instrument, room: int) -> Clip | None:
    """Return the clip of a drum; None if it has none, or if it would not end within `room`."""
    clip = song.samples[instrument.sample] if instrument.sample else None
    return clip if clip and clip.frames <= room else None


def _state(
    note: ChipNote, instrument: Instrument, frame: int, chip: Chip, spec: VoiceSpec, part: str
) -> State:
    """Return a voice's state at a frame of a note or of its release."""
    age = frame - note.start_frame
    held = frame < note.end_frame
    volume = instrument.volume.at(age) if held else _released(note, instrument, frame)
    if not volume:
        return _SILENT
    pitch = note.pitch + instrument.arpeggio.at(age)
    pitch = min(max(pitch, spec.lowest_pitch), spec.highest_pitch)
    drum = spec.role == "drums"
    return State(
        volume=max(1, (volume * note.level + 7) // 15),
        envelope=volume,
        duty=0 if drum else instrument.duty.at(age),
        timer=pitch if drum else _timer(pitch, instrument, age, chip, spec),
        pitch=pitch,
        level=note.level,
        attack=age == 0,
        held=held,
        instrument=instrument,
        part=part,
    )


def _released(note: ChipNote, instrument: Instrument, frame: int) -> int:
    """Return the volume of a note's release in a frame after its end; 0 if there is none."""
    return instrument.volume.released(frame - note.end_frame) or 0


def _timer(pitch: int, instrument: Instrument, age: int, chip: Chip, spec: VoiceSpec) -> int:
    """Return the timer with slide and vibrato, limited to the note's high bits."""
    base = chip.timer(spec, pitch)
    bend = instrument.pitch.at(age)
    delay = instrument.vibrato_delay_frames
    if delay is not None and age >= delay:
        cents = instrument.vibrato_depth_cents * _wave(age - delay, instrument)
        bend += round(cents * CENT * (base + 1))
    if spec.kind == "sample":
        return min(max(base - bend, 1), (1 << spec.timer_bits) - 1)
    return min(max(base + bend, base & ~0xFF), base | 0xFF)


def _wave(age: int, instrument: Instrument) -> float:
    """Return a triangle wave from 0 upwards, -1..1, that grows over its first period."""
    period = instrument.vibrato_period_frames
    quarter = (age % period) * 4 / period
    wave = quarter if quarter < 1 else 2 - quarter if quarter < 3 else quarter - 4
    return wave * min(1.0, (age + 1) / period)


def _writes(
    driver: Driver, spec: VoiceSpec, states: Sequence[State], song: ChipSong
) -> Iterator[list[Write]]:
    """Return one voice's writes by frame: changes, or everything in a full frame."""
    shadow: Shadow = {}
    last = State(timer=0x0FF if spec.role != "drums" else 0)
    for frame, state in enumerate(driver.prepare(states, song)):
        if not state.volume:
            # What was silent before stays as it is.
            state = (
                last
                if _is_silent_like(last, state)
                else replace(
                    last,
                    volume=0,
                    attack=False,
                    held=False,
                    unplugged=state.unplugged,
                    clip=state.clip,
                )
            )
        if _is_full(frame, song):
            shadow.clear()
        yield driver.voice(spec, state, shadow)
        last = state


def _is_silent_like(last: State, state: State) -> bool:
    """Return whether a voice is silent already, as a silent state wants it."""
    return (
        not (last.volume or last.attack or last.held)
        and last.unplugged == state.unplugged
        and last.clip is state.clip
    )
