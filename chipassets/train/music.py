"""Music as it was read, in quarter notes, and the piece that it becomes on the 16th grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from chipassets.compose.codec import Note
from chipassets.train.beat import Beat, find_beat

_STEPS_PER_QUARTER = 4
_MAX_STEPS = 4 * 60 * 60 * 8
"""Two hours at 120 bpm: a file that claims to be longer is broken."""
_MAX_NOTES = 400_000


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
    """The pitched notes of a file, (start, end, pitch) in quarters, and what else it says.

    metres: (quarter, numerator, denominator). tempo_bpm: the first tempo, or what holds without
    one. is_nominal: nobody chose that tempo; the notes may stand on another beat.
    """

    notes: tuple[tuple[float, float, int], ...]
    metres: tuple[tuple[float, int, int], ...]
    programs: int
    drums: int
    tempo_bpm: float = 120.0
    is_nominal: bool = False


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
        text = ";".join(f"{s - first},{d},{p - lowest}" for s, d, p in self.notes)
        return hashlib.sha256(text.encode()).hexdigest()


def to_grid(raw: RawMusic) -> MidiPiece:
    """Return the piece on the 16th grid, that of an estimated beat where the nominal one misfits.

    RefusedFileError when there is nothing to put there.
    """
    if not raw.notes:
        raise RefusedFileError("no pitched notes")
    if len(raw.notes) > _MAX_NOTES:
        raise RefusedFileError(f"more than {_MAX_NOTES:,} notes")
    starts = np.array([start for start, _, _ in raw.notes])
    beat = find_beat(starts, raw.tempo_bpm) if raw.is_nominal else None
    placed = _place(raw, beat)
    if max(start + duration for start, duration, _ in placed) > _MAX_STEPS:
        raise RefusedFileError("longer than two hours")
    steps = _on_steps(starts, beat)
    notes, joined, cut = _one_voice_per_pitch(placed)
    repairs = {
        "drum_notes_set_apart": raw.drums,
        "programs_merged": max(0, raw.programs - 1),
        "unisons_joined": joined,
        "notes_shortened": cut,
        "notes_moved_to_grid": int((np.abs(steps - np.round(steps)) > 0.1).sum()),
        "tempo_estimated": int(beat is not None),
    }
    # On another beat than the file's the written metres say nothing; bars are found by ear.
    metres = (
        () if beat else tuple(Metre(round(q * _STEPS_PER_QUARTER), n, d) for q, n, d in raw.metres)
    )
    return MidiPiece(tuple(notes), metres, repairs, beat.tempo_bpm if beat else raw.tempo_bpm)


def _on_steps(quarters: np.ndarray, beat: Beat | None) -> np.ndarray:
    """Return times in steps, which need not be whole."""
    if beat is None:
        return quarters * _STEPS_PER_QUARTER
    return (quarters - beat.first_quarter) / beat.step_quarters


def _place(raw: RawMusic, beat: Beat | None) -> list[Note]:
    times = np.array([(start, end) for start, end, _ in raw.notes])
    steps = np.round(_on_steps(times, beat)).astype(np.int64)
    steps -= min(0, int(steps.min()))
    return [
        (start, max(1, end - start), pitch)
        for (start, end), (_, _, pitch) in zip(steps.tolist(), raw.notes, strict=True)
    ]


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
