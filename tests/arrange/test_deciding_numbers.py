"""The costs by which notes are given to lines, and other numbers that decide, at their boundaries.

The values are stated here once more: who changes one by ear changes it here as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from chipassets.arrange import arrange, lines
from chipassets.arrange.arpeggio import add_chords
from chipassets.arrange.articulation import Timing
from chipassets.arrange.balance import TARGETS_DB
from chipassets.arrange.drum_voice import DrumHit, one_a_step, play_drums
from chipassets.arrange.expression import COLOURED, SCOOP, colours_of, express
from chipassets.chips.chipsong import ChipNote, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import DrumStroke, Note, Score
from tests.chip_music import plan, song

USUAL = (72, 60, 48)
CHORD = [Note(0, 1, pitch) for pitch in USUAL]


def price(notes: Sequence[Note], *given: int) -> int:
    """What it costs to give lead, inner and bass these notes, by place from the top; 9 is none."""
    (span,) = lines._spans(notes)
    costs = lines._stay_costs(notes, span, USUAL)
    state = [min(place, len(notes)) for place in given]
    return int(costs[span.states.tolist().index(state)])


def longer(steps: int) -> list[Note]:
    return [replace(note, duration_steps=steps) for note in CHORD]


def test_each_line_on_its_own_note_costs_nothing() -> None:
    assert price(CHORD, 0, 1, 2) == 0


@pytest.mark.parametrize(("steps", "cost"), [(1, 26), (2, 28), (8, 40), (9, 40)])
def test_a_note_that_is_dropped_costs_more_the_longer_it_is(steps: int, cost: int) -> None:
    assert price(longer(steps), 0, 9, 2) == cost


@pytest.mark.parametrize(("steps", "cost"), [(1, 26 + 24 + 8), (2, 28 + 24 + 2 * 8)])
def test_the_top_costs_more_to_drop_and_a_lead_that_rests_costs_by_step(
    steps: int, cost: int
) -> None:
    assert price(longer(steps), 9, 1, 2) == cost


@pytest.mark.parametrize(("steps", "cost"), [(1, 26 + 16 + 3), (2, 28 + 16 + 2 * 3)])
def test_the_lowest_costs_more_to_drop_and_a_bass_that_rests_costs_by_step(
    steps: int, cost: int
) -> None:
    assert price(longer(steps), 0, 1, 9) == cost


@pytest.mark.parametrize(("steps", "cost"), [(1, 6 + 3), (2, 2 * (6 + 3))])
@pytest.mark.parametrize("given", [(1, 0, 2), (0, 2, 1)])
def test_lines_that_cross_and_a_lead_or_bass_inside_cost_by_step(
    given: tuple[int, ...], steps: int, cost: int
) -> None:
    astray = 2 * (12 - 9)  # both are an octave from their usual pitch
    assert price(longer(steps), *given) == cost + astray


@pytest.mark.parametrize(("pitch", "cost"), [(81, 0), (82, 1), (84, 3), (63, 0), (62, 1)])
def test_a_note_ten_semitones_from_its_lines_middle_costs(pitch: int, cost: int) -> None:
    assert price([Note(0, 1, pitch), Note(0, 1, 48)], 0, 9, 1) == cost


@pytest.mark.parametrize(
    ("line", "costs"), [(lines.LEAD, (0, 3, 36, 36)), (lines.INNER, (0, 1, 12, 12)),
                        (lines.BASS, (0, 2, 24, 24))],
)  # fmt: skip
def test_leaps_wider_than_a_third_cost_up_to_an_octave_more(
    line: int, costs: tuple[int, ...]
) -> None:
    for leap, cost in zip((4, 5, 16, 17), costs, strict=True):
        notes = [Note(0, 1, 60), Note(1, 1, 60 + leap)]
        before, after = lines._spans(notes)
        assert lines._move_table(notes, before.heard, after, line)[0, 0] == cost


def test_a_note_that_is_cut_costs_ten() -> None:
    notes = [Note(0, 2, 60), Note(1, 1, 62)]
    before, both = lines._spans(notes)
    table = lines._move_table(notes, before.heard, both, lines.LEAD)
    # From the first note to itself, to the second, and to none.
    places = [both.heard.index(0), both.heard.index(1), 2]
    assert table[0, places].tolist() == [0, 10, 10]


def test_of_six_notes_at_once_the_third_from_below_is_left_out() -> None:
    notes = [Note(0, 1, pitch) for pitch in (80, 75, 70, 65, 60, 55)]
    assert lines._spans(notes[:5])[0].heard == [0, 1, 2, 3, 4]
    assert lines._spans(notes)[0].heard == [0, 1, 2, 4, 5]


def bars_with(*onsets: int) -> Score:
    """A piece whose bars have so many notes; the last is one more, which gets the fill."""
    notes = tuple(
        Note(16 * bar + n, 1, 60) for bar, count in enumerate((*onsets, 10)) for n in range(count)
    )
    return replace(song(len(onsets) + 1), notes=notes, sections=())


def drums_by_bar(score: Score) -> list[list[DrumHit]]:
    hits = play_drums(score, "rock", np.random.default_rng(0))
    return [
        [replace(hit, step=hit.step % 16) for hit in hits if hit.step // 16 == bar]
        for bar in range(score.bars)
    ]


def test_a_bar_under_half_as_dense_is_sparse_and_one_over_seven_fifths_dense() -> None:
    usual, half, sparse, seven_fifths, dense, *_ = drums_by_bar(bars_with(10, 5, 4, 14, 15))
    assert half == seven_fifths == usual
    assert len(sparse) < len(usual) < len(dense)


@pytest.mark.parametrize(
    ("velocity", "level"), [(1, 5), (2, 6), (16, 6), (17, 7), (100, 12), (107, 12), (108, 13)]
)
def test_a_stroke_has_its_sounds_level_at_velocity_100_and_no_less_than_45_percent(
    velocity: int, level: int
) -> None:
    (hit,) = one_a_step([DrumStroke(0, "snare", velocity)])
    assert hit.level == level


def test_contrasting_sections_have_another_duty() -> None:
    colours = colours_of(Instrument("reed", duty=Macro((0, 1, 2, 3))))
    other = next(one for one in colours if one.name == "reed" + COLOURED)
    assert other.duty.values == (1, 2, 1, 2)


@pytest.mark.parametrize(("leap", "is_scooped"), [(3, False), (4, True)])
def test_the_tune_scoops_up_to_notes_a_third_or_more_above(leap: int, is_scooped: bool) -> None:
    notes = [ChipNote(0, 32, 60, 15, "reed"), ChipNote(32, 32, 60 + leap, 15, "reed")]
    timing = Timing(128, 4, 2, None)
    last = express(notes, Instrument("reed"), (), timing, role="lead")[-1]
    assert last.instrument.endswith(SCOOP) == is_scooped


def test_each_pitch_of_a_fast_arpeggio_lasts_two_frames() -> None:
    line, left = [Note(0, 4, 60)], [Note(0, 4, 64), Note(0, 4, 67)]
    played = [ChipNote(0, 32, 60, 7, "square")]
    spec = CHIPS["nes"].voice("inner")
    (chord,) = add_chords(line, played, left, Instrument("square"), spec).instruments
    assert chord.arpeggio.values == (0, 0, 4, 4, 7, 7)


def test_each_part_has_its_loudness_beside_the_tune() -> None:
    assert TARGETS_DB == {
        "inner": -6.0, "bass": -2.0, "drums": -4.5, "harmony": -8.5, "figure": -8.5,
        "echo": -13.0, "chorus": -12.0, "double": -11.0,
    }  # fmt: skip


def test_a_track_that_plays_once_has_45_frames_for_its_last_notes() -> None:
    once, loop = (arrange(song(2, loop_start_bar=start), plan(), "nes") for start in (None, 0))
    assert loop.frames == 2 * loop.frames_per_bar
    assert once.frames == 2 * once.frames_per_bar + 45
