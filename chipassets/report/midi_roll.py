"""The piano roll of a track, drawn from the MIDI file of its bundle."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

import mido

from chipassets.bundle import TrackEntry
from chipassets.errors import CheckError
from chipassets.report.html import Html, element, join
from chipassets.units import OCTAVE, STEPS_PER_BEAT, steps_per_bar

_DRUM_CHANNEL = 9
_ROW = 5
_DRUM_ROW = 9
_GAP_ROWS = 2
_MARGIN_ROWS = 2
# A gap, so that notes of the same pitch are visibly separate.
_NOTE_GAP_STEPS = 0.14
_LOUD_VELOCITY = 84
_BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
VOICE_COLOURS = 8


@dataclass(frozen=True, slots=True, order=True)
class RollNote:
    """A note of a voice, in 16th steps from the start of the track."""

    voice: str
    start_step: Fraction
    end_step: Fraction
    pitch: int
    velocity: int
    is_drum: bool


@dataclass(frozen=True, slots=True)
class Roll:
    """All notes of a track; `voices` in the order in which they are coloured."""

    voices: tuple[str, ...]
    notes: tuple[RollNote, ...]


def read_roll(data: bytes, track: TrackEntry) -> Roll:
    """Return the notes of a MIDI file, one voice per named track; CheckError if it is invalid."""
    try:
        file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
        step_ticks = Fraction(file.ticks_per_beat, STEPS_PER_BEAT)
        notes = [note for part in file.tracks for note in _read_track(part, step_ticks)]
    # mido raises many types of errors for invalid files.
    except Exception as error:
        why = str(error) or type(error).__name__
        raise CheckError(
            f"the MIDI file of track {track.name!r} cannot be read ({why}); build it again"
        ) from error
    found = dict.fromkeys(note.voice for note in notes)
    voices = tuple(track.voices) + tuple(name for name in found if name not in track.voices)
    return Roll(voices, tuple(sorted(notes)))


def _read_track(part: mido.MidiTrack, step_ticks: Fraction) -> list[RollNote]:
    """Return the notes of a MIDI track; step_ticks: length of a 16th in ticks."""
    notes: list[RollNote] = []
    held: dict[tuple[int, int], tuple[int, int]] = {}
    now = 0
    for message in part:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        key = message.channel, message.note
        if key in held:
            start, velocity = held.pop(key)
            span = start / step_ticks, now / step_ticks
            drum = message.channel == _DRUM_CHANNEL
            notes.append(RollNote(part.name, *span, message.note, velocity, drum))
        if message.type == "note_on" and message.velocity:
            held[key] = now, message.velocity
    return notes


def track_steps(track: TrackEntry) -> float:
    """Return the length of the audio in 16th steps: a track may sound on after its last bar."""
    bar_steps = steps_per_bar(track.beats_per_bar)
    if track.loop:
        return float((track.loop.start_bar + track.loop.bars) * bar_steps)
    seconds = track.samples / track.sample_rate_hz
    return max(seconds * track.tempo_bpm / 60 * STEPS_PER_BEAT, 1.0)


def draw_roll(
    roll: Roll,
    track: TrackEntry,
    marked: Collection[RollNote] = (),
    beside: Collection[RollNote] = (),
) -> Html:
    """Return the roll as SVG that scales to its width: pitch upwards, drums in lanes below.

    Voice number n has the class `v<n>`; the marked notes are highlighted. The range includes the
    notes of a roll beside it, so that equal pitches are at equal heights.
    """
    placed = [*roll.notes, *beside]
    tonal = [note.pitch for note in placed if not note.is_drum] or [60]
    lanes = sorted({note.pitch for note in placed if note.is_drum}, reverse=True)
    low, high = min(tonal) - _MARGIN_ROWS, max(tonal) + _MARGIN_ROWS
    rows = {pitch: ((high - pitch) * _ROW, _ROW) for pitch in range(low, high + 1)}
    top = (high - low + 1 + (_GAP_ROWS if lanes else 0)) * _ROW
    drums = {pitch: (top + n * _DRUM_ROW, _DRUM_ROW) for n, pitch in enumerate(lanes)}
    height = top + len(lanes) * _DRUM_ROW
    steps = track_steps(track)
    voices = [_draw_voice(roll, n, rows, drums) for n in range(len(roll.voices))]
    outline = "".join(_box(note, rows, drums) for note in marked)
    return element(
        "svg",
        _draw_paper(rows, steps, (high - low + 1) * _ROW),
        _draw_grid(track, height),
        *voices,
        element("path", class_="marked", d=outline) if outline else None,
        class_="roll",
        viewBox=f"0 0 {steps:g} {height}",
        height=height,
        preserveAspectRatio="none",
        aria_hidden="true",
    )


Rows = dict[int, tuple[int, int]]


def _draw_voice(roll: Roll, number: int, rows: Rows, drums: Rows) -> Html:
    """Return the notes of a voice as two paths, of loud and of soft ones."""
    own = [note for note in roll.notes if note.voice == roll.voices[number]]
    loud = "".join(_box(note, rows, drums) for note in own if note.velocity >= _LOUD_VELOCITY)
    soft = "".join(_box(note, rows, drums) for note in own if note.velocity < _LOUD_VELOCITY)
    return element(
        "g",
        element("path", d=loud) if loud else None,
        element("path", class_="soft", d=soft) if soft else None,
        class_=f"v{number % VOICE_COLOURS}",
        data_voice=roll.voices[number],
    )


def _box(note: RollNote, rows: Rows, drums: Rows) -> str:
    """Return the path of a note's box; drums are at most a 16th wide."""
    top, height = (drums if note.is_drum else rows)[note.pitch]
    length = float(note.end_step - note.start_step)
    if note.is_drum:
        length = min(length, 1.0)
    width = max(length - _NOTE_GAP_STEPS, _NOTE_GAP_STEPS)
    return f"M{float(note.start_step):g} {top}h{width:g}v{height - 1}h-{width:g}z"


def _draw_paper(rows: Rows, steps: float, height: int) -> Html:
    """Return the background: rows of black keys, and lines between octaves."""
    black = "".join(
        f"M0 {top}h{steps:g}v{_ROW}H0z"
        for pitch, (top, _) in rows.items()
        if pitch % OCTAVE in _BLACK_KEYS
    )
    octaves = "".join(
        f"M0 {top + _ROW}h{steps:g}" for pitch, (top, _) in rows.items() if pitch % OCTAVE == 0
    )
    return join(
        element("rect", class_="paper", width=f"{steps:g}", height=height),
        element("path", class_="black", d=black),
        element("path", class_="octave", d=octaves),
    )


def _draw_grid(track: TrackEntry, height: int) -> Html:
    """Return the lines of beats and bars."""
    bar = steps_per_bar(track.beats_per_bar)
    lines = [f"M{step} 0V{height}" for step in range(0, track.bars * bar + 1, track.pulse_steps)]
    bars = "".join(lines[:: bar // track.pulse_steps])
    return join(
        element("path", class_="beat", d="".join(lines)), element("path", class_="bar", d=bars)
    )
