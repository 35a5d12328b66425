"""Read a MIDI file onto the 16th grid: every pitched note, the metres, and what was repaired."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import mido

from chipassets.compose.codec import Note

_DRUM_CHANNEL = 9
_MAX_FILE_BYTES = 8 * 1024 * 1024
_MAX_STEPS = 4 * 60 * 60 * 8
"""Two hours at 120 bpm: a file that claims to be longer is broken."""


class RefusedFileError(Exception):
    """A file gives no training material; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature from `start_step` on."""

    start_step: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class MidiPiece:
    """The pitched notes of a file, sorted, no pitch sounding twice at once, and its metres.

    repairs counts what was changed: drum notes set apart, programs merged, unisons joined, notes
    shortened because their pitch starts again, notes moved to the grid.
    """

    notes: tuple[Note, ...]
    metres: tuple[Metre, ...]
    repairs: dict[str, int]

    @property
    def content_sha256(self) -> str:
        """Hash of the music: equal for files that differ only in transposition or in names."""
        lowest = min(pitch for _, _, pitch in self.notes)
        first = self.notes[0][0]
        text = ";".join(f"{s - first},{d},{p - lowest}" for s, d, p in self.notes)
        return hashlib.sha256(text.encode()).hexdigest()


def read_midi(path: Path) -> MidiPiece:
    """Return the piece in a MIDI file; RefusedFileError when it cannot be read or is empty."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise RefusedFileError("larger than 8 MB")
        midi = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        raise RefusedFileError(f"not readable as MIDI ({type(error).__name__})") from error
    if midi.type == 2 or midi.ticks_per_beat <= 0:
        raise RefusedFileError("no common beat (type 2, or SMPTE time)")
    return _piece(midi)


def _piece(midi: mido.MidiFile) -> MidiPiece:
    ticks, metres, programs, drums = _collect(midi)
    if not ticks:
        raise RefusedFileError("no pitched notes")
    per_step = midi.ticks_per_beat / 4
    moved = sum(1 for start, _, _ in ticks if abs(start / per_step - round(start / per_step)) > 0.1)
    grid = [
        (round(start / per_step), max(1, round(end / per_step) - round(start / per_step)), pitch)
        for start, end, pitch in ticks
    ]
    if max(start + duration for start, duration, _ in grid) > _MAX_STEPS:
        raise RefusedFileError("longer than two hours")
    notes, joined, cut = _one_voice_per_pitch(grid)
    repairs = {
        "drum_notes_set_apart": drums,
        "programs_merged": max(0, programs - 1),
        "unisons_joined": joined,
        "notes_shortened": cut,
        "notes_moved_to_grid": moved,
    }
    grid_metres = tuple(Metre(round(t / per_step), n, d) for t, n, d in metres)
    return MidiPiece(tuple(notes), grid_metres, repairs)


def _collect(
    midi: mido.MidiFile,
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]], int, int]:
    """Return notes (start, end, pitch) and metres (tick, n, d), and count programs and drums."""
    notes: list[tuple[int, int, int]] = []
    metres: list[tuple[int, int, int]] = []
    programs: set[int] = set()
    drums = 0
    for track in midi.tracks:
        tick, sounding = 0, dict[tuple[int, int], list[int]]()
        for message in track:
            tick += message.time
            if message.type == "time_signature":
                metres.append((tick, message.numerator, message.denominator))
            elif message.type == "program_change" and message.channel != _DRUM_CHANNEL:
                programs.add(message.program)
            elif message.type in ("note_on", "note_off"):
                if message.channel == _DRUM_CHANNEL:
                    drums += message.type == "note_on" and message.velocity > 0
                    continue
                key = (message.channel, message.note)
                if message.type == "note_on" and message.velocity > 0:
                    sounding.setdefault(key, []).append(tick)
                elif sounding.get(key):
                    notes.append((sounding[key].pop(0), tick, message.note))
    return notes, sorted(set(metres)), len(programs), drums


def _one_voice_per_pitch(grid: list[Note]) -> tuple[list[Note], int, int]:
    """Return the notes without doubled pitches, how many were joined, how many shortened."""
    longest: dict[tuple[int, int], int] = {}
    for start, duration, pitch in grid:
        longest[pitch, start] = max(duration, longest.get((pitch, start), 0))
    ordered = sorted(longest.items())
    notes: list[Note] = []
    cut = 0
    for index, ((pitch, start), duration) in enumerate(ordered):
        if index + 1 < len(ordered) and ordered[index + 1][0][0] == pitch:
            room = ordered[index + 1][0][1] - start
            cut += duration > room
            duration = min(duration, room)
        notes.append((start, duration, pitch))
    return sorted(notes, key=lambda n: (n[0], -n[2])), len(grid) - len(ordered), cut
