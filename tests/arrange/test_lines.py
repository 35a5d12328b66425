"""Dealing notes to lines."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange.lines import assign_lines, fill_gaps
from chipassets.music.score import Note, ordered
from tests.chip_music import song

NOTES = st.lists(
    st.builds(
        Note,
        start_step=st.integers(0, 60),
        duration_steps=st.integers(1, 12),
        pitch=st.integers(30, 90),
    ),
    max_size=24,
    unique_by=lambda note: (note.start_step, note.pitch),
)


def test_lead_takes_the_melody_and_bass_the_lowest_line() -> None:
    score = song(4)
    lead, inner, bass = assign_lines(score.notes)
    assert [note.pitch for note in lead] == [n.pitch for n in score.notes if n.pitch > 64]
    assert {note.pitch for note in bass} == {45, 41, 48, 43}
    assert {note.pitch for note in inner} == {60, 57, 64, 59}


def test_lead_does_not_fall_into_the_accompaniment_when_the_melody_rests() -> None:
    accompaniment = [Note(step, 2, pitch) for step in range(0, 32, 2) for pitch in (48, 55)]
    melody = [Note(0, 8, 76), Note(16, 8, 74)]
    lead, _, bass = assign_lines(ordered(accompaniment + melody))
    assert {76, 74} <= {note.pitch for note in lead}
    assert {note.pitch for note in bass} == {48}


def test_single_melody_is_all_lead() -> None:
    melody = [Note(2 * n, 2, pitch) for n, pitch in enumerate((60, 64, 67, 72, 71, 67, 62, 60))]
    lead, inner, bass = assign_lines(melody)
    assert (list(lead), inner, bass) == (melody, (), ())


def test_fourth_voice_of_a_chord_gives_way_inside() -> None:
    chord = [Note(0, 8, pitch) for pitch in (72, 67, 64, 48)]
    lead, inner, bass = assign_lines(ordered(chord))
    assert (lead[0].pitch, bass[0].pitch) == (72, 48)
    assert inner[0].pitch in (64, 67)


def test_nothing_gives_three_empty_lines() -> None:
    assert assign_lines(()) == ((), (), ())


@given(NOTES)
def test_lines_hold_parts_of_score_notes_and_never_overlap(notes: list[Note]) -> None:
    score_notes = ordered(notes)
    starts = {(note.start_step, note.pitch): note.end_step for note in score_notes}
    lines = assign_lines(score_notes)
    for line in lines:
        for note in line:
            assert note.end_step <= starts[note.start_step, note.pitch]
        for note, following in itertools.pairwise(line):
            assert note.end_step <= following.start_step
    dealt = [(note.start_step, note.pitch) for line in lines for note in line]
    assert len(dealt) == len(set(dealt))


@given(NOTES, st.randoms(use_true_random=False))
def test_gaps_take_what_begins_in_them_and_nothing_is_lost(
    notes: list[Note], draw: random.Random
) -> None:
    line, left = assign_lines(ordered(notes))[1], [n for n in ordered(notes) if draw.random() < 0.7]
    own = {(note.start_step, note.pitch) for note in line}
    left = [note for note in left if (note.start_step, note.pitch) not in own]
    filled, rest = fill_gaps(line, left)
    assert set(line) <= set(filled)
    for note, following in itertools.pairwise(filled):
        assert note.end_step <= following.start_step
    by_place = {(note.start_step, note.pitch): note for note in left}
    added = [by_place[note.start_step, note.pitch] for note in filled if note not in set(line)]
    assert ordered([*added, *rest]) == ordered(left)
    for note in filled:
        whole = by_place.get((note.start_step, note.pitch), note)
        assert whole.duration_steps >= note.duration_steps >= whole.duration_steps / 2


def test_a_gap_takes_the_longest_and_then_the_highest() -> None:
    line = (Note(0, 4, 60), Note(8, 4, 60))
    left = (Note(4, 2, 70), Note(4, 6, 65), Note(5, 1, 80), Note(12, 2, 50), Note(12, 2, 55))
    filled, rest = fill_gaps(line, left)
    assert filled == (Note(0, 4, 60), Note(4, 4, 65), Note(8, 4, 60), Note(12, 2, 55))
    assert rest == (Note(4, 2, 70), Note(5, 1, 80), Note(12, 2, 50))
