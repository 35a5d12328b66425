"""The conversions that every room shares."""

from __future__ import annotations

import pytest

from chipassets.units import amount_of, pitch_hz


@pytest.mark.parametrize(
    ("pitch", "hz"), [(69, 440.0), (57, 220.0), (60, 261.6256), (72.5, 538.5836)]
)
def test_pitches_are_tempered_around_a_440(pitch: float, hz: float) -> None:
    assert pitch_hz(pitch) == pytest.approx(hz, abs=1e-4)


@pytest.mark.parametrize(("count", "words"), [(0, "0 bars"), (1, "1 bar"), (2, "2 bars")])
def test_a_number_other_than_one_has_the_plural(count: int, words: str) -> None:
    assert amount_of(count, "bar") == words
