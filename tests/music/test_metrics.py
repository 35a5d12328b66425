"""Each measure on bars whose answer is known by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chipassets.music.keys import Key
from chipassets.music.metrics import lead_line, measure
from chipassets.music.score import Note, Score


def a_score(*notes: Note, bars: int = 1, key: Key | None = None, loop: int | None = 0) -> Score:
    empty = Score((), bars, 120_000, key or Key(0, "major"), loop_start_bar=loop)
    return empty.with_notes(notes)


def scale_run(first: int = 0) -> list[Note]:
    pitches = (60, 62, 64, 65, 67, 69, 71, 72)
    return [Note(first + 2 * i, 2, pitch) for i, pitch in enumerate(pitches)]


def test_silence_measures_zero() -> None:
    values = measure(a_score(bars=2)).to_dict()
    assert values.pop("empty_beat_rate") == 1
    assert values.pop("longest_rest_steps") == 32
    assert set(values.values()) == {0}


def test_a_scale_up_the_octave() -> None:
    found = measure(a_score(*scale_run()))
    # C counts twice among eight notes, six others once: 2/8 * 2 + 6/8 * 3 bits.
    assert found.pitch_class_entropy == pytest.approx(2.75)
    assert found.scale_consistency == found.key_fit == 1
    assert found.polyphony == 1
    assert found.onsets_per_beat == 2
    assert found.on_beat_rate == 0.5
    assert found.empty_beat_rate == 0
    assert (found.notes, found.pitches) == (8, 8)
    assert found.lead_pitch == 66
    assert found.lead_range == 12
    assert found.lead_step == pytest.approx(12 / 7)
    assert (found.leap_rate, found.repeated_note_rate) == (0, 0)
    assert found.top_note_share == 1 / 8
    assert (found.seam_interval, found.seam_gap_steps) == (12, 0)


def test_one_pitch_has_no_entropy() -> None:
    found = measure(a_score(Note(0, 1, 60), Note(4, 1, 72)))
    assert found.pitch_class_entropy == 0
    assert math.copysign(1, found.pitch_class_entropy) == 1


def test_all_twelve_pitch_classes() -> None:
    found = measure(a_score(*(Note(i, 1, 60 + i) for i in range(12))))
    assert found.pitch_class_entropy == pytest.approx(math.log2(12))
    assert found.scale_consistency == pytest.approx(7 / 12)


def test_scale_consistency_finds_another_key_than_the_scores() -> None:
    d_flat = [Note(2 * i, 1, pitch) for i, pitch in enumerate((61, 63, 65, 66, 68, 70, 72))]
    found = measure(a_score(*d_flat))
    assert found.scale_consistency == 1
    assert found.key_fit == pytest.approx(2 / 7)


def test_polyphony_counts_only_steps_that_sound() -> None:
    found = measure(a_score(Note(0, 4, 60), Note(0, 2, 64), Note(8, 1, 67)))
    assert found.polyphony == pytest.approx((2 + 2 + 1 + 1 + 1) / 5)
    assert found.empty_beat_rate == 0.5
    assert found.longest_rest_steps == 7
    assert found.longest_note_steps == 4


def test_two_identical_bars_are_one_groove_and_half_repeated() -> None:
    found = measure(a_score(*scale_run(), *scale_run(16), bars=2))
    assert found.groove_consistency == 1
    assert found.repetition == 0.5


def test_groove_counts_the_places_where_neighbours_differ() -> None:
    # Bars of 1, 2 and 2 onsets: neighbours differ at one place of 16, then at two.
    notes = [Note(0, 1, 60), Note(16, 1, 60), Note(20, 1, 62), Note(32, 1, 60), Note(38, 1, 62)]
    found = measure(a_score(*notes, bars=3))
    assert found.groove_consistency == pytest.approx(1 - (1 + 2) / 32)
    assert found.repetition == 0


def test_silent_bars_do_not_count_as_repeats() -> None:
    assert measure(a_score(Note(0, 1, 60), bars=4)).repetition == 0


def test_the_lead_is_what_nothing_covers() -> None:
    top, under, later = Note(0, 4, 72), Note(2, 8, 60), Note(6, 2, 55)
    high = Note(8, 1, 64)
    assert lead_line((top, under, later, high)) == [top, high]


def test_leaps_and_unisons_of_the_lead() -> None:
    line = [60, 60, 68, 67, 74]  # intervals 0, 8, 1, 7
    found = measure(a_score(*(Note(3 * i, 3, pitch) for i, pitch in enumerate(line))))
    assert found.repeated_note_rate == 0.25
    assert found.leap_rate == 0.25
    assert found.lead_step == 4
    assert found.top_note_share == 2 / 5


def test_the_seam_leads_from_the_end_to_the_loop_start() -> None:
    notes = [Note(0, 2, 60), Note(18, 2, 72), Note(28, 2, 67)]
    found = measure(a_score(*notes, bars=2, loop=1))
    assert (found.seam_interval, found.seam_gap_steps) == (5, 2 + 2)
    assert measure(a_score(*notes, bars=2)).seam_interval == 7


def test_bass_is_the_median_of_the_lowest_that_sounds() -> None:
    found = measure(a_score(Note(0, 4, 48), Note(0, 8, 60), Note(4, 4, 50), Note(8, 3, 43)))
    assert found.bass_pitch == 48


def test_notes_agree_with_the_chords_that_are_planned() -> None:
    """C with its root below; then F and G, over a held C, with a D that is foreign to F."""
    notes = (Note(0, 16, 48), Note(0, 16, 64), Note(16, 16, 48), Note(16, 8, 62), Note(24, 8, 67))
    score = Score(notes, 2, 120_000, Key(0, "major"), chords=("C", "F G"))
    found = measure(score)
    # On the beats: 8 of 8 over C; C but not D over F (2 of 4); G but not C over G (2 of 4).
    assert found.harmony_fit == 12 / 16
    assert found.bass_fit == 1 / 3
    assert measure(replace(score, chords=())).harmony_fit == 0


def test_bars_that_end_on_half_a_beat_are_measured() -> None:
    # Three bars of 7/8 have ten and a half beats; the half beat counts as one.
    empty = Score((), 3, 120_000, Key(0, "major"), beats_per_bar=3.5)
    found = measure(empty.with_notes([Note(0, 4, 60), Note(40, 2, 64)]))
    assert found.empty_beat_rate == pytest.approx(9 / 11)
    assert measure(empty.with_notes([Note(0, 40, 60)])).empty_beat_rate == pytest.approx(1 / 11)
