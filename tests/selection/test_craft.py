"""Craft: what a musician would mark, on hand-made bars with known values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Score, ordered
from chipassets.selection.craft import TUNE_HIGHEST, TUNE_LOWEST, measure_craft

C_MAJOR = Key(0, "major")


def a_score(*notes: Note, bars: int = 2, loop: int | None = 0, chords: str = "") -> Score:
    return Score(
        ordered(notes), bars, 120_000, C_MAJOR, loop_start_bar=loop, chords=tuple(chords.split())
    )


def lead(*pitches: int, start: int = 0, steps: int = 4) -> list[Note]:
    return [Note(start + steps * n, steps, pitch, LEAD) for n, pitch in enumerate(pitches)]


def bass(*pitches: int, steps: int = 16) -> list[Note]:
    return [Note(steps * n, steps, pitch, BASS) for n, pitch in enumerate(pitches)]


TUNE = lead(72, 74, 76, 72, 77, 76, 74, 72)
LOW = bass(48, 43)


def test_a_clean_score_has_nothing_to_mark() -> None:
    found = measure_craft(a_score(*TUNE, *LOW, chords="C G"), 4)
    assert (found.clash, found.wide_leaps, found.dead_bars, found.outside) == (0, 0, (), 0)
    assert not found.bare_end
    assert found.sameness == 1
    assert found.bass_same == 0
    assert found.peak_bars == 0.5  # the highest note stands in one bar of two
    assert found.seam == 0


def test_voices_that_stay_a_semitone_apart_clash() -> None:
    rubbing = a_score(*lead(72, 74, 76, 72), *bass(48, steps=8), Note(8, 8, 63, BASS), bars=1)
    # The bass's E flat lies under E from step 9 to 11, of the 14 steps at which both have settled.
    assert measure_craft(rubbing, 4).clash == pytest.approx(3 / 12)
    apart = a_score(*lead(72, 74, 76, 72), *bass(48, 50, steps=8), bars=1)
    assert measure_craft(apart, 4).clash == 0


def test_a_passing_sixteenth_is_no_clash() -> None:
    brushed = a_score(Note(0, 1, 73, LEAD), Note(1, 15, 72, LEAD), *bass(48), bars=1)
    assert measure_craft(brushed, 4).clash == 0


def test_intervals_of_a_sixth_and_more_are_wide() -> None:
    assert measure_craft(a_score(*lead(60, 67, 60, 68)), 4).wide_leaps == pytest.approx(1 / 3)


def test_the_commonest_bar_is_counted() -> None:
    bars = [note for bar in range(3) for note in lead(72, 74, 76, 72, start=16 * bar)]
    assert measure_craft(a_score(*bars, *lead(77, 76, start=48), bars=4), 4).sameness == 3


def test_of_the_strong_notes_those_of_the_chord_fit() -> None:
    found = measure_craft(a_score(*TUNE, *LOW, chords="C G"), 4)
    # Over C: 72, 76 and 72 of four; over G: 74 alone.
    assert found.fit == pytest.approx(4 / 8)
    assert measure_craft(a_score(*TUNE, *LOW), 4).fit == 0


@pytest.mark.parametrize(
    ("others", "dead"),
    [
        ([], (1,)),
        ([Note(16 + 4 * n, 4, 60 + n, INNER) for n in range(4)], ()),  # another voice leads
        ([Note(16 + 4 * n, 4, 60, INNER) for n in range(4)], (1,)),  # and so does no drone
        ([Note(16, 8, 60, INNER), Note(24, 8, 62, INNER)], (1,)),  # nor two long notes
    ],
)
def test_a_bar_is_dead_where_nobody_leads(others: list[Note], dead: tuple[int, ...]) -> None:
    for still in ([], [Note(16, 16, 72, LEAD)], lead(72, 72, 72, 72, start=16)):
        tune = [*lead(72, 74, 76, 72), *still]
        assert measure_craft(a_score(*tune, *LOW, *others), 4).dead_bars == dead


def test_the_last_bar_of_a_piece_that_ends_may_rest() -> None:
    resting = a_score(*lead(72, 74, 76, 72), Note(16, 16, 72, LEAD), *LOW, loop=None)
    assert measure_craft(resting, 4).dead_bars == ()


def test_notes_out_of_the_tunes_range_are_counted() -> None:
    edge = a_score(*lead(TUNE_LOWEST, TUNE_HIGHEST, TUNE_LOWEST - 1, TUNE_HIGHEST + 1))
    assert measure_craft(edge, 4).outside == 2
    merged = replace(edge, notes=tuple(replace(note, part="") for note in edge.notes))
    assert measure_craft(merged, 4).outside == 0


def test_an_octave_alone_is_a_bare_end() -> None:
    order = (LEAD, BASS, INNER)

    def ends_bare(*last: int) -> bool:
        chord = [Note(16, 16, pitch, part) for pitch, part in zip(last, order, strict=False)]
        return measure_craft(a_score(*lead(72, 74), *chord, loop=None), 4).bare_end

    assert ends_bare(72, 48)
    assert ends_bare(72, 48, 60)
    assert not ends_bare(72, 48, 64)
    assert not measure_craft(a_score(*lead(72), bars=1), 4).bare_end


def test_the_seam_is_the_interval_over_it() -> None:
    assert measure_craft(a_score(*lead(60, 62, 64, 67, 67, 69, 71, 72)), 4).seam == 12
    late = a_score(*lead(64, start=20), bars=2, loop=0)
    assert measure_craft(late, 4).seam == 0
    behind_an_intro = a_score(*lead(50, 50, 50, 50, 60, 62, 64, 65), loop=1)
    assert measure_craft(behind_an_intro, 4).seam == 5
    assert measure_craft(a_score(), 4).seam == 0


def test_merged_music_is_measured_by_its_top_line() -> None:
    merged = a_score(*(replace(note, part="") for note in (*TUNE, *LOW)))
    found = measure_craft(merged, 4)
    assert (found.clash, found.dead_bars, found.bass_same) == (0.0, (), 0.0)
    assert found.peak_bars == 0.5


def test_the_beats_are_those_that_are_felt() -> None:
    score = a_score(*(Note(step, 2, 60 + step, LEAD) for step in (0, 4, 6, 8)))
    assert measure_craft(score, 4).on_pulse == 0.75
    assert measure_craft(score, 6).on_pulse == 0.5


def test_half_bars_in_which_nothing_begins_are_holes_but_for_the_last_bar_of_an_end() -> None:
    notes = [Note(0, 8, 60, LEAD), Note(8, 8, 62, LEAD)]
    assert measure_craft(a_score(*notes, bars=3, loop=None), 4).holes == 2
    assert measure_craft(a_score(*notes, bars=3), 4).holes == 4
