"""Convert notes of one voice to tokens of the networks for single voices, and back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import FIRST_NOTE, HOLD, LOWEST, PITCHES, REST, Integers
from chipassets.music.notes import Note

_OCTAVE = 12


def tokens_of_notes(notes: Iterable[Note], steps: int, shift: int = 0) -> NDArray[np.int16]:
    """Return the tokens int16 [steps] of a voice's notes.

    `shift` semitones (`Key.canonical_shift`) are subtracted to reach the networks' pitch; pitches
    outside the vocabulary then move by octaves. Of notes that start together the last in the list
    is kept, and a note ends where the next begins.
    """
    tokens = np.full(steps, REST, np.int16)
    for note in sorted(notes, key=lambda note: note.start_step):
        if note.start_step >= steps:
            continue
        above = note.pitch - shift - LOWEST
        if above < 0:
            above %= _OCTAVE
        elif above >= PITCHES:
            above = PITCHES - _OCTAVE + above % _OCTAVE
        tokens[note.start_step] = FIRST_NOTE + above
        tokens[note.start_step + 1 : note.end_step] = HOLD
        tokens[note.end_step :] = REST
    return tokens


def notes_of_tokens(tokens: Integers, part: str = "", shift: int = 0) -> list[Note]:
    """Return the notes of a voice's tokens [steps], `shift` semitones above the networks' pitch."""
    notes: list[Note] = []
    start, pitch = -1, 0
    for step, token in enumerate([*np.asarray(tokens).tolist(), REST]):
        if token == HOLD:
            continue
        if start >= 0:
            notes.append(Note(start, step - start, pitch, part))
        start = step if token >= FIRST_NOTE else -1
        pitch = token - FIRST_NOTE + LOWEST + shift
    return notes
