"""What is measured of music that other music is to be like."""

from __future__ import annotations

import pytest

from chipassets.music.likeness import KINDS, SPREADS, Likeness, distance, distances, likeness_of
from chipassets.music.notes import Note

TUNE = [Note(step, 2, pitch, "lead") for step, pitch in
        ((0, 60), (2, 64), (4, 67), (8, 72), (16, 71), (20, 67), (23, 65), (26, 62))]  # fmt: skip
CHORDS = [Note(16 * bar, 16, pitch, "inner") for bar, tones in enumerate(((48, 52), (43, 47)))
          for pitch in tones]  # fmt: skip


def test_each_measure_is_what_its_sentence_says() -> None:
    found = likeness_of([*TUNE, *CHORDS], 16)
    assert found.density == 12 / 8
    assert found.tune == 8 / 8
    assert found.register == 66
    assert found.span == 12
    # F at 23 lasts over beat 24 until 26; D at 26 ends before 28.
    assert found.syncopation == 1 / 8
    assert found.sixteenths == 1 / 12
    assert found.leaps == 0
    assert found.values == 3
    assert found.changes == pytest.approx(1 / 3)
    assert found.outside == 0
    assert found.mode == "major"
    assert found.voices == pytest.approx((2 * 32 + 16) / 32)


def test_without_parts_the_tune_is_the_top_line() -> None:
    plain = [Note(note.start_step, note.duration_steps, note.pitch) for note in [*TUNE, *CHORDS]]
    assert likeness_of(plain, 16) == likeness_of([*TUNE, *CHORDS], 16)


def test_silent_bars_before_the_first_note_do_not_count() -> None:
    late = [Note(note.start_step + 32, note.duration_steps, note.pitch, note.part)
            for note in [*TUNE, *CHORDS]]  # fmt: skip
    assert likeness_of(late, 16) == likeness_of([*TUNE, *CHORDS], 16)


def test_three_notes_are_measured() -> None:
    assert likeness_of(TUNE[:3], 16).density == 3 / 4


def test_two_notes_are_too_few_to_measure() -> None:
    with pytest.raises(ValueError, match="fewer than three"):
        likeness_of(TUNE[:2], 16)


def test_the_distance_is_none_to_itself_and_grows_with_each_measure() -> None:
    own = likeness_of([*TUNE, *CHORDS], 16)
    assert distance(own, own) == 0
    higher = likeness_of([Note(n.start_step, n.duration_steps, n.pitch + 12, n.part)
                          for n in [*TUNE, *CHORDS]], 16)  # fmt: skip
    away = {name for name, by in distances(own, higher).items() if by > 1e-9}
    assert away == {"register"}
    assert 0 < distance(own, higher) <= 2 / len(SPREADS)


def test_every_measure_is_one_of_a_kind() -> None:
    measures = {name for names in KINDS.values() for name in names}
    assert measures == set(SPREADS) == set(Likeness.__dataclass_fields__) - {"mode"}
