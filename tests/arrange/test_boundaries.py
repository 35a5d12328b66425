"""The numbers that decide how lines are played, each at its boundary and by what is heard of it.

The values are stated here once more: who changes one by ear changes it here as well.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.arrange.articulation import Timing, add_echo, fit_line, phrase_line
from chipassets.arrange.dynamics import Dynamics, apply_dynamics, apply_gates, plan_dynamics, shaped
from chipassets.chips.chipsong import ChipNote
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import Note, Score, Section
from tests.chip_music import plan, song

TIMING = Timing(128, 4, 2, None)
"""Eight frames a 16th."""

DEPTHS = {
    "calm": 0.8, "bright": 0.8, "heroic": 1.0, "tense": 0.7, "dark": 0.8, "playful": 0.8,
    "sad": 1.1, "triumphant": 1.1, "mysterious": 1.0, "frantic": 0.45, "of the game's own": 0.8,
}  # fmt: skip


def a_piece(bars: int, *sections: str, loops: bool = True) -> Score:
    own = bars // max(len(sections), 1)
    form = tuple(Section(name, n * own, own) for n, name in enumerate(sections))
    return replace(song(bars, loop_start_bar=0 if loops else None), sections=form)


@pytest.mark.parametrize(("mood", "depth"), DEPTHS.items())
def test_dynamics_are_as_deep_as_the_mood_says(mood: str, depth: float) -> None:
    bars = plan_dynamics(a_piece(8, "A", "B"), [mood]).bars_db
    # From the first bar of the softest section to the third of the loudest.
    assert min(bars) == pytest.approx(-depth * (3.5 + 0.6 + 0.6))
    both = plan_dynamics(a_piece(8, "A", "B"), [mood, "heroic"]).bars_db
    assert min(both) == pytest.approx(-(depth + 1.0) / 2 * (3.5 + 0.6 + 0.6))


def test_without_a_mood_it_is_as_deep_as_most() -> None:
    assert min(plan_dynamics(a_piece(8, "A", "B"), []).bars_db) == pytest.approx(-0.8 * 4.7)


def test_twenty_decibels_are_a_tenth_of_the_level() -> None:
    dynamics = Dynamics((0.0, -20.0))
    assert [dynamics.factor(bar) for bar in (-1, 0, 1, 2)] == pytest.approx([1, 1, 0.1, 0.1])


def test_a_contrast_before_a_return_is_hushed() -> None:
    bars = plan_dynamics(a_piece(12, "A", "B", "A"), ["heroic"]).bars_db
    assert bars[4] - bars[0] == pytest.approx(3.5 / 2 - 2.5)
    open_end = plan_dynamics(a_piece(12, "A", "B", "C"), ["heroic"]).bars_db
    assert open_end[4] - open_end[0] == pytest.approx(3.5 / 2)


def test_a_phrase_of_four_bars_rises_and_falls() -> None:
    bars = plan_dynamics(a_piece(8, "A"), ["heroic"]).bars_db
    assert bars == pytest.approx((-1.2, -0.6, 0.0, -0.6) * 2)


@pytest.mark.parametrize(("mood", "way"), [("sad", -1), ("calm", -1), ("dark", -1), ("heroic", 1)])
def test_a_piece_of_one_section_that_ends_goes_one_way(mood: str, way: int) -> None:
    bars = plan_dynamics(a_piece(5, "A", loops=False), [mood]).bars_db
    assert bars[4] - bars[0] == pytest.approx(way * DEPTHS[mood] * 4.0)


def test_no_bar_is_softer_than_nine_decibels_below_the_loudest() -> None:
    assert min(plan_dynamics(a_piece(8, "A", "B"), ["heroic"], share=1.9).bars_db) > -9
    assert min(plan_dynamics(a_piece(8, "A", "B"), ["heroic"], share=2.0).bars_db) == -9


@pytest.mark.parametrize(("bars", "fading"), [(2, 2), (6, 3), (15, 7), (16, 8), (40, 8)])
def test_a_fade_takes_half_of_the_piece_and_eight_bars_at_most(bars: int, fading: int) -> None:
    score = a_piece(bars, loops=False)
    flat = Dynamics((0.0,) * bars)
    faded = shaped(flat, plan(bars=bars, ending="fade"), score).bars_db
    assert sum(db < 0 for db in faded) == fading
    assert faded[-1] == -26.0


def gated(factor: float, frames: int) -> list[int]:
    """How long a note is played in a bar that is softer by the factor."""

    class Soft(Dynamics):
        def factor(self, bar: int) -> float:
            return factor

    found = apply_gates([ChipNote(0, frames, 60, 15, "triangle")], Soft((0.0,)), TIMING)
    return [note.duration_frames for note in found]


def test_a_voice_without_volume_is_shorter_where_it_is_soft_and_at_last_silent() -> None:
    assert gated(1.0, 100) == [100]
    assert gated(0.9, 100) == [81]
    assert gated(0.7, 100) == gated(0.16, 100) == [55]
    assert gated(0.159, 100) == []
    assert (gated(0.16, 10), gated(0.16, 5)) == ([6], [5])


def test_a_voice_without_volume_is_plucked_where_the_plan_sets_the_level() -> None:
    def frames(db: float, length: int, loudest: float = 0.0) -> list[int]:
        dynamics = Dynamics((loudest, db), frozenset((0, 1)))
        note = ChipNote(TIMING.frames_per_bar, length, 60, 15, "triangle")
        return [note.duration_frames for note in apply_gates([note], dynamics, TIMING)]

    assert frames(-6.0, 100) == [25]
    assert frames(-9.0, 100) == [13]
    assert (frames(-9.0, 20), frames(-9.0, 3)) == ([4], [3])
    assert frames(-9.0, 100, loudest=-9.0) == [100]


def test_a_level_falls_with_its_bar_and_never_to_nothing() -> None:
    dynamics = Dynamics((0.0, -6.0, -60.0))
    notes = [ChipNote(128 * bar, 8, 60, 12, "reed") for bar in range(3)]
    assert [note.level for note in apply_dynamics(notes, dynamics, TIMING)] == [12, 6, 1]


@pytest.mark.parametrize(
    ("role", "levels"),
    [("lead", [15, 14, 13, 12]), ("inner", [9, 8, 7, 6]), ("bass", [15, 15, 15, 15])],
)
def test_a_level_says_where_in_the_bar_a_note_is(role: str, levels: list[int]) -> None:
    line = [Note(step, 1, 50 + step) for step in (0, 4, 6, 7)]
    assert [note.level for note in phrase_line(line, role, "reed", TIMING)] == levels


@pytest.mark.parametrize(
    ("role", "pitch", "played"),
    [
        ("lead", 51, 63), ("lead", 52, 52), ("lead", 93, 93), ("lead", 94, 82),
        ("inner", 44, 56), ("inner", 45, 45), ("inner", 86, 86), ("inner", 87, 75),
        ("bass", 37, 49), ("bass", 38, 38), ("bass", 52, 52), ("bass", 53, 41),
    ],
)  # fmt: skip
def test_a_part_moves_by_octaves_to_its_best_register(role: str, pitch: int, played: int) -> None:
    (note,) = fit_line([Note(0, 4, pitch)], CHIPS["nes"].voice(role))
    assert note.pitch == played


@pytest.mark.parametrize(("pitch", "played"), [(32, 44), (33, 33), (57, 57), (58, 46)])
def test_single_notes_of_a_bass_go_further_than_its_middle(pitch: int, played: int) -> None:
    line = [Note(0, 4, 45), Note(4, 4, 45), Note(8, 4, pitch)]
    assert fit_line(line, CHIPS["nes"].voice("bass"))[-1].pitch == played


def test_a_note_ends_three_frames_before_the_seam() -> None:
    loop = Timing(128, 4, 2, 1)
    held = phrase_line([Note(8, 8, 60), Note(24, 8, 60)], "lead", "reed", loop)
    assert [note.end_frame for note in held] == [125, 253]
    short = phrase_line([Note(8, 7, 60)], "lead", "reed", loop)
    assert short[0].end_frame == 120


def test_an_echo_is_soft_and_three_16ths_late() -> None:
    lead = [ChipNote(0, 32, 72, 13, "reed")]
    (echo,) = add_echo([], lead, "reed", TIMING)
    assert (echo.start_frame, echo.level, echo.pitch) == (24, 4, 72)
