"""The numbers of the tune's costs, each at its boundary: which notes pay, from where on, how much.

The points are stated here once more. Who changes one by ear changes it here as well, with
COMPOSE_VERSION.
"""

from __future__ import annotations

import numpy as np
import pytest

from chipassets.compose.cells import Notes
from chipassets.compose.fit import costs_of, pitches_of, snapped
from chipassets.music.keys import Key
from tests.compose.conftest import harmony_in
from tests.compose.test_fit import bars_of, charged, notes, quarters

MAJOR = Key(0, "major")


def leap_of(semitones: int, back: int = -1) -> float:
    """What a bar pays that leaps up and goes on by so many semitones, at half notes."""
    bars = bars_of(notes((0, 8, 0), (8, 4, 0), (12, 4, 0)))
    pitches = np.array([[60, 60 + semitones, 60 + semitones + back]])
    found = costs_of(bars, pitches, harmony_in([("C",)], MAJOR), 0, 4)
    return round(float(found["leaps"][0]), 6)


@pytest.mark.parametrize(
    ("semitones", "points"),
    [
        (5, 0), (6, 0.6), (7, 0), (8, 0.45), (9, 0.45), (10, 0.9 + 3.0), (11, 0.9 + 3.0),
        (12, 0.8), (13, 3.0 + 4.0 + 0.5), (24, 3.0 + 4.0 + 6.0),
    ],
)  # fmt: skip
def test_a_leap_that_is_repaid_pays_for_its_size(semitones: int, points: float) -> None:
    assert leap_of(semitones) == pytest.approx(points)
    assert leap_of(-semitones, back=1) == pytest.approx(points)


@pytest.mark.parametrize(
    ("semitones", "back", "points"),
    [
        (7, -2, 0), (7, 2, 0.5), (7, 0, 0.5),  # on in its direction, or not at all
        (5, 2, 0),  # a fourth need not be repaid
        (7, -3, 0), (7, -4, 0),  # back by a third
        (7, -5, 0.5 + 0.8),  # and by a leap, of which a bar has one
    ],
)  # fmt: skip
def test_from_a_fifth_on_a_leap_is_repaid(semitones: int, back: int, points: float) -> None:
    assert leap_of(semitones, back) == pytest.approx(points)


@pytest.mark.parametrize(
    ("moves", "points"),
    [
        ((2, 2, -2), 0), ((3, 2, -2), 0), ((4, 2, -2), 0),
        ((3, 4, -2), 0.32), ((4, 3, -3), 0.64),  # thirds, of which one is free
        ((5, -2, -2), 0), ((5, -2, 5), 0.8),  # leaps, of which one is
    ],
)  # fmt: skip
def test_one_third_and_one_leap_of_a_bar_are_free(moves: tuple[int, ...], points: float) -> None:
    bars = bars_of(quarters(0, 0, 0, 0))
    pitches = 60 + np.cumsum([[0, *moves]], axis=1)
    found = costs_of(bars, pitches, harmony_in([("C",)], MAJOR), 0, 4)
    assert float(found["leaps"][0]) == pytest.approx(points)


def test_what_pays_for_pitches_that_come_again() -> None:
    assert charged(
        "repeats",
        quarters(0, 0, 2, 4),  # two alike pay little
        quarters(0, 0, 0, 4),  # three in a row, of two pitches, of which one is in most places
        quarters(0, 2, 0, 2),  # two pitches
        quarters(0, 2, 0, 4),  # three of them, and half of the notes alike
        notes((0, 4, 0), (4, 4, 2), (8, 8, 0)),  # two of three
        notes((0, 8, 0), (8, 8, 2)),  # of two notes nobody tires
        notes((0, 2, 0), (2, 2, 2), (4, 4, 0), (8, 4, 4), (12, 4, 0)),  # three of five are 0.6
    ) == pytest.approx([0.25, 2 * 0.25 + 1.1 + 2.5 + 1.0, 2.5, 0, 2.5 + 1.0, 0, 0])


WEAK, BEAT, HALF, FIRST = 0.35, 1.2, 1.8, 2.2
"""The stress of a note by its place in a bar of 4/4."""


def stressed(place: float, steps: int) -> float:
    return place + 0.28 * min(steps, 8) - 0.3


