"""Laws of the event codec."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.codec import (
    CONTINUED_NOTE,
    END,
    NEW_NOTE,
    START,
    STEP_END,
    Note,
    decode_events,
    encode_notes,
)


@st.composite
def music(draw: st.DrawFn) -> tuple[list[Note], int]:
    """Notes on the grid, no pitch sounding twice at once, and a length that holds them all."""
    notes: list[Note] = []
    for pitch in draw(st.lists(st.integers(0, 127), unique=True, max_size=6)):
        start = 0
        for rest, duration in draw(
            st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=5)
        ):
            notes.append((start + rest, duration, pitch))
            start += rest + duration
    end = max((start + duration for start, duration, _ in notes), default=0)
    return notes, end + draw(st.integers(0, 4))


@given(music())
def test_decoding_gives_the_notes_back(piece: tuple[list[Note], int]) -> None:
    notes, total_steps = piece
    decoded, steps = decode_events(encode_notes(notes, total_steps))
    assert decoded == sorted(notes, key=lambda note: (note[0], -note[2]))
    assert steps == total_steps


@given(music(), st.randoms(use_true_random=False))
def test_the_order_of_the_notes_does_not_matter(
    piece: tuple[list[Note], int], random: object
) -> None:
    notes, total_steps = piece
    shuffled = list(notes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert np.array_equal(encode_notes(notes, total_steps), encode_notes(shuffled, total_steps))


@given(st.lists(st.integers(0, 258), max_size=80))
def test_any_events_decode_to_notes_that_encode_to_the_same_music(events: list[int]) -> None:
    notes, steps = decode_events(events)
    again, steps_again = decode_events(encode_notes(notes, steps))
    assert (again, steps_again) == (notes, steps)


def test_a_step_lists_pitches_from_high_to_low_and_closes() -> None:
    notes = [(0, 2, 60), (0, 1, 67), (1, 1, 64)]
    assert encode_notes(notes, 3).tolist() == [
        START,
        *(NEW_NOTE + 67, NEW_NOTE + 60, STEP_END),
        *(NEW_NOTE + 64, CONTINUED_NOTE + 60, STEP_END),
        *(STEP_END, END),
    ]


def test_a_repeated_note_is_not_a_held_one() -> None:
    assert decode_events(encode_notes([(0, 1, 60), (1, 1, 60)], 2))[0] == [(0, 1, 60), (1, 1, 60)]
    assert decode_events(encode_notes([(0, 2, 60)], 2))[0] == [(0, 2, 60)]


def test_notes_are_cut_at_the_end() -> None:
    assert decode_events(encode_notes([(2, 9, 60), (4, 1, 62)], 4)) == ([(2, 2, 60)], 4)


def test_what_no_step_closes_and_what_follows_the_end_is_ignored() -> None:
    events = [START, NEW_NOTE + 60, STEP_END, NEW_NOTE + 62]
    assert decode_events(events) == ([(0, 1, 60)], 1)
    assert decode_events([*events[:3], END, NEW_NOTE + 70, STEP_END]) == ([(0, 1, 60)], 1)


def test_a_continuation_of_nothing_is_ignored() -> None:
    assert decode_events([START, CONTINUED_NOTE + 60, STEP_END, END]) == ([], 1)


@pytest.mark.parametrize("note", [(-1, 1, 60), (0, 0, 60), (0, 1, -1), (0, 1, 128)])
def test_a_note_off_the_grid_is_refused_by_name(note: Note) -> None:
    with pytest.raises(ValueError, match=f"start {note[0]}, duration {note[1]}, pitch {note[2]}"):
        encode_notes([(0, 1, 60), note], 4)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 steps"):
        encode_notes([], -1)


@pytest.mark.parametrize("event", [-1, 259])
def test_a_number_that_is_no_event_is_refused(event: int) -> None:
    with pytest.raises(ValueError, match="not a polyphony event"):
        decode_events([START, event])
