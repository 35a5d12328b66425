"""What a plan says of sections is heard: how loud, by whom; and swing, and a fade."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chipassets.arrange import arrange
from chipassets.arrange.articulation import Timing
from chipassets.chips.chipsong import ChipNote, ChipSong
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import Score, Section
from chipassets.plan.trackplan import Wish
from chipassets.units import Swing
from tests.chip_music import plan, song

FORM = (Section("A", 0, 4), Section("B", 4, 4))


def formed() -> Score:
    return replace(song(8), sections=FORM)


def voice(chip_song: ChipSong, role: str, bars: range) -> list[ChipNote]:
    name = CHIPS[chip_song.chip].voice(role).name
    notes = next(v for v in chip_song.voices if v.name == name).notes
    return [note for note in notes if note.start_frame // chip_song.frames_per_bar in bars]


def loudest(chip_song: ChipSong, bars: range) -> int:
    return max(note.level for note in voice(chip_song, "lead", bars))


@pytest.mark.parametrize("chip", ["nes", "gameboy"])
def test_a_section_has_the_dynamics_of_the_manifest(chip: str) -> None:
    soft = arrange(formed(), plan(wishes=(Wish("B", dynamics_db=-12.0),)), chip)
    loud = arrange(formed(), plan(wishes=(Wish("B", dynamics_db=0.0),)), chip)
    # The whole is balanced anew: what counts is how the section stands to the other.
    assert loudest(soft, range(4, 8)) < loudest(soft, range(4)) / 2
    assert loudest(loud, range(4, 8)) >= loudest(loud, range(4))


def test_a_section_is_played_by_the_instruments_that_it_names() -> None:
    usual = arrange(formed(), plan(), "nes")
    named = arrange(formed(), plan(wishes=(Wish("B", lead="bell", low="triangle_short"),)), "nes")
    assert {note.instrument for note in voice(named, "lead", range(4, 8))} == {"bell"}
    assert {note.instrument for note in voice(named, "bass", range(4, 8))} == {"triangle_short"}
    assert voice(named, "lead", range(4)) == voice(usual, "lead", range(4))
    assert {item.name for item in named.instruments} >= {"bell", "triangle_short"}


def test_a_fade_gets_softer_bar_by_bar_to_near_silence() -> None:
    score = replace(formed(), loop_start_bar=None)
    faded = arrange(score, plan(ending="fade"), "nes")
    levels = [loudest(faded, range(bar, bar + 1)) for bar in range(4, 8)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] <= 2
    assert loudest(faded, range(4)) > 10
    assert not voice(faded, "bass", range(7, 8)), "the triangle has no volume, and leaves off"


def test_swing_moves_what_lies_off_the_beat_and_nothing_else() -> None:
    straight = Timing(96, 4, 2, 0)
    swung = Timing(96, 4, 2, 0, Swing(66.0))
    for step in range(32):
        late = swung.frame(step) - straight.frame(step)
        assert late == {0: 0, 1: 2, 2: 4, 3: 2}[step % 4]
    shuffled = Timing(96, 4, 2, 0, Swing(0.0, 75.0))
    for step in range(32):
        late = shuffled.frame(step) - straight.frame(step)
        assert late == {0: 0, 1: 3, 2: 0, 3: 3}[step % 4]
    both = Timing(960, 4, 2, 0, Swing(60.0, 60.0))
    assert [both.frame(step) for step in range(5)] == [0, 86, 144, 202, 240]
    frames = [swung.frame(step) for step in range(33)]
    assert frames == sorted(frames)
    song_of = [arrange(formed(), plan(swing_percent=percent), "nes") for percent in (0.0, 50.0)]
    assert song_of[0] == song_of[1]


def test_swing_is_at_the_frame_nearest_to_what_was_asked_for() -> None:
    # 120 beats a minute are 119 frames a bar on the Game Boy: beats of 29, 30, 30 and 30 frames.
    for percent, at in ((60.0, [17, 18, 18, 18]), (66.0, [19, 20, 20, 20])):
        timing = Timing(119, 4, 2, 0, Swing(percent))
        beats = range(0, 32, 4)
        assert [timing.frame(beat + 2) - timing.frame(beat) for beat in beats] == 2 * at
    for frames_per_bar, steps in itertools.product(range(60, 260), (12, 14, 16, 18)):
        swing = Swing(60.0, 58.0)
        timing = Timing(frames_per_bar, steps / 4, 2, 0, swing)
        for start in range(0, steps - 3, 4):
            frames = [timing.frame(start + step) for step in range(5)]
            length = frames[4] - frames[0]
            shares = (0.58 * 0.6, 0.6, 0.6 + 0.58 * 0.4)
            for frame, share in zip(frames[1:4], shares, strict=True):
                assert abs(frame - frames[0] - share * length) <= 0.5 + 1e-9
