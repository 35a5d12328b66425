"""Notes of a voice as tokens, and back."""

from __future__ import annotations

import numpy as np

from chipassets.compose.part_context import FIRST_NOTE, HOLD, LOWEST, PITCHES, REST
from chipassets.compose.part_tokens import notes_of_tokens, tokens_of_notes
from chipassets.music.notes import LEAD, Note


def test_notes_come_back_as_they_were() -> None:
    notes = [Note(1, 3, 62, LEAD), Note(4, 2, 64, LEAD), Note(9, 4, 60, LEAD)]
    tokens = tokens_of_notes(notes, 16, shift=2)
    assert tokens[:6].tolist() == [
        REST,
        FIRST_NOTE + 60 - LOWEST,
        HOLD,
        HOLD,
        FIRST_NOTE + 62 - LOWEST,
        HOLD,
    ]
    assert tokens[6:9].tolist() == [REST] * 3
    assert notes_of_tokens(tokens, LEAD, shift=2) == notes


def test_a_note_ends_where_the_next_begins_and_with_the_voice() -> None:
    tokens = tokens_of_notes([Note(0, 8, 60), Note(4, 40, 62), Note(50, 2, 64)], 16)
    assert notes_of_tokens(tokens) == [Note(0, 4, 60), Note(4, 12, 62)]


def test_a_short_note_cuts_a_long_one_that_does_not_come_back() -> None:
    tokens = tokens_of_notes([Note(0, 12, 60), Note(4, 2, 62)], 16)
    assert notes_of_tokens(tokens) == [Note(0, 4, 60), Note(4, 2, 62)]


def test_pitches_move_into_the_vocabulary_by_octaves() -> None:
    tokens = tokens_of_notes([Note(0, 1, LOWEST - 1), Note(1, 1, LOWEST + PITCHES + 5)], 2)
    pitches = [note.pitch for note in notes_of_tokens(tokens)]
    assert [(p - q) % 12 for p, q in zip(pitches, (LOWEST - 1, LOWEST + 5), strict=True)] == [0, 0]
    assert np.all((tokens >= FIRST_NOTE) & (tokens < FIRST_NOTE + PITCHES))
