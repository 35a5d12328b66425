"""MIDI of a ChipSong: one track per voice, on the step grid, with the loop marked.

A bar lasts exactly as long as on the chip, so the file stays in time with the audio. Notes return
to the 16th grid from which their frames came, including the track's swing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice
from chipassets.chips.profiles import CHIPS
from chipassets.errors import RenderError
from chipassets.midi.writer import (
    Event,
    control_change,
    is_note_on,
    key_signature,
    marker,
    midi_file,
    note_off,
    note_on,
    program_change,
    set_tempo,
    time_signature,
    track_name,
)
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import STEPS_PER_BEAT, swung_frame

TICKS_PER_BEAT = 480
_TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
_DRUM_CHANNEL = 9
# General MIDI: programs (from 0) lead 1 (square), synth bass 1, lead 2 (saw); drum keys.
_PROGRAMS = {"lead": 80, "inner": 80, "bass": 38, "double": 81}
DRUM_KEYS = {"kick": 36, "snare": 38, "hat": 42, "open_hat": 46, "crash": 49, "tom": 45}
"""The key of each drum on the drum channel."""
_OTHER_DRUM = 39
_RPG_MAKER_LOOP = 111
"""The controller that marks the loop start for RPG Maker and others."""


def encode_midi(song: ChipSong, track: TrackPlan) -> bytes:
    """Return the song as a MIDI file (format 1) with markers loopStart and loopEnd and CC 111.

    RenderError if a voice of the song is not in the chip's table.
    """
    grid = _grid(song, track)
    tracks = [_conductor(song, track, grid)]
    roles = {spec.name: spec.role for spec in CHIPS[song.chip].voices}
    for channel, voice in enumerate(song.voices):
        if voice.name not in roles:
            raise RenderError(f"the chip {song.chip} has no voice {voice.name!r}")
        tracks.append(_voice_track(song, voice, roles[voice.name], channel, grid))
    end = grid.tick(song.frames)
    return midi_file([(events, end) for events in tracks], TICKS_PER_BEAT)


@dataclass(frozen=True, slots=True)
class _Grid:
    """The start of each step, the end included: its frame and its tick."""

    frames: list[int]
    ticks: list[int]

    def step(self, frame: int) -> int:
        """Return the step nearest to the frame; of two equally near ones the earlier."""
        index = min(bisect_left(self.frames, frame), len(self.frames) - 1)
        if index and frame - self.frames[index - 1] <= self.frames[index] - frame:
            index -= 1
        return bisect_left(self.frames, self.frames[index])

    def tick(self, frame: int) -> int:
        """Return the tick of the step nearest to the frame."""
        return self.ticks[self.step(frame)]


def _grid(song: ChipSong, track: TrackPlan) -> _Grid:
    """Return the steps of a song's bars, delayed where the track swings."""
    beats, swing = track.beats_per_bar, track.swing
    steps = range(-(-song.frames // song.frames_per_bar) * track.steps_per_bar + 1)
    return _Grid(
        [swung_frame(step, song.frames_per_bar, beats, swing) for step in steps],
        [
            step * _TICKS_PER_STEP + round(swing.late_beats(step, beats) * TICKS_PER_BEAT)
            for step in steps
        ],
    )


def _conductor(song: ChipSong, track: TrackPlan, grid: _Grid) -> list[Event]:
    """Return the first track: name, tempo, metre, key, and markers of the loop."""
    frame_rate_hz = CHIPS[song.chip].frame_rate_hz
    beat_us = round(song.frames_per_bar * 1_000_000 / frame_rate_hz / track.beats_per_bar)
    events = [
        (0, track_name(track.name)),
        (0, set_tempo(beat_us)),
        (0, _time_signature(track)),
        (0, key_signature(track.key.signature, is_minor=track.key.is_minor)),
    ]
    end = grid.tick(song.frames)
    if song.loop_start_frame is not None:
        start = grid.tick(song.loop_start_frame)
        events.append((start, marker("loopStart")))
        events.append((start, control_change(0, _RPG_MAKER_LOOP, 0)))
        events.append((end, marker("loopEnd")))
    return _by_tick(events)


def _time_signature(track: TrackPlan) -> bytes:
    """Return the metre, with a metronome click per felt beat (in units of 24 per quarter note)."""
    numerator, denominator = map(int, track.metre.split("/"))
    return time_signature(numerator, denominator, track.pulse_steps * 24 // STEPS_PER_BEAT)


def _voice_track(
    song: ChipSong, voice: ChipVoice, role: str, channel: int, grid: _Grid
) -> list[Event]:
    """Return the events of a voice's notes, arpeggios as chords."""
    channel = _DRUM_CHANNEL if role == "drums" else channel
    events = [(0, track_name(voice.name))]
    if role != "drums":
        number = _PROGRAMS.get(role, _PROGRAMS["inner"])
        events.append((0, program_change(channel, number)))
    for note, following in zip(voice.notes, (*voice.notes[1:], None), strict=False):
        first = grid.step(note.start_frame)
        limit = grid.step(following.start_frame) if following else grid.step(song.frames)
        last = min(max(grid.step(note.end_frame), first + 1), limit)
        start, end = grid.ticks[first], grid.ticks[last]
        key = DRUM_KEYS.get(note.instrument, _OTHER_DRUM) if role == "drums" else note.pitch
        velocity = _velocity(note)
        for step in (0,) if role == "drums" else _chord(song, note):
            pitch = min(max(key + step, 0), 127)
            events += [(start, note_on(channel, pitch, velocity)), (end, note_off(channel, pitch))]
    return _by_tick(events)


def _chord(song: ChipSong, note: ChipNote) -> list[int]:
    """Return the semitones above the note that its arpeggio repeats; 0 without one."""
    macro = song.instrument(note.instrument).arpeggio
    return sorted(set(macro.values)) if macro.loop == 0 else [0]


def _velocity(note: ChipNote) -> int:
    """Return the MIDI velocity of a note's level, which is 0 to 15."""
    return min(127, 7 + 8 * note.level)


def _by_tick(events: list[Event]) -> list[Event]:
    """Return the events by tick, note ends before starts."""
    return sorted(events, key=lambda event: (event[0], is_note_on(event[1])))
