"""Reads a MIDI file, or one of a tracker, for the corpus: pitched notes, metres and other facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from chipassets.midi.reader import MidiContent, MidiError, parse_midi
from chipassets.train.music import Metre, MidiPiece, RawMusic, RefusedFileError, to_grid
from chipassets.train.trackers.reading import songs_of_tracker

__all__ = ["Metre", "MidiPiece", "RefusedFileError", "raw_of_midi", "raws_of_tracker", "read_midi"]

_MAX_FILE_BYTES = 8 * 1024 * 1024
_DEFAULT_TEMPO_US = 500_000
"""Microseconds per quarter if a file has no tempo (Standard MIDI Files 1.0): 120 bpm."""
_MICROSECONDS_A_MINUTE = 60_000_000


def read_midi(path: Path) -> MidiPiece:
    """Return the piece in a MIDI file; RefusedFileError when it cannot be read or is empty."""
    return to_grid(raw_of_midi(path))


def raw_of_midi(path: Path) -> RawMusic:
    """Return the content of a MIDI file; RefusedFileError if it cannot be read."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise RefusedFileError("larger than 8 MB")
        data = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"not readable ({error.strerror or error})") from error
    try:
        return _in_quarters(parse_midi(data))
    except MidiError as error:
        raise RefusedFileError(f"not readable as MIDI ({error})") from error


def raws_of_tracker(path: Path) -> list[RawMusic]:
    """Return the content of each song in a tracker's file; RefusedFileError if it cannot be read.

    Its tempo is never nominal: its arpeggios are chords already.
    """
    return [
        replace(raw, is_nominal=False, repairs=repairs)
        for raw, repairs in ((_in_quarters(song), more) for song, more in songs_of_tracker(path))
    ]


def _in_quarters(content: MidiContent) -> RawMusic:
    """Return notes and metres in quarters, and the first tempo."""
    per_quarter = content.ticks_per_quarter
    table = np.array(content.notes, np.float64).reshape(-1, 4)
    first = min(content.tempi)[1] if content.tempi else _DEFAULT_TEMPO_US
    return RawMusic(
        times=table[:, :2] / per_quarter,
        pitches=table[:, 2].astype(np.int64),
        voices=table[:, 3].astype(np.int64),
        metres=tuple(sorted((tick / per_quarter, n, d) for tick, n, d in content.metres)),
        programs=len(content.programs),
        drums=np.array(content.drums, np.float64) / per_quarter,
        tempo_bpm=_MICROSECONDS_A_MINUTE / first,
        is_nominal={tempo for _, tempo in content.tempi} <= {_DEFAULT_TEMPO_US},
        is_steady=len({tempo for _, tempo in content.tempi}) <= 1,
        repairs={"tracks_cut_short": content.damaged, "hanging_notes_ended": content.hanging},
    )
