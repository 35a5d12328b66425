"""The numbers by which a tracker's samples, noise and rows are taken for drums, pitches, tempi."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.train.trackers.beats import to_content
from chipassets.train.trackers.percussion import (
    CLOSED_HAT,
    KICK,
    OPEN_HAT,
    SNARE,
    TOM,
    drum_by_noise,
)
from chipassets.train.trackers.playing import Played, PlayedNote
from chipassets.train.trackers.samples import (
    MIDDLE_PERIOD,
    PAL_CLOCK_HZ,
    Sample,
    Voice,
    voice_of,
)

RATE_HZ = PAL_CLOCK_HZ / MIDDLE_PERIOD


def wave(values: NDArray[np.float64]) -> bytes:
    return (90 * values).astype(np.int8).tobytes()


def tone(hz: float, seconds: float = 0.4, name: str = "a") -> Sample:
    """A sample of a sine without a loop."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return Sample(name, wave(np.sin(2 * np.pi * hz * times)), 1.0, 0, None)


def looped(finetune: int = 0, length: int = 32) -> Sample:
    """A sine of 32 bytes, the usual wave of a module's tone: 259 Hz at C-2."""
    cycles = np.sin(2 * np.pi * np.arange(length) / 32)
    return Sample("lead", wave(cycles), 1.0, finetune, (0, length))


def noise(name: str = "a", loop: tuple[int, int] | None = (0, 4096)) -> Sample:
    """White noise, of which the mean frequency is a quarter of the rate: 2,072 Hz."""
    values = np.random.default_rng(3).uniform(-1, 1, 4096)
    return Sample(name, wave(values), 1.0, 0, loop)


@pytest.mark.parametrize(("finetune", "pitch"), [(0, 60), (8, 61), (-8, 59), (-32, 56)])
def test_a_looped_wave_has_the_pitch_of_its_cycles(finetune: int, pitch: int) -> None:
    for length in (32, 64, 512):
        assert voice_of(looped(finetune, length), Counter({0: 9})) == Voice(0, pitch)


@pytest.mark.parametrize(
    ("semitones", "drum"), [(-24, KICK), (-12, SNARE), (0, SNARE), (12, CLOSED_HAT)]
)
@pytest.mark.parametrize("loop", [None, (0, 4096), (0, 256)])
def test_noise_is_a_drum_by_its_brightness_where_it_is_played(
    semitones: int, drum: int, loop: tuple[int, int] | None
) -> None:
    if loop == (0, 256):  # repeats, but too slowly for a tone; only its name tells
        assert voice_of(noise("Noise", loop), Counter({semitones: 3})).stroke == drum
    else:
        assert voice_of(noise("a", loop), Counter({semitones: 3})) == Voice(drum, 0)


def test_noise_in_a_loop_of_less_than_256_bytes_is_a_tone() -> None:
    assert voice_of(noise(loop=(0, 255)), Counter({0: 3})).stroke == 0


@pytest.mark.parametrize(
    ("hz", "seconds", "notes", "drum"),
    [
        (60, 0.4, {0: 4}, KICK),
        (72, 0.4, {0: 4}, KICK),
        (78, 0.4, {0: 4}, TOM),
        (145, 0.4, {0: 4}, TOM),
        (155, 0.4, {0: 4}, 0),
        (60, 0.4, {12: 4}, TOM),  # an octave higher
        (60, 0.4, {0: 3}, 0),  # too few notes to say
        (60, 0.4, {0: 2, 2: 2}, KICK),
        (60, 0.4, {0: 2, 2: 1, 4: 1}, 0),  # a bass line
        (60, 0.48, {0: 4}, KICK),
        (60, 0.52, {0: 4}, 0),
        (60, 0.52, {2: 4}, KICK),  # a tone higher, it is shorter
    ],
)
def test_a_short_deep_sample_of_one_or_two_pitches_is_a_drum(
    hz: float, seconds: float, notes: dict[int, int], drum: int
) -> None:
    assert voice_of(tone(hz, seconds), Counter(notes)).stroke == drum


def test_a_name_makes_a_drum_of_a_sample_without_a_loop() -> None:
    assert voice_of(tone(440, name="Snare 2"), Counter({0: 1})) == Voice(SNARE, 69)
    held = Sample("Snare 2", looped().data, 1.0, 0, (0, 32))
    assert voice_of(held, Counter({0: 1})) == Voice(0, 60)


@pytest.mark.parametrize(
    ("rate_hz", "seconds", "drum"),
    [
        (1_999, 1.0, KICK),
        (2_000, 1.0, SNARE),
        (49_999, None, SNARE),
        (50_000, 0.2, CLOSED_HAT),
        (50_000, 0.21, OPEN_HAT),
        (50_000, 1.99, OPEN_HAT),
        (50_000, 2.0, CLOSED_HAT),
        (50_000, None, CLOSED_HAT),
        (8_000, 0.09, CLOSED_HAT),
        (8_000, 0.1, SNARE),
        (7_999, 0.09, SNARE),
    ],
)
def test_the_noise_channel_is_a_drum_by_rate_and_length(
    rate_hz: float, seconds: float | None, drum: int
) -> None:
    assert drum_by_noise(rate_hz, seconds) == drum


def played(row_seconds: float, every: int) -> Played:
    """64 rows, and a note at the start of every group of `every` rows."""
    notes = [PlayedNote(row, row + 1, 60, 100, 0) for row in range(0, 64, every)]
    return Played(("a",), notes, row_seconds=[row_seconds] * 64, pattern_rows=Counter({64: 1}))


@pytest.mark.parametrize(
    ("row_bpm", "every", "rows"),
    [
        (480, 1, 4),
        (249, 1, 4),
        (247, 1, 2),  # below 62 quarters a minute
        (123, 1, 1),
        (759, 2, 4),
        (761, 2, 8),  # above 190, and no note between the 16ths
        (761, 1, 4),
        (1119, 1, 4),
        (1121, 1, 8),  # above 280, whatever its notes
        (6, 1, 0.25),  # four quarters a row at most
    ],
)
def test_rows_of_a_quarter_are_those_of_a_tempo_that_music_has(
    row_bpm: float, every: int, rows: float
) -> None:
    content, _ = to_content(played(60 / row_bpm, every))
    assert content.ticks_per_quarter == 96 * rows
    assert content.tempi == [(0, round(60e6 * rows / row_bpm))]
    assert [start for start, *_ in content.notes] == [96 * row for row in range(0, 64, every)]
