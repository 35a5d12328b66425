"""Where the second voice may lie under the tune, and how near the tones of a chord are sought."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chipassets.compose.context import NO_PITCH, Context
from chipassets.compose.voicing import (
    clashes,
    lowest_of_tune,
    nearest_tone,
    rubs,
    section_ceiling,
    voicing,
)
from chipassets.music.keys import Key
from chipassets.music.score import Section
from tests.compose.conftest import harmony_in


def a_context(*tune: int, chord: str = "C") -> Any:
    """As much of a take as is asked for: a bar of a chord with the tune's pitch at each step."""
    bars = -(-len(tune) // 16)
    parts = [
        SimpleNamespace(section=Section("A", bar, 1), letter="A") for bar in range(max(1, bars))
    ]
    plan: Any = SimpleNamespace(section_at=lambda bar: parts[bar], sections=parts)
    harmony = harmony_in([(chord,)] * len(parts), Key(0, "major"))
    nothing: Any = None
    return Context(plan, harmony, (), (), nothing, {}, 4, len(parts), nothing, tune)


@pytest.mark.parametrize(
    ("pitches", "ceiling"),
    [
        ([70] * 16, 69),
        ([74] * 16, 73), ([90] * 16, 73),  # no higher than C sharp above middle C's octave
        ([61] * 16, 60), ([40] * 16, 60),  # no lower than middle C
        ([62, 62, *[70] * 14], 69),  # two steps of sixteen may lie lower
        ([62, 62, 62, *[70] * 13], 61),
        ([NO_PITCH] * 8 + [70] * 8, 69),
        ([NO_PITCH] * 16, 73),
    ],
)  # fmt: skip
def test_a_pattern_stays_under_most_of_a_sections_tune(pitches: list[int], ceiling: int) -> None:
    assert section_ceiling(a_context(*pitches), 0) == ceiling


def test_a_pattern_that_opens_without_the_tune_stays_under_what_enters_over_it() -> None:
    context = a_context(*[NO_PITCH] * 16, *[66] * 16)
    assert section_ceiling(context, 0) == section_ceiling(context, 1) == 65


def test_accompaniment_may_rise_to_d5_while_the_tune_is_silent() -> None:
    context = a_context(*[NO_PITCH] * 8, 70, 65, *[NO_PITCH] * 6)
    assert lowest_of_tune(context, 0, 8) == 74
    assert lowest_of_tune(context, 0, 16) == 65


def test_a_chord_is_voiced_downwards_from_its_ceiling_to_d_at_the_lowest() -> None:
    context = a_context(*[80] * 16)
    chord = int(context.harmony.at[0])
    assert voicing(context, chord, 67) == [55, 60, 64, 67]
    assert voicing(context, chord, 66, count=2) == [60, 64]
    assert voicing(context, chord, 55) == [52, 55]
    assert voicing(context, chord, 51) == []
    for name, lowest in (("Dm", 50), ("C#m", 52)):
        context = a_context(*[80] * 16, chord=name)
        assert voicing(context, int(context.harmony.at[0]), 52)[:1] == [lowest]


@pytest.mark.parametrize(("pitch", "found"), [(60, 60), (62, 60), (63, 64), (57, 55), (58, 60)])
def test_the_nearest_tone_is_the_lower_of_two(pitch: int, found: int) -> None:
    assert nearest_tone(a_context(*[80] * 16), 0, pitch) == found


@pytest.mark.parametrize(
    ("tune", "clash"),
    [(60, True), (61, True), (59, True), (71, True), (49, True), (62, False), (72, False),
     (66, False), (NO_PITCH, False)],
)  # fmt: skip
def test_a_unison_and_a_semitone_in_any_octave_clash(tune: int, clash: bool) -> None:
    context = a_context(*[tune] * 16)
    assert clashes(context, 60, 3) == clash
    # Broken chords may meet the tune.
    assert rubs(context, 60, 3) == (clash and tune != 60)