@pytest.mark.parametrize(
    ("line", "points"),
    [
        # A degree of 5 is A over C major: foreign, a tone above G, far from where it goes on.
        (notes((0, 4, 0), (4, 4, 5), (8, 8, 0)), stressed(BEAT, 4) * 0.95),
        (notes((0, 8, 0), (8, 4, 5), (12, 4, 0)), stressed(HALF, 4) * 0.95),
        (notes((0, 4, 5), (4, 4, 0), (8, 8, 0)), stressed(FIRST, 4) * 0.95),
        (notes((0, 6, 0), (6, 2, 5), (8, 8, 0)), stressed(WEAK, 2) * 0.95),
        # Longer than a quarter it pays more, and from a half note on no more than that.
        (notes((0, 4, 0), (4, 5, 5), (12, 4, 0)), stressed(BEAT, 5) * 0.95 * 1.4),
        (notes((0, 4, 0), (4, 9, 5), (14, 2, 0)), stressed(BEAT, 8) * 0.95 * 1.4),
        # Left by step: on a beat, off it, and come to by step as well.
        (notes((0, 4, 0), (4, 4, 5), (8, 8, 4)), stressed(BEAT, 4) * 0.25),
        (notes((0, 6, 0), (6, 2, 5), (8, 8, 4)), stressed(WEAK, 2) * 0.1),
        (notes((0, 6, 4), (6, 2, 5), (8, 8, 4)), stressed(WEAK, 2) * 0.02),
        # A semitone above a tone of the chord: from three steps on.
        (notes((0, 6, 0), (6, 2, 3), (8, 8, 0)), stressed(WEAK, 2) * 0.95),
        (notes((0, 5, 0), (5, 3, 3), (8, 8, 0)), stressed(WEAK, 3) * 0.95 * 1.3),
        # A semitone below the bass grates: from three steps on.
        (notes((0, 6, 2), (6, 2, 6), (8, 8, 2)), stressed(WEAK, 2) * 0.95),
        (notes((0, 5, 2), (5, 3, 6), (8, 8, 2)), stressed(WEAK, 3) * (0.95 + 0.6)),
    ],
)
def test_a_foreign_note_pays_by_its_place_its_length_and_its_ways(
    line: Notes, points: float
) -> None:
    assert charged("chord", line) == pytest.approx([points])


@pytest.mark.parametrize(("steps", "points"), [(4, 0), (5, 0), (6, 1.4), (8, 1.4)])
def test_a_note_may_ring_one_step_into_a_foreign_chord(steps: int, points: float) -> None:
    line = notes((0, 4, 0), (4, steps, 2), (12, 4, 4))
    assert charged("chord", line, chords=("C", "G")) == pytest.approx([points])


def test_a_suspension_pays_little_for_the_chord_it_is_held_into() -> None:
    line = notes((0, 4, 0), (4, 8, 2), (12, 4, 1))
    assert charged("chord", line, chords=("C", "G")) == pytest.approx([0.1])


def test_a_note_that_is_moved_to_the_chord_pays_for_it() -> None:
    harmony = harmony_in([["C"]], MAJOR)
    lines = (
        notes((0, 1, 3), (1, 15, 2)),  # a 16th on the beat stays
        notes((0, 2, 3), (2, 14, 2)),
        notes((0, 1, 2), (1, 3, 3), (4, 12, 2)),  # off the beat from a quarter on
        notes((0, 1, 2), (1, 4, 3), (5, 11, 2)),
    )
    bars = bars_of(*lines)
    assert [snapped(bars_of(line), harmony, 0, 4).rows for line in lines] == [0, 1, 0, 1]
    moved = snapped(bars, harmony, 0, 4)
    assert moved.base.tolist() == pytest.approx([0.4, 0.4])
    assert pitches_of(moved, harmony, 0)[0, 0] in (64, 67)


def test_a_second_octave_in_a_bar_is_restless() -> None:
    bars = bars_of(notes((0, 4, 0), (4, 4, 0), (8, 4, 0), (12, 4, 0)))
    found = []
    for line in ([60, 72, 71, 70], [60, 72, 71, 59]):
        costs = costs_of(bars, np.array([line]), harmony_in([("C",)], MAJOR), 0, 4)
        found.append(float(costs["leaps"][0]))
    one, two = found
    # The octave itself, the second leap of a bar, and the second octave.
    assert two == pytest.approx(one + 0.8 + 0.8 + 1.5)


def test_an_augmented_second_pays_and_a_minor_third_does_not() -> None:
    """Over the dominant of A minor F and G sharp are neighbours, E and G over its tonic are not."""
    found = []
    for chord, degrees in (("E", (5, 6, 7)), ("Am", (4, 6, 7))):
        bars = bars_of(notes(*((4 * n, 4, degree) for n, degree in enumerate(degrees))))
        harmony = harmony_in([(chord,)], Key(9, "minor"))
        costs = costs_of(bars, pitches_of(bars, harmony, 0), harmony, 0, 4)
        found.append(float(costs["leaps"][0]))
    assert found == pytest.approx([0.6, 0.0])
