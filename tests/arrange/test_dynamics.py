"""Music that rises and falls, and lines that sing: loudness by bar, vibrato, scoops, colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.articulation import Timing
from chipassets.arrange.bank import INSTRUMENTS, echo_of
from chipassets.arrange.dynamics import plan_dynamics, shaped
from chipassets.arrange.expression import (
    COLOURED,
    SCOOP,
    colours_of,
    express,
    form_of,
    in_time,
)
from chipassets.chips.chipsong import CONTRAST, HOME, RETURN, ChipNote, ChipSong, ChipVoice
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import Note, Score, Section
from chipassets.plan.presets import MOODS
from chipassets.plan.trackplan import Sound, Wish
from chipassets.render import Pcm, render_log
from chipassets.render.loudness import measure_loudness, momentary_loudness
from tests.chip_music import plan, song

FORM = (Section("A", 0, 4), Section("A'", 4, 4), Section("B", 8, 4), Section("A", 12, 4))


def formed(bars: int = 16) -> Score:
    return replace(song(bars, tempo_millibpm=130_000), sections=FORM)


def lead(chip_song: ChipSong) -> list[tuple[int, int, str]]:
    """Bar, level and instrument of the tune's notes."""
    voice = next(v for v in chip_song.voices if v.name == CHIPS[chip_song.chip].voice("lead").name)
    return [
        (note.start_frame // chip_song.frames_per_bar, note.level, note.instrument)
        for note in voice.notes
    ]


def range_lu(chip_song: ChipSong) -> float:
    """The loudness range of the body, heard in windows of three seconds (EBU Tech 3342)."""
    loudness = momentary_loudness(render_log(write_registers(chip_song)))
    powers = np.convolve(10 ** (loudness / 10), np.ones(27) / 27, mode="valid")
    low, high = np.percentile(10 * np.log10(powers), (10, 95))
    return float(high - low)


@given(
    st.lists(st.sampled_from(sorted(MOODS)), max_size=4),
    st.integers(1, 40),
    st.booleans(),
)
def test_no_bar_is_louder_than_full(moods: list[str], bars: int, loops: bool) -> None:
    score = Score((), bars, 120_000, song().key, loop_start_bar=0 if loops else None)
    for sections in ((), FORM):
        planned = plan_dynamics(replace(score, sections=sections), moods)
        assert len(planned.bars_db) == bars
        assert max(planned.bars_db) == 0
        assert min(planned.bars_db) >= -9


@pytest.mark.parametrize(
    ("chip", "mood", "low", "high"),
    [
        *((chip, "heroic", 1.6, 6.0) for chip in ("nes", "gameboy", "snes")),
        *((chip, "frantic", 0.3, 3.5) for chip in ("nes", "gameboy", "snes")),
        ("gameboy", "sad", 1.6, 6.0),
    ],
)
@pytest.mark.default_cases(2)
def test_the_loudness_range_is_what_the_mood_asks(
    chip: str, mood: str, low: float, high: float
) -> None:
    assert low < range_lu(arrange(formed(), plan(groove="march", moods=(mood,)), chip)) < high


def test_loudness_builds_up_and_drops_before_the_return() -> None:
    notes = lead(arrange(formed(), plan(moods=("heroic",)), "gameboy"))
    by_section = [
        np.mean([level for bar, level, _ in notes if part.start_bar <= bar < part.start_bar + 4])
        for part in FORM
    ]
    assert by_section[2] < by_section[0] < by_section[1] < by_section[3]
    assert max(level for _, level, _ in notes) == 15


def test_a_sad_piece_that_ends_fades() -> None:
    score = replace(song(4, loop_start_bar=None), sections=(Section("A", 0, 4),))
    notes = lead(arrange(score, plan(moods=("sad",)), "gameboy"))
    levels = [np.mean([level for bar, level, _ in notes if bar == n]) for n in range(4)]
    assert levels == sorted(levels, reverse=True)
    rising = lead(arrange(score, plan(moods=("triumphant",)), "gameboy"))
    assert np.mean([n for b, n, _ in rising if b == 0]) < np.mean(
        [n for b, n, _ in rising if b == 3]
    )


def test_contrasting_sections_have_another_timbre() -> None:
    notes = lead(arrange(formed(), plan(), "nes"))
    contrast = {bar for bar, _, name in notes if " b" in name}
    assert contrast == {8, 9, 10, 11}
    for item in INSTRUMENTS.values():
        plain, scooped, other, _ = colours_of(item)
        assert plain == item
        assert other.duty != item.duty
        assert (other.volume, scooped.volume) == (item.volume, item.volume)


def test_a_long_note_that_is_leapt_up_to_begins_below() -> None:
    line = [Note(0, 4, 60), Note(4, 4, 67), Note(8, 2, 60), Note(10, 2, 67), Note(12, 4, 69)]
    line = [replace(note, part="lead") for note in line]
    chip_song = arrange(song(1).with_notes(line), plan(groove="none"), "nes")
    names = [name for _, _, name in lead(chip_song)]
    assert names == ["reed", "reed up", "reed", "reed", "reed"]
    macro = chip_song.instrument("reed up").arpeggio
    assert (macro.at(0), macro.at(2), macro.at(30)) == (-1, 0, 0)


@pytest.mark.parametrize("tempo_millibpm", [70_000, 120_000, 180_000])
def test_vibrato_begins_within_a_note_of_a_beat(tempo_millibpm: int) -> None:
    score = song(4, tempo_millibpm=tempo_millibpm)
    chip_song = arrange(score, plan(), "nes")
    beat = chip_song.frames_per_bar // 4
    delay = chip_song.instrument("reed").vibrato_delay_frames
    assert delay is not None
    assert delay <= beat // 2 or delay == 4


@pytest.mark.parametrize("name", ["reed", "square", "thin", "brass", "echo"])
def test_a_long_note_of_a_tune_wavers_audibly(name: str) -> None:
    """Within a second by 15 to 25 cents up and down, as leads of SNES and NES music do."""
    note = ChipNote(0, 60, 69, 12, name)
    song = ChipSong("snes", (ChipVoice("voice1", (note,)),), (INSTRUMENTS[name],), 96, 96, None)
    held: dict[int, int] = {}
    pitches = []
    for writes in write_registers(song).frames[:60]:
        held |= {write.address: write.value for write in writes}
        pitches.append(held[0x03] << 8 | held[0x02])
    cents = 1200 * np.log2(np.array(pitches[10:]) / pitches[10])
    assert 15 < cents.max() < 25
    assert 15 < -cents.min() < 25


def test_an_echo_does_not_waver() -> None:
    assert echo_of(INSTRUMENTS["reed"]).vibrato_delay_frames is None


def test_an_instrument_of_the_games_own_keeps_its_vibrato() -> None:
    own = replace(INSTRUMENTS["reed"], vibrato_delay_frames=60)
    chip_song = arrange(song(4), plan(sound=Sound(instruments=(own,))), "nes")
    assert chip_song.instrument("reed").vibrato_delay_frames == 60
    timing = Timing(96, 4, 4, 0)
    assert in_time(replace(own, vibrato_delay_frames=None), timing).vibrato_delay_frames is None


def test_a_triangle_is_released_sooner_where_the_music_is_soft() -> None:
    chip_song = arrange(formed(), plan(moods=("heroic",)), "nes")
    bass = next(v for v in chip_song.voices if v.name == "triangle").notes
    bar = chip_song.frames_per_bar
    hushed = np.mean([n.duration_frames for n in bass if 8 <= n.start_frame // bar < 12])
    full = np.mean([n.duration_frames for n in bass if n.start_frame // bar >= 12])
    assert hushed < 0.9 * full


def test_a_contrast_is_hushed_only_where_the_first_section_returns() -> None:
    open_form = (Section("A", 0, 4), Section("B", 4, 4))
    score = replace(song(8), sections=open_form)
    bars = plan_dynamics(score, ["heroic"]).bars_db
    assert bars[4] - bars[0] == pytest.approx(3.5)
    back = replace(song(16), sections=(*open_form, Section("A", 8, 4), Section("B", 12, 4)))
    bars = plan_dynamics(back, ["heroic"]).bars_db
    assert bars[4] - bars[0] == pytest.approx(3.5 / 3 - 2.5)
    assert bars[12] - bars[8] == pytest.approx(3.5 / 3), "no A follows the last B"


def lufs(heard: Pcm, start: int, stop: int) -> float:
    """The loudness of the samples between two."""
    loudness = measure_loudness(replace(heard, samples=heard.samples[start:stop])).lufs
    assert loudness is not None
    return loudness


def section_lufs(chip: str, **said: float) -> list[float]:
    """The loudness of the sections of A B A' as they are heard, with levels set for some."""
    sections = (Section("A", 0, 4), Section("B", 4, 4), Section("A'", 8, 4))
    score = replace(song(12), sections=sections)
    wishes = tuple(Wish(name, dynamics_db=level) for name, level in said.items())
    arranged = arrange(score, plan(bars=12, wishes=wishes, moods=("calm",)), chip)
    heard = render_log(write_registers(arranged))
    third = len(heard.samples) // 3
    return [lufs(heard, n * third, (n + 1) * third) for n in range(3)]


@pytest.mark.parametrize("chip", ["nes", "gameboy", "snes"])
@pytest.mark.default_cases(1)
def test_a_level_that_is_set_is_heard_and_leaves_the_others_alike(chip: str) -> None:
    first, soft, again = section_lufs(chip, B=-9.0)
    # By the form's own rise the return was up to 3 dB louder than the first section.
    assert abs(again - first) < 0.8
    # The triangle of the NES has no volume.
    assert first - soft == pytest.approx(9 if chip != "nes" else 5, abs=2.5)
    first, _, again = section_lufs(chip)
    assert 0.5 < again - first < 4


@pytest.mark.parametrize("chip", ["nes", "gameboy", "snes"])
@pytest.mark.default_cases(1)
def test_a_fade_is_heard_to_fade(chip: str) -> None:
    score = replace(song(16), sections=(Section("A", 0, 16),), loop_start_bar=None)
    arranged = arrange(score, plan(bars=16, ending="fade", loops=False), chip)
    heard = render_log(write_registers(arranged))
    bar = len(heard.samples) // 16
    levels = [lufs(heard, n * bar, (n + 1) * bar) for n in (2, 7, 10, 14)]
    assert abs(levels[1] - levels[0]) < 2
    assert levels[0] - levels[2] > 3
    assert levels[0] - levels[3] > 12


def test_a_fade_ends_all_the_way_down() -> None:
    score = replace(song(8), sections=(Section("A", 0, 8),), loop_start_bar=None)
    flat = plan_dynamics(score, ["calm"])
    faded = shaped(flat, plan(bars=8, ending="fade"), score)
    fall = [b - a for a, b in zip(flat.bars_db, faded.bars_db, strict=True)]
    assert fall == pytest.approx([0, 0, 0, 0, -6.5, -13, -19.5, -26])


def test_timbres_follow_the_form_and_scoops_follow_upward_leaps() -> None:
    timing, tone = Timing(96, 4, 3, 0), INSTRUMENTS["reed"]
    starts = [(0, 60), (24, 67), (48, 60), (96, 60), (192, 60)]
    notes = [ChipNote(start, 24, pitch, 12, tone.name) for start, pitch in starts]
    sections = (Section("A", 0, 1), Section("A'", 1, 1), Section("B", 2, 1))
    form = form_of(sections, timing)
    assert [(part.start_frame, part.kind) for part in form] == [
        (0, HOME), (96, RETURN), (192, CONTRAST),
    ]  # fmt: skip
    heard = {
        role: [note.instrument.removeprefix(tone.name)
               for note in express(notes, tone, form, timing, role=role)]
        for role in ("lead", "inner", "bass", "harmony")
    }  # fmt: skip
    assert heard == {
        "lead": ["", SCOOP, "", "", COLOURED],
        "inner": ["", "", "", COLOURED, COLOURED],
        "bass": ["", "", "", "", COLOURED],
        "harmony": [COLOURED, COLOURED, COLOURED, "", ""],
    }
