"""Read a MIDI file: every pitched note, the metres, and what else it says."""

from __future__ import annotations

from pathlib import Path

import mido

from chipassets.train.music import Metre, MidiPiece, RawMusic, RefusedFileError, to_grid

__all__ = ["Metre", "MidiPiece", "RefusedFileError", "raw_of_midi", "read_midi"]

_DRUM_CHANNEL = 9
_MAX_FILE_BYTES = 8 * 1024 * 1024
_DEFAULT_TEMPO_US = 500_000
"""Microseconds a quarter where a file names no tempo (Standard MIDI Files 1.0): 120 bpm."""


def read_midi(path: Path) -> MidiPiece:
    """Return the piece in a MIDI file; RefusedFileError when it cannot be read or is empty."""
    return to_grid(raw_of_midi(path))


def raw_of_midi(path: Path) -> RawMusic:
    """Return what a MIDI file says; RefusedFileError when it cannot be read."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise RefusedFileError("larger than 8 MB")
        midi = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        raise RefusedFileError(f"not readable as MIDI ({type(error).__name__})") from error
    if midi.type == 2 or midi.ticks_per_beat <= 0:
        raise RefusedFileError("no common beat (type 2, or SMPTE time)")
    return _collect(midi)


def _collect(midi: mido.MidiFile) -> RawMusic:
    """Return notes and metres in quarters, and count programs and drums."""
    per_quarter = midi.ticks_per_beat
    notes: list[tuple[float, float, int]] = []
    metres: set[tuple[float, int, int]] = set()
    tempi: list[tuple[int, int]] = []
    programs: set[int] = set()
    drums = 0
    for track in midi.tracks:
        tick, sounding = 0, dict[tuple[int, int], list[int]]()
        for message in track:
            tick += message.time
            if message.type == "time_signature":
                metres.add((tick / per_quarter, message.numerator, message.denominator))
            elif message.type == "set_tempo":
                tempi.append((tick, message.tempo))
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
                    start = sounding[key].pop(0)
                    notes.append((start / per_quarter, tick / per_quarter, message.note))
    first = min(tempi)[1] if tempi else _DEFAULT_TEMPO_US
    return RawMusic(
        tuple(notes),
        tuple(sorted(metres)),
        len(programs),
        drums,
        tempo_bpm=mido.tempo2bpm(first) if first else 120.0,
        is_nominal={tempo for _, tempo in tempi} <= {_DEFAULT_TEMPO_US},
    )
