"""Music as read from a file, in quarter notes, and its conversion to the 16th grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import Note
from chipassets.train.beat import Beat, find_beat
from chipassets.train.metrefinding import find_metre
from chipassets.train.ornaments import written_out

_STEPS_PER_QUARTER = 4
MAX_STEPS = 4 * 60 * 60 * 8
"""Two hours at 120 bpm: a longer file is broken."""
_MAX_NOTES = 400_000
_DRUMS = -2
"""The number that stands for drums among the voices."""


class RefusedFileError(Exception):
    """A file gives no training material; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature from `start_step` on."""

    start_step: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class RawMusic:
    """The pitched notes of a file and other facts.

    times: float64 [notes, 2], start and end in quarters. pitches, voices: int64 [notes]. drums:
    float64, the times of drum strokes. metres: (quarter, numerator, denominator). tempo_bpm: the
    first tempo, or the default. is_nominal: the tempo is a default of the exporting program.
    is_steady: the tempo never changes; only then another beat is searched. repairs: what was
    repaired while reading.
    """

    times: NDArray[np.float64]
    pitches: NDArray[np.int64]
    voices: NDArray[np.int64]
    metres: tuple[tuple[float, int, int], ...]
    programs: int
    drums: NDArray[np.float64]
    tempo_bpm: float = 120.0
    is_nominal: bool = False
    is_steady: bool = False
    repairs: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MidiPiece:
    """The pitched notes of a file, sorted, no pitch sounding twice at once, and its metres.

    repairs counts what was changed: drum notes set apart, programs merged, unisons joined, notes
    shortened because their pitch starts again, notes moved to the grid, tempi estimated.
    """

    notes: tuple[Note, ...]
    metres: tuple[Metre, ...]
    repairs: dict[str, int]
    tempo_bpm: float = 120.0

    @property
    def content_sha256(self) -> str:
        """Hash of the music: equal for files that differ only in transposition or in names."""
        lowest = min(pitch for _, _, pitch in self.notes)
        first = self.notes[0][0]
        text = ";".join([f"{s - first},{d},{p - lowest}" for s, d, p in self.notes])
        return hashlib.sha256(text.encode()).hexdigest()


def to_grid(raw: RawMusic) -> MidiPiece:
    """Return the piece on the 16th grid, that of an estimated beat if the nominal one does not fit.

    RefusedFileError if there are no notes to use.
    """
    if not len(raw.pitches):
        raise RefusedFileError("no pitched notes")
    if len(raw.pitches) > _MAX_NOTES:
        raise RefusedFileError(f"more than {_MAX_NOTES:,} notes")
    times, pitches, voices, cycles = _without_ornaments(raw)
    strikes = (
        np.concatenate((times[:, 0], raw.drums)),
        np.append(voices, raw.drums.size * [_DRUMS]),
    )
    beat = find_beat(strikes[0], raw.tempo_bpm, strikes[1]) if raw.is_steady else None
    exact = _on_steps(times, voices, beat)
    if exact.max() - min(0.0, exact.min()) > MAX_STEPS:
        raise RefusedFileError("longer than two hours")
    notes, joined, cut = one_voice_per_pitch(_place(exact, pitches))
    repairs = raw.repairs | {
        "drum_notes_set_apart": len(raw.drums),
        "programs_merged": max(0, raw.programs - 1),
        "ornaments_written_out": cycles,
        "unisons_joined": joined,
        "notes_shortened": cut,
        "notes_moved_to_grid": int((np.abs(exact[:, 0] - np.round(exact[:, 0])) > 0.1).sum()),
        "tempo_estimated": int(beat is not None),
    }
    if beat is None:
        metres = tuple(Metre(round(q * _STEPS_PER_QUARTER), n, d) for q, n, d in raw.metres)
        tempo = raw.tempo_bpm
    else:
        # With another beat than the file's, the written metres have no meaning.
        metres, tempo = (Metre(0, *find_metre(notes)),), beat.tempo_bpm
    return MidiPiece(tuple(map(tuple, notes.tolist())), metres, repairs, tempo)


def _without_ornaments(
    raw: RawMusic,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return times, pitches and voices without ornaments, and the number of ornaments.

    Only recordings of chip music at a nominal tempo have them written out.
    """
    if not raw.is_nominal:
        return raw.times, raw.pitches, raw.voices, 0
    second = raw.tempo_bpm / 60
    times, pitches, voices, cycles = written_out(raw.times / second, raw.pitches, raw.voices)
    return times * second, pitches, voices, cycles


def _on_steps(
    quarters: NDArray[np.float64], voices: NDArray[np.int64], beat: Beat | None
) -> NDArray[np.float64]:
    """Return times [n, 2] in steps, not rounded."""
    if beat is None:
        return quarters * _STEPS_PER_QUARTER
    late = np.array([beat.late_quarters.get(voice, 0.0) for voice in voices.tolist()])
    steps: NDArray[np.float64] = (
        quarters - beat.first_quarter - late[:, None]
    ) / beat.step_quarters
    return steps


def _place(exact: NDArray[np.float64], pitches: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return notes [n, 3] on the grid, each at least a step long, none before step 0."""
    steps = np.round(exact).astype(np.int64)
    steps -= min(0, int(steps.min()))
    lengths = np.maximum(1, steps[:, 1] - steps[:, 0])
    return np.column_stack((steps[:, 0], lengths, pitches))


def one_voice_per_pitch(grid: NDArray[np.int64]) -> tuple[NDArray[np.int64], int, int]:
    """Return the notes without doubled pitches, how many were joined, and how many shortened.

    Of notes that start together on a pitch the longest is kept; a note ends where its pitch starts
    again. They are ordered by start, then from high to low.
    """
    starts, lengths, pitches = grid.T
    by_pitch = grid[np.lexsort((-lengths, starts, pitches))]
    is_first = np.ones(len(grid), bool)
    is_first[1:] = (np.diff(by_pitch[:, 2]) != 0) | (np.diff(by_pitch[:, 0]) != 0)
    notes = by_pitch[is_first]
    same_pitch = np.diff(notes[:, 2]) == 0
    room = np.where(same_pitch, np.diff(notes[:, 0]), np.iinfo(np.int64).max)
    cut = int((notes[:-1, 1] > room).sum())
    notes[:-1, 1] = np.minimum(notes[:-1, 1], room)
    return notes[np.lexsort((-notes[:, 2], notes[:, 0]))], len(grid) - len(notes), cut
