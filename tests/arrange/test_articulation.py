"""How a line is played by a voice, in frames: its octave, gaps, echoes, and chords in turn."""

from __future__ import annotations

import pytest

from chipassets.arrange.arpeggio import MOST_PITCHES, add_chords
from chipassets.arrange.articulation import Timing, add_echo, fit_line, phrase_line
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.chips.chipsong import ChipNote
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import Note

TIMING = Timing(128, 4, 2, None)
"""Eight frames a 16th."""


def test_a_bass_moves_to_its_middle_unless_that_parts_its_notes() -> None:
    triangle = CHIPS["nes"].voice("bass")
    assert [note.pitch for note in fit_line([Note(0, 4, 57)], triangle)] == [45]
    torn = [Note(0, 4, 33), Note(4, 4, 55), Note(8, 4, 57)]
    assert [note.pitch for note in fit_line(torn, triangle)] == [33, 55, 57]


@pytest.mark.parametrize(("steps", "gap"), [(1, 2), (2, 3), (8, 3)])
def test_before_the_same_pitch_again_is_a_quarter_of_silence(steps: int, gap: int) -> None:
    again = phrase_line([Note(0, steps, 60), Note(steps, steps, 60)], "lead", "reed", TIMING)
    other = phrase_line([Note(0, steps, 60), Note(steps, steps, 62)], "lead", "reed", TIMING)
    assert (again[0].end_frame, other[0].end_frame) == (8 * steps - gap, 8 * steps)


@pytest.mark.parametrize(("free", "echoes"), [(15, 0), (16, 1), (40, 1)])
def test_an_echo_needs_room_for_half_of_its_note(free: int, echoes: int) -> None:
    lead = [ChipNote(0, 32, 72, 13, "reed")]
    inner = [ChipNote(24 + free, 8, 60, 7, "pluck")]
    found = add_echo(inner, lead, "reed", TIMING)
    assert [note.start_frame for note in found if note.pitch == 72] == [24] * echoes
    assert all(note.end_frame <= 24 + free for note in found if note.pitch == 72)


def test_a_chord_takes_what_shares_half_of_the_shorter_note_and_four_pitches() -> None:
    inner, tone = CHIPS["nes"].voice("inner"), INSTRUMENTS["pluck"]
    line = [Note(0, 16, 60)]
    played = [ChipNote(0, 128, 60, 7, tone.name)]
    short, late = Note(4, 2, 64), Note(15, 8, 67)
    found = add_chords(line, played, [short, late], tone, inner)
    assert found.left == (late,)
    assert found.notes[0].instrument == f"{tone.name} 0 4"
    four = [Note(0, 16, pitch) for pitch in (64, 67, 70, 74)]
    found = add_chords(line, played, four, tone, inner)
    assert len(set(found.instruments[0].arpeggio.values)) == MOST_PITCHES
    assert found.left == (four[3],)
