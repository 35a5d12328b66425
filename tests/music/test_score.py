"""The Score's text form and the hub's small arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets import units
from chipassets.music.keys import MODES, Key, parse_key, parse_pitch, pitch_name
from chipassets.music.notes import PARTS
from chipassets.music.score import Note, Score, Section, ordered
from chipassets.music.score_text import score_from_lines, score_to_lines

NTSC_FRAME_HZ = Fraction(236_250_000, 11 * 12) / Fraction(59561, 2)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    bars = draw(st.integers(1, 8))
    beats = draw(st.sampled_from([3, 4]))
    total = bars * beats * 4
    note = st.builds(
        Note,
        st.integers(0, total - 1),
        st.integers(1, total),
        st.integers(0, 127),
        st.sampled_from(draw(st.sampled_from([("",), PARTS]))),
    )
    return Score(
        notes=ordered(draw(st.lists(note, max_size=40))),
        bars=bars,
        tempo_millibpm=draw(st.integers(30_000, 300_000)),
        key=Key(draw(st.integers(0, 11)), draw(st.sampled_from(sorted(MODES)))),
        beats_per_bar=beats,
        sections=(Section("A'", 0, bars),),
        loop_start_bar=draw(st.one_of(st.none(), st.integers(0, bars - 1))),
    )


def test_parts_in_unison_have_one_order() -> None:
    # The lock writes a bar part by part: a score that is read again is the score that was composed.
    unison = [Note(0, 2, 60, part) for part in ("bass", "inner", "lead")]
    score = Score(ordered(unison), 1, 120_000, parse_key("C major"))
    assert score_from_lines(score_to_lines(score)) == score


@given(scores())
def test_text_form_gives_the_score_back(score: Score) -> None:
    assert score_from_lines(score_to_lines(score)) == score


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "line 1"),
        (["chipassets score 3"], "line 1"),
        (["chipassets score 1", "key C major"], "'bars'"),
        (["chipassets score 1", "beats 4", "0 | 0:H4+1"], "line 3"),
        (["chipassets score 1", "beats 4", "0 | 0:C4+x"], "line 3"),
    ],
)
def test_other_text_is_refused_by_line(lines: list[str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        score_from_lines(lines)


@given(st.integers(0, 127))
def test_pitch_names_read_back(pitch: int) -> None:
    assert parse_pitch(pitch_name(pitch)) == pitch


@given(st.integers(0, 11), st.sampled_from(sorted(MODES)))
def test_key_names_read_back_and_canonical_shift_gives_white_keys(tonic: int, mode: str) -> None:
    key = Key(tonic, mode)
    assert parse_key(str(key)) == key
    white = {0, 2, 4, 5, 7, 9, 11}
    foreign = key.pitch_classes - {(pc + key.canonical_shift) % 12 for pc in white}
    assert len(foreign) == {"harmonic minor": 1, "melodic minor": 2, "blues": 1}.get(mode, 0)
    assert -5 <= key.canonical_shift <= 6


@given(st.integers(30_000, 300_000), st.sampled_from([3, 4]), st.integers(0, 400))
def test_bar_lines_fall_on_whole_bars_of_frames(tempo: int, beats: int, bar: int) -> None:
    frames = units.bar_frames(tempo, beats, NTSC_FRAME_HZ)
    assert units.step_frame(bar * beats * 4, frames, beats) == bar * frames
    kept = units.bar_tempo_millibpm(frames, beats, NTSC_FRAME_HZ)
    assert abs(1 - kept / tempo) <= 0.5 / (frames - 0.5)


def test_ntsc_frame_rate_is_the_consoles() -> None:
    assert float(NTSC_FRAME_HZ) == pytest.approx(60.0988, abs=1e-4)
    assert units.frame_sample(1, NTSC_FRAME_HZ) == 734
